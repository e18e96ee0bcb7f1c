"""Answering claims about time: before and after, in the next, ago; and until when each holds."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from bot.core.condition import Ago, Answer, Given, Ordered, Unit, Within
from bot.core.literal import Wall
from bot.core.resource import MISSING, Field, Known, Missing, Unread, Value
from bot.core.seen import moment
from bot.core.words import say
from bot.core.workdays import DAY, WorkCalendar

TICK = timedelta(seconds=1)
"""How soon after an instant "after" begins to be looked at."""

Time = date | datetime
AboutTime = Callable[[Time, Mapping[str, Value], WorkCalendar, datetime], Given]
"""Answers one claim about a time that is known, of all values, the calendar and the time."""
OtherSide = Callable[[Mapping[str, Value], WorkCalendar, datetime], Time | Missing | Unread]

_LENGTH = {
    Unit.MINUTES: timedelta(minutes=1),
    Unit.HOURS: timedelta(hours=1),
    Unit.DAYS: timedelta(days=1),
    Unit.WORKING_HOURS: timedelta(hours=1),
}


def ordered(field: Field, test: Ordered, yes: Given, no: Given) -> AboutTime:
    """`is before`, `is after`. Two instants are compared as such, all else by the day."""
    is_of_now = field.name == "now"
    is_to_now = isinstance(test.other, Field) and test.other.name == "now"
    after, other = test.after, other_side(test)
    becomes_true = after if is_of_now else not after

    def answered(left: Time, values: Mapping[str, Value], calendar: WorkCalendar, now: datetime) -> Given:
        right = other(values, calendar, now)
        if isinstance(right, Unread):
            return Given(Answer.UNKNOWN, None, right.why)
        if isinstance(right, Missing):
            return Given(Answer.NO)
        by_day = not (isinstance(left, datetime) and isinstance(right, datetime))
        a, b = (day_of(left, calendar), day_of(right, calendar)) if by_day else (left, right)
        given = yes if (a > b if after else a < b) else no
        if is_of_now or is_to_now:
            # Time moves now past the other side; where that makes it true ("now is after"),
            # it does so beyond the instant, and what it ends, it ends on it.
            fixed = right if is_of_now else left
            return _until(_crossing(fixed, becomes_true, by_day, calendar, now), given, now)
        return given

    return answered


def _crossing(
    fixed: Time, becomes_true: bool, by_day: bool, calendar: WorkCalendar, now: datetime
) -> datetime:
    if by_day:
        day = day_of(fixed, calendar)
        return calendar.end_of(day) if becomes_true else calendar.start_of(day)
    assert isinstance(fixed, datetime)
    return fixed + TICK if becomes_true and fixed >= now else fixed


def other_side(test: Ordered) -> OtherSide:
    """What "is before …" is about: a field's value, or a time of the day on which it is asked."""
    match test.other:
        case Field(name="now"):
            return lambda values, calendar, now: now
        case Field(name=name):
            return lambda values, calendar, now: _time_of(values.get(name, MISSING))
        case Wall(day, at):
            return lambda values, calendar, now: calendar.instant(day or calendar.today(now), at)
        case fixed:
            return lambda values, calendar, now: fixed


def _time_of(value: Value) -> Time | Missing | Unread:
    if not isinstance(value, Known):
        return value
    assert isinstance(value.value, date), f"{value.value!r} is not a time"
    return value.value


def within(test: Within, yes: Given, no: Given) -> AboutTime:
    """`is in the next 5 working days`, `is in the next 24 hours`."""

    def answered(value: Time, values: Mapping[str, Value], calendar: WorkCalendar, now: datetime) -> Given:
        if isinstance(value, datetime) and test.unit in (Unit.HOURS, Unit.MINUTES):
            begins, ends = value - test.count * _LENGTH[test.unit], value
        else:
            begins = calendar.start_of(_first_day_before(day_of(value, calendar), test, calendar))
            ends = value if isinstance(value, datetime) else calendar.end_of(value)
        return _until(begins if now < begins else ends, yes if begins <= now < ends else no, now)

    return answered


def _first_day_before(day: date, test: Within, calendar: WorkCalendar) -> date:
    """The earliest day from which `day` lies within the next so many."""
    if test.unit is Unit.DAYS:
        return day - (test.count - 1) * DAY
    return calendar.working_days_before(day, test.count) + DAY


def ago(test: Ago, yes: Given, no: Given) -> AboutTime:
    """`was more than 30 minutes ago`, `was less than 2 working hours ago`."""
    more = test.more
    length = test.count * _LENGTH[test.unit]

    def answered(value: Time, values: Mapping[str, Value], calendar: WorkCalendar, now: datetime) -> Given:
        if not isinstance(value, datetime):
            passed = (calendar.today(now) - value).days
            turns = calendar.start_of(value + (test.count + more) * DAY)
            return _until(turns, yes if (passed > test.count if more else passed < test.count) else no, now)
        if value > now:
            why = say("{when} is in the future by our clock", when=moment(value, calendar, now))
            return Given(Answer.UNKNOWN, value, why)
        if test.unit is Unit.WORKING_HOURS:
            turns = calendar.when_worked(value, length, at_last=more)
        else:
            turns = value + length
        if more and turns >= now:
            turns += TICK
        passed_for = age(value, test.unit, calendar, now)
        return _until(turns, yes if (passed_for > length if more else passed_for < length) else no, now)

    return answered


def age(at: datetime, unit: Unit, calendar: WorkCalendar, now: datetime) -> timedelta:
    """How long ago an instant was, in working time where the unit is of that."""
    return calendar.working_time_between(at, now) if unit is Unit.WORKING_HOURS else now - at


def day_of(value: Time, calendar: WorkCalendar) -> date:
    return calendar.today(value) if isinstance(value, datetime) else value


def _until(turns: datetime, given: Given, now: datetime) -> Given:
    """The answer until then, where that is still to come."""
    return Given(given.answer, turns) if turns > now else given
