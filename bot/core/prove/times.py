"""What a line about time asks of its field, of other fields and of now.

Each way of having a wanted answer is a case: which fields are there, missing or unread,
and limits on how far the known ones lie apart. What the calendar counts (working days,
working hours) is a quantity of its own: two lines about the same field and the same
count are compared by it exactly, and with the clock only as far as the count says.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import assert_never

from bot.core.answer import answer
from bot.core.condition import Ago, Answer, Claim, Compared, Empty, HasValue, OneOf, Ordered, Unit, Within
from bot.core.literal import Wall
from bot.core.prove.bounds import ORIGIN, Apart
from bot.core.prove.cells import UNREAD
from bot.core.prove.points import (
    TICK,
    WHOLE_DAY,
    Side,
    apart,
    at,
    day,
    equal,
    moment,
    today_at,
    whole_day,
    worked,
    working_days,
)
from bot.core.prove.zones import FIRST
from bot.core.resource import MISSING, Field, Known, Type, Value
from bot.core.workdays import WorkCalendar

THERE, NONE, NOT_READ = 1, 2, 4
"""The forms of a time, each a bit, in the order of preference for an example."""
_FORMS = ((NONE, MISSING), (NOT_READ, UNREAD))
_NOW = Side(at("now"))
_TODAY = Side(day("now"))
Limits = tuple[Apart, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One way in which a line has a wanted answer. `forms` are the forms each field may have."""

    forms: Mapping[str, int]
    limits: Limits = ()


@dataclass(frozen=True, slots=True)
class Truth:
    """The ways in which a line about known values is true, and those in which it is false."""

    true: list[Limits] = field(default_factory=list)
    false: list[Limits] = field(default_factory=list)
    always: Limits = ()
    """What holds in either."""


def is_time(one: Field) -> bool:
    return one.type in (Type.INSTANT, Type.DATE)


def cases(claim: Claim, wanted: frozenset[Answer], calendar: WorkCalendar) -> list[Case]:
    """Every way in which a line about time has one of these answers; none is left out."""
    name = claim.field.name
    if isinstance(claim.test, Empty | HasValue):
        some: Value = Known(FIRST if claim.field.type is Type.INSTANT else FIRST.date())
        forms = _forms(claim, ((THERE, some), *_FORMS), wanted, calendar)
        return [Case({name: forms})] if forms else []
    forms = _forms(claim, _FORMS, wanted, calendar)
    return [*([Case({name: forms})] if forms else []), *_known(claim, wanted, calendar)]


def _forms(
    claim: Claim, forms: tuple[tuple[int, Value], ...], wanted: frozenset[Answer], calendar: WorkCalendar
) -> int:
    """The forms of the line's field that alone give a wanted answer. `now` is always there."""
    name = claim.field.name
    if name == "now":
        forms = tuple(one for one in forms if one[0] == THERE)
    return sum(bit for bit, value in forms if answer(claim, {name: value}, calendar, FIRST).answer in wanted)


def _known(claim: Claim, wanted: frozenset[Answer], calendar: WorkCalendar) -> Iterator[Case]:
    """The cases in which the line's field is known."""
    there = {claim.field.name: THERE}
    match claim.test:
        case Ordered(_, other):
            if isinstance(other, Field) and other.name not in ("now", claim.field.name):
                absent = NOT_READ * (Answer.UNKNOWN in wanted) + NONE * (Answer.NO in wanted)
                if absent:
                    yield Case({**there, other.name: absent})
                there[other.name] = THERE
            truth = _ordered(claim.field, claim.test, calendar)
        case Within():
            truth = _within(claim.field, claim.test)
        case Ago():
            truth = _ago(claim.field, claim.test)
            if claim.field.type is Type.INSTANT and Answer.UNKNOWN in wanted:
                yield Case(
                    there, (apart(_NOW, Side(at(claim.field.name)), -1),)
                )  # by our clock it is to come
        case OneOf(values):
            truth = _one_of(claim.field, [one for one in values if isinstance(one, date)])
        case Compared() | Empty() | HasValue():
            raise AssertionError(f"{claim.text} says nothing about when")
        case _:
            assert_never(claim.test)
    yield from (Case(there, (*truth.always, *limits)) for limits in _wanted(claim, truth, wanted))


def _wanted(claim: Claim, truth: Truth, wanted: frozenset[Answer]) -> list[Limits]:
    if_true, if_false = (Answer.NO, Answer.YES) if claim.negated else (Answer.YES, Answer.NO)
    if if_true in wanted and if_false in wanted:
        return [()]
    return [*(truth.true if if_true in wanted else []), *(truth.false if if_false in wanted else [])]


def _ordered(one: Field, test: Ordered, calendar: WorkCalendar) -> Truth:
    other = test.other
    by_day = one.type is Type.DATE or (
        other.type is Type.DATE if isinstance(other, Field) else not isinstance(other, Wall)
    )
    left = Side(day(one.name) if by_day else at(one.name))
    match other:
        case Field():
            right = Side(day(other.name) if by_day else at(other.name))
        case Wall(None, wall):
            right = _TODAY if by_day else Side(today_at(wall))
        case Wall(date() as fixed, wall):
            instant = calendar.instant(fixed, wall)
            right = whole_day(calendar.today(instant)) if by_day else moment(instant)
        case date():
            right = whole_day(other)
    late, early = (left, right) if test.after else (right, left)
    return Truth([(apart(early, late, -WHOLE_DAY if by_day else -1),)], [(apart(late, early, 0),)])


def _within(one: Field, test: Within) -> Truth:
    point, its_day = Side(at(one.name)), Side(day(one.name))
    if one.type is Type.INSTANT:
        ahead, over = apart(_NOW, point, -1), apart(point, _NOW, 0)
    else:
        ahead, over = apart(_TODAY, its_day, 0), apart(its_day, _TODAY, -WHOLE_DAY)
    count = test.count
    if one.type is Type.INSTANT and test.unit in (Unit.HOURS, Unit.MINUTES):
        length = count * (timedelta(hours=1) if test.unit is Unit.HOURS else timedelta(minutes=1)) // TICK
        begun = apart(point, _NOW, length)
        early: Limits = (apart(_NOW, point, -length - 1),)
    elif test.unit is Unit.DAYS:
        begun = apart(its_day, _TODAY, (count - 1) * WHOLE_DAY)
        early = (apart(_TODAY, its_day, -count * WHOLE_DAY),)
    else:
        counted = working_days(one.name)
        begun = Apart(counted, ORIGIN, count)
        # So many working days are at least so many days.
        early = (Apart(ORIGIN, counted, -count - 1), apart(_TODAY, its_day, -count * WHOLE_DAY))
    return Truth([(ahead, begun)], [(over,), early])


def _ago(one: Field, test: Ago) -> Truth:
    then, since = Side(at(one.name)), _NOW
    finest = 1
    if one.type is Type.DATE:
        then, since, finest = Side(day(one.name)), _TODAY, WHOLE_DAY
    length = test.count * _LENGTHS[test.unit] // TICK
    # True is more by the finest, or less by it; false is exactly so long and what lies beyond.
    at_least, at_most = (length + finest, length) if test.more else (length, length - finest)
    longer: Limits = (apart(then, since, -at_least),)
    shorter: Limits = (apart(since, then, at_most),)
    if test.unit is Unit.WORKING_HOURS:
        longer = (*longer, Apart(ORIGIN, worked(one.name), -at_least))
        shorter = (Apart(worked(one.name), ORIGIN, at_most),)
    always = (apart(then, since, 0),) if one.type is Type.INSTANT else ()
    return Truth([longer], [shorter], always) if test.more else Truth([shorter], [longer], always)


_LENGTHS = {
    Unit.MINUTES: timedelta(minutes=1),
    Unit.HOURS: timedelta(hours=1),
    Unit.DAYS: timedelta(days=1),
    Unit.WORKING_HOURS: timedelta(hours=1),
}


def _one_of(one: Field, values: list[date]) -> Truth:
    its_day = Side(day(one.name))
    days = [whole_day(value) for value in sorted(set(values))]
    before = [apart(its_day, first, -WHOLE_DAY) for first in days]
    after = [apart(last, its_day, -WHOLE_DAY) for last in days]
    truth = Truth([equal(its_day.point, value) for value in days], [(before[0],)])
    truth.false.extend(zip(after[:-1], before[1:], strict=True))
    truth.false.append((after[-1],))
    return truth
