"""Expectations: that so many of a kind come in each day, week or month, by some time of it.

    at least 1 gigapay.payout per week by Thursday 12:00

What comes counts from the beginning of its day, week or month on the wall of the work
calendar up to the time; what comes later than that belongs to no count. The time moves
off a closed day as a cut-off does, but never out to before its span has begun: "by
Monday", where Monday is closed, is the first working day of that week and not the
Friday before, when nothing can have come.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bot.core.slots import Days, OnDays, Schedule, Slot, parse_schedule
from bot.core.workdays import DAY, CutOff, MonthlyCutOff, WeeklyCutOff, WorkCalendar

_LINE = re.compile(
    r"(?:at least (?P<least>\d{1,4}) )?(?P<kind>\S+) per (?P<per>working day|day|week|month) by (?P<by>.+)",
    re.ASCII | re.IGNORECASE,
)
_SHORT = re.compile(r"^((?:first|last) (?:working )?day)(?= )(?! of )", re.IGNORECASE)
_EXAMPLE = "at least 1 gigapay.payout per week by Thursday 12:00"


class Per(StrEnum):
    """The span of time in which so many come."""

    DAY = "day"
    WORKING_DAY = "working day"
    WEEK = "week"
    MONTH = "month"


TAKES: Mapping[Per, str] = {
    Per.DAY: "16:00",
    Per.WORKING_DAY: "16:00",
    Per.WEEK: "Thursday 12:00, first working day 12:00, last working day 12:00",
    Per.MONTH: (
        "25th 12:00; 25th, 3 working days before, 12:00; first working day 12:00; "
        "last working day 12:00; last day 12:00"
    ),
}
"""The times that each span takes, for messages."""

_FIRST = (Days.FIRST_OF_WEEK, Days.FIRST_OF_MONTH)
_DAYS = {
    Per.DAY: (Days.ALL,),
    Per.WORKING_DAY: (Days.WORKING,),
    Per.WEEK: (Days.FIRST_OF_WEEK, Days.LAST_OF_WEEK),
    Per.MONTH: (Days.FIRST_OF_MONTH, Days.LAST_OF_MONTH),
}


@dataclass(frozen=True, slots=True)
class Expectation:
    """How many are to come in each span, and by which time of it."""

    at_least: int
    per: Per
    by: Schedule

    @property
    def words(self) -> str:
        """`per week by Thursday at 12:00`: the time and its span, as they are said."""
        by = f"{self.by.form.at:%H:%M}" if isinstance(self.by.form, OnDays) else self.by.words
        if self.per in (Per.WEEK, Per.MONTH):
            by = self.by.words.replace(f" of the {self.per}", "")
        return f"per {self.per} by {by}"

    def next_slot(self, after: datetime, calendar: WorkCalendar) -> Slot:
        """The first time later than an instant."""
        for _, slot in self._spans(calendar.today(after), calendar):
            if slot.due_at > after:
                return slot
        raise AssertionError(f"{self.words} has no time after {after}")

    def begins(self, slot: Slot, calendar: WorkCalendar) -> datetime | None:
        """From when on what comes counts for one of its times; None where that is none of them."""
        around = datetime.fromisoformat(slot.name).date()
        for first, one in self._spans(around, calendar):
            if one.name == slot.name:
                return calendar.start_of(first)
            if one.due_at > slot.due_at:
                break
        return None

    def _spans(self, around: date, calendar: WorkCalendar) -> Iterator[tuple[date, Slot]]:
        """Each span's first day with its time, from two spans before a day and without end."""
        for first, following in _spans(self.per, around):
            wall = self._wall(first, following, calendar)
            if wall is not None:
                due_at = calendar.instant(wall.date(), wall.time())
                yield first, Slot(f"{wall:%Y-%m-%d %H:%M}", due_at)

    def _wall(self, first: date, following: date, calendar: WorkCalendar) -> datetime | None:
        """The time of one span, or None for a span without a working day for it."""
        match self.by.form:
            case OnDays(Days.ALL, at):
                return datetime.combine(first, at)
            case OnDays(days, at):
                every = (first + number * DAY for number in range((following - first).days))
                working = [day for day in every if calendar.is_working(day)]
                if not working:
                    return None
                return calendar.in_time(working[0 if days in (*_FIRST, Days.WORKING) else -1], at)
            case WeeklyCutOff() | MonthlyCutOff() as rule:
                return _moved(rule, first, following, calendar)
            case _:
                raise AssertionError("a cron line is no time of a span")


def _moved(rule: CutOff, first: date, following: date, calendar: WorkCalendar) -> datetime:
    """The day that the rule names within its span, moved off a closed day."""
    if isinstance(rule, WeeklyCutOff):
        named, before = first + rule.weekday * DAY, 0
    else:
        named, before = min(first + (rule.day - 1) * DAY, following - DAY), rule.working_days_before
    day = calendar.working_days_before(calendar.move(named), before)
    if day < first:
        day = calendar.working_days_after(first - DAY, 1)
    return calendar.in_time(day, rule.at)


def _spans(per: Per, around: date) -> Iterator[tuple[date, date]]:
    """The first day of each span and of the one after it, from two before the one of that day."""
    match per:
        case Per.DAY | Per.WORKING_DAY:
            first = around - 2 * DAY
        case Per.WEEK:
            first = around - (around.weekday() + 14) * DAY
        case Per.MONTH:
            first = _first_of_month(_first_of_month(around) - 40 * DAY)
    while True:
        following = first + (7 * DAY if per is Per.WEEK else DAY)
        if per is Per.MONTH:
            following = _first_of_month(first + 31 * DAY)
        yield first, following
        first = following


def _first_of_month(day: date) -> date:
    return day.replace(day=1)


# -- words ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Expected:
    """An expectation as it was read, with the kind of what is to come and where that word stands."""

    kind: str
    offset: int
    expectation: Expectation


def parse_expectation(text: str) -> Expected:
    """`at least 1 gigapay.payout per week by Thursday 12:00`; without "at least" it is one.

    Raises ValueError with a sentence for the author.
    """
    found = _LINE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f'"{text}" does not say what is to come by when. It is written: {_EXAMPLE}')
    least = int(found["least"] or 1)
    if least == 0:
        raise ValueError('"at least 0" expects nothing; it is at least 1')
    per = Per(found["per"].lower())
    by = _time_of(per, found["by"])
    return Expected(found["kind"], found.start("kind"), Expectation(least, per, by))


def _time_of(per: Per, text: str) -> Schedule:
    said = " ".join(text.split())
    try:
        read = parse_schedule(_in_full(per, said))
    except ValueError:
        raise ValueError(_no_time_of(per, said)) from None
    fits = isinstance(read.form, {Per.WEEK: WeeklyCutOff, Per.MONTH: MonthlyCutOff}.get(per, ()))
    if not fits and not (isinstance(read.form, OnDays) and read.form.days in _DAYS[per]):
        raise ValueError(_no_time_of(per, said))
    return read


def _in_full(per: Per, said: str) -> str:
    """With the span that goes without saying: `last working day of the week 12:00`."""
    if per in (Per.DAY, Per.WORKING_DAY):
        return f"{per} at {said}"
    return _SHORT.sub(rf"\1 of the {per}", said)


def _no_time_of(per: Per, said: str) -> str:
    return f'"{said}" is not a time of a {per}. It takes for example: {TAKES[per]}'
