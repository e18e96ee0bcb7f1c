"""Times for an example: a place within all limits for now and for every time that is known.

One after the other is put somewhere, first its day, then its moment, and the limits are
made finer each time; so what limits say exactly is met at the first try. What the
calendar counts, limits say only roughly: there the evaluator is asked about each place,
and places beside the count's own edges are tried. Round times near `around` come first.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.core.answer import answer
from bot.core.condition import names
from bot.core.prove.bounds import Apart, Bounds
from bot.core.prove.edges import edges, is_counted
from bot.core.prove.found import Wanted
from bot.core.prove.points import at, date_at, day, equal, instant_at, moment, whole_day
from bot.core.prove.timeline import settle
from bot.core.resource import Field, Known, Type, Value
from bot.core.workdays import DAY, WorkCalendar

MOST_TRIES = 2_000
_LOOK_AHEAD = 370
"""Days on which now is tried where closed days matter."""
_ROUND = (timedelta(minutes=1), timedelta(seconds=1), timedelta.resolution)


@dataclass(slots=True)
class Tries:
    """How many places may still be tried, over all branches of one search."""

    left: int = MOST_TRIES


@dataclass(frozen=True, slots=True)
class Placing:
    """`lines` are what must hold of the times that get a place."""

    fields: Mapping[str, Field]
    lines: Sequence[Wanted]
    calendar: WorkCalendar
    around: datetime
    tries: Tries

    def placed(
        self, order: Sequence[str], bounds: Bounds, values: Mapping[str, Value]
    ) -> Mapping[str, Value] | None:
        """`values` with a time for each name in `order`, of which `now` is the first."""
        if not order:
            return values
        name, *later = order
        for value, finer in self._options(name, bounds, values):
            if self.tries.left <= 0:
                return None
            self.tries.left -= 1
            tried = {**values, name: Known(value)}
            if self._agrees(name, tried):
                found = self.placed(later, finer, tried)
                if found is not None:
                    return found
        return None

    def _agrees(self, name: str, values: Mapping[str, Value]) -> bool:
        """Whether the lines that can be answered by now, and could not before, have their answers."""
        now = now_of(values)
        for line in self.lines:
            used = names(line.condition) | {"now"}
            if name not in used or not used <= values.keys():
                continue
            if answer(line.condition, values, self.calendar, now).answer not in line.answers:
                return False
        return True

    def _options(
        self, name: str, bounds: Bounds, values: Mapping[str, Value]
    ) -> Iterator[tuple[date | datetime, Bounds]]:
        is_now = name == "now"
        near = self.around if is_now else now_of(values)
        beside = [] if is_now else edges(name, self.lines, self.calendar, near)
        for one in dict.fromkeys(self._days(bounds.range_of(day(name)), near, beside, is_now)):
            limits = list(equal(day(name), whole_day(one)))
            if is_now:
                limits += self._times_of_today(one, bounds)
            on_day = self._finer(bounds, limits)
            if on_day is None:
                continue
            if self.fields[name].type is Type.DATE:
                yield one, on_day
                continue
            for instant in self._moments(one, on_day.range_of(at(name)), near, beside):
                exact = self._finer(on_day, equal(at(name), moment(instant)))
                if exact is not None:
                    yield instant, exact

    def _finer(self, bounds: Bounds, limits: Sequence[Apart]) -> Bounds | None:
        finer = bounds.with_limits(limits)
        return settle(finer, self.calendar) if finer is not None else None

    def _times_of_today(self, today: date, bounds: Bounds) -> Iterator[Apart]:
        for point in bounds.place:
            if point[0] == "today":
                yield from equal(point, moment(self.calendar.instant(today, time.fromisoformat(point[1]))))

    def _days(
        self, within: tuple[float, float], near: datetime, beside: Sequence[datetime], is_now: bool
    ) -> Iterator[date]:
        first, last = map(date_at, within)
        nearest = min(max(self.calendar.today(near), first), last)
        yield nearest
        yield from (one for instant in beside if first <= (one := self.calendar.today(instant)) <= last)
        yield first
        yield last
        if is_now and any(is_counted(line.condition) for line in self.lines):
            yield from (one for ahead in range(1, _LOOK_AHEAD) if (one := nearest + ahead * DAY) <= last)

    def _moments(
        self, on: date, within: tuple[float, float], near: datetime, beside: Sequence[datetime]
    ) -> Iterator[datetime]:
        """Moments of a day, none of them twice: round ones first, and the nearest of those."""
        first, last = map(instant_at, within)
        yield from dict.fromkeys(
            (
                *_round(first, last, near),
                *(instant for instant in beside if first <= instant <= last),
                *(
                    instant
                    for wall in (time(12), self.calendar.closes_at(on))
                    if wall is not None and first <= (instant := self.calendar.instant(on, wall)) <= last
                ),
            )
        )


def now_of(values: Mapping[str, Value]) -> datetime:
    match values["now"]:
        case Known(datetime() as now):
            return now
    raise AssertionError("now is always known")


def _round(first: datetime, last: datetime, near: datetime) -> Iterator[datetime]:
    for unit in _ROUND:
        low, high = first + _past(first, unit, up=True), last - _past(last, unit, up=False)
        if low <= high:
            nearest = min(max(near - _past(near, unit, up=False), low), high)
            yield from (nearest, low, high)


def _past(instant: datetime, unit: timedelta, *, up: bool) -> timedelta:
    """How far it is to the next round moment, or since the last."""
    since = (instant - datetime.min.replace(tzinfo=instant.tzinfo)) % unit
    return (unit - since) % unit if up else since
