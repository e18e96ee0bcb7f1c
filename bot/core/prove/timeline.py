"""The points of time that some lines speak of, and how they hang together before any is answered.

How far a moment and its day lie apart depends on the zone: `timeline` says it at large,
for moments and days that nobody knows yet, and `settle` says it exactly as soon as the
range of one is known.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import time
from itertools import permutations

from bot.core.condition import Ago, Claim, Ordered, Unit, Within
from bot.core.literal import Wall
from bot.core.prove.bounds import ORIGIN, Apart, Bounds, Point
from bot.core.prove.points import (
    TICK,
    WHOLE_DAY,
    Side,
    apart,
    at,
    date_at,
    day,
    instant_at,
    moment,
    today_at,
    whole_day,
    worked,
    working_days,
)
from bot.core.prove.zones import FIRST, LAST, clocks, since_midnight
from bot.core.resource import Field, Type
from bot.core.workdays import WorkCalendar

_ROUNDS = 8
"""How often limits are made finer; stopping early leaves them true."""


def timeline(lines: Sequence[Claim], fields: Mapping[str, Field], calendar: WorkCalendar) -> Bounds:
    """What holds of every moment, day and time of today that these lines speak of."""
    moments = ["now", *(name for name, one in fields.items() if one.type is Type.INSTANT and name != "now")]
    days = [name for name, one in fields.items() if one.type is Type.DATE]
    walls = {
        line.test.other.at
        for line in lines
        if isinstance(line.test, Ordered)
        and isinstance(line.test.other, Wall)
        and line.test.other.day is None
    }
    counts = list(_counts(lines))
    limits: list[Apart] = [
        *(limit for name in moments for limit in _of_moment(name, calendar)),
        *(
            limit
            for name in days
            for limit in _between(day(name), whole_day(FIRST.date()), whole_day(LAST.date()))
        ),
        *(limit for wall in walls for limit in _of_wall(wall, calendar)),
        *(
            limit
            for one in walls
            for other in walls
            if one < other
            for limit in _in_turn(one, other, calendar)
        ),
        *(Apart(ORIGIN, count, 0) for count in counts),
    ]
    points = [*map(at, moments), *map(day, moments), *map(day, days), *map(today_at, walls), *counts]
    bounds = Bounds.of(points).with_limits(limits)
    assert bounds is not None, "before any line is answered, nothing clashes"
    return bounds


def _counts(lines: Iterable[Claim]) -> Iterator[Point]:
    for line in lines:
        match line.test:
            case Within(_, Unit.WORKING_DAYS):
                yield working_days(line.field.name)
            case Ago(_, _, Unit.WORKING_HOURS):
                yield worked(line.field.name)


def _of_moment(name: str, calendar: WorkCalendar) -> list[Apart]:
    wide = clocks(calendar.zone)
    return [
        Apart(at(name), day(name), WHOLE_DAY - wide.least // TICK - 1),
        Apart(day(name), at(name), wide.most // TICK),
        *_between(at(name), moment(FIRST), moment(LAST)),
    ]


def _of_wall(wall: time, calendar: WorkCalendar) -> list[Apart]:
    wide = clocks(calendar.zone)
    return [
        Apart(today_at(wall), day("now"), (since_midnight(wall) - wide.least) // TICK),
        Apart(day("now"), today_at(wall), (wide.most - since_midnight(wall)) // TICK),
    ]


def _in_turn(early: time, late: time, calendar: WorkCalendar) -> list[Apart]:
    """One is never after the other; and once no clock is changed any more, just so long before it."""
    if since_midnight(early) < clocks(calendar.zone).steady_from:
        return [Apart(today_at(early), today_at(late), 0)]
    between = (since_midnight(late) - since_midnight(early)) // TICK
    return [Apart(today_at(late), today_at(early), between), Apart(today_at(early), today_at(late), -between)]


def _between(point: Point, first: Side, last: Side) -> list[Apart]:
    return [apart(first, Side(point), 0), apart(Side(point), last, 0)]


def settle(bounds: Bounds, calendar: WorkCalendar) -> Bounds | None:
    """The same limits made finer by whole days and by the calendar; None where they clash."""
    moments = [name for kind, name in bounds.place if kind == "at"]
    days = [point for point in bounds.place if point[0] == "day"]
    for _ in range(_ROUNDS):
        found = [*_whole(bounds, days), *_in_order(bounds, moments), *_within_days(bounds, moments, calendar)]
        finer = bounds.with_limits(found)
        if finer is None or finer is bounds:
            return finer
        bounds = finer
    return bounds


def _whole(bounds: Bounds, days: list[Point]) -> Iterator[Apart]:
    for later, earlier in permutations([ORIGIN, *days], 2):
        limit = bounds.apart(later, earlier)
        yield Apart(later, earlier, int(limit) // WHOLE_DAY * WHOLE_DAY)


def _in_order(bounds: Bounds, moments: list[str]) -> Iterator[Apart]:
    """A moment that is not later is of a day that is not later, and the other way round."""
    for one, other in permutations(moments, 2):
        if bounds.apart(at(one), at(other)) <= 0:
            yield Apart(day(one), day(other), 0)
        if bounds.apart(day(one), day(other)) < 0:
            yield Apart(at(one), at(other), -1)


def _within_days(bounds: Bounds, moments: list[str], calendar: WorkCalendar) -> Iterator[Apart]:
    """The first and the last moment of a day, and the day of the first and the last moment."""
    for name in moments:
        first, last = bounds.range_of(at(name))
        yield apart(whole_day(calendar.today(instant_at(first))), Side(day(name)), 0)
        yield apart(Side(day(name)), whole_day(calendar.today(instant_at(last))), 0)
        first, last = bounds.range_of(day(name))
        yield apart(moment(calendar.start_of(date_at(first))), Side(at(name)), 0)
        yield apart(Side(at(name)), moment(calendar.end_of(date_at(last))), -1)
