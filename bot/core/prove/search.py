"""Is there a resource, and a now, on which these conditions have these answers?

The conditions are taken apart into what must hold of single fields and of times. What
leaves no choice is done first; a choice is tried in each of its ways. A way ends where
no value of some field is left, or where its times clash. Where no way is left, that is
a proof. Where one is, it is made into an example, and the evaluator that decides about
pay runs must agree before it is given out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.core.answer import answer
from bot.core.condition import Answer, Claim, Ordered, claims, names
from bot.core.deadline import NOW
from bot.core.prove.bounds import ORIGIN, Apart, Bounds
from bot.core.prove.cells import UNREAD, cells
from bot.core.prove.found import CannotTell, Example, Found, Impossible, Wanted, holds
from bot.core.prove.place import Placing, Tries, now_of
from bot.core.prove.timeline import settle, timeline
from bot.core.prove.times import NONE, NOT_READ, THERE, cases, is_time
from bot.core.prove.ways import ANY_ANSWER, ways
from bot.core.prove.zones import clocks
from bot.core.resource import MISSING, Field, Value
from bot.core.workdays import WorkCalendar

MOST_BRANCHES = 3_000
_FORMS: Mapping[int, Value] = {NONE: MISSING, NOT_READ: UNREAD}


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to have a wanted answer: what it leaves of fields, its limits, what else must hold."""

    left: Mapping[str, int]
    limits: Sequence[Apart] = ()
    more: tuple[Wanted, ...] = ()
    line: Wanted | None = None
    """The line about time that the limits come from."""


@dataclass(frozen=True, slots=True)
class _Branch:
    """What holds so far. `left` has a bit for each cell, or form of a time, that a field may have."""

    left: Mapping[str, int]
    bounds: Bounds
    lines: tuple[Wanted, ...] = ()

    def along(self, way: _Way) -> "_Branch | None":
        """None where nothing is left of a field, or times clash."""
        left = dict(self.left)
        for name, bits in way.left.items():
            left[name] = left.get(name, bits) & bits
            if not left[name]:
                return None
        bounds = self.bounds.with_limits(way.limits)
        if bounds is None:
            return None
        return _Branch(left, bounds, self.lines if way.line is None else (*self.lines, way.line))


def find(wanted: Sequence[Wanted], calendar: WorkCalendar, around: datetime) -> Found:
    """An example that has all these answers, the proof that there is none, or why neither.

    Times are of the years that a rule can name, and an example is near `around` where
    that is possible. Only what working days and hours have to do with other times, and
    more ways to combine the lines than are tried, may leave it open.
    """
    lines = [line for one in wanted for line in claims(one.condition)]
    fields: dict[str, Field] = {}
    for one in (field for line in lines for field in _fields(line)):
        if fields.setdefault(one.name, one).type is not one.type:
            return CannotTell(
                f"{one.name} is {one.type} in one rule and {fields[one.name].type} in the other"
            )
    return _Search(tuple(wanted), lines, fields, calendar, around).found()


def _fields(line: Claim) -> Iterable[Field]:
    yield line.field
    if isinstance(line.test, Ordered) and isinstance(line.test.other, Field):
        yield line.test.other


class _Search:
    """One question. `found` answers it; the rest is what it needs on the way."""

    def __init__(
        self,
        wanted: tuple[Wanted, ...],
        lines: Sequence[Claim],
        fields: dict[str, Field],
        calendar: WorkCalendar,
        around: datetime,
    ) -> None:
        self.wanted, self.calendar, self.around = wanted, calendar, around
        times = [one for one in fields.values() if is_time(one)]
        self.fields = {**fields, NOW.name: NOW} if times else fields
        self.cells = {
            name: cells(one, [line for line in lines if line.field.name == name])
            for name, one in fields.items()
            if not is_time(one)
        }
        self.bounds = timeline(lines, self.fields, calendar) if times else Bounds.of(())
        self.known_ways: dict[tuple[int, frozenset[Answer]], list[_Way]] = {}
        self.tries = Tries()

    def found(self) -> Found:
        unsettled: tuple[Wanted, ...] = ()
        waiting = [(_Branch({}, self.bounds), list(self.wanted))]
        for _ in range(MOST_BRANCHES):
            if not waiting:
                return self._none(unsettled)
            branch = self._followed(*waiting.pop(), waiting)
            if branch is None:
                continue
            example = self._example(branch)
            if example is not None:
                return example
            unsettled = unsettled or branch.lines or self.wanted
        return CannotTell(f"there are more than {MOST_BRANCHES} ways to combine its conditions")

    def _none(self, unsettled: tuple[Wanted, ...]) -> Found:
        if unsettled:
            texts = dict.fromkeys(f'"{line.text}"' for one in unsettled for line in claims(one.condition))
            return CannotTell(f"whether these can be so at one moment: {', '.join(texts)}")
        if self.bounds.place.keys() - {ORIGIN} and not clocks(self.calendar.zone).keeps_days:
            return CannotTell(f"the clocks of {self.calendar.spec.zone} have gone back over a midnight")
        return Impossible()

    def _followed(
        self, branch: _Branch, open_now: list[Wanted], waiting: list[tuple[_Branch, list[Wanted]]]
    ) -> _Branch | None:
        """The branch once nothing is open. A choice puts each of its ways into `waiting` instead."""
        while open_now:
            onward = self._fewest(branch, open_now)
            if len(onward) != 1:
                waiting += reversed(onward)
                return None
            ((branch, open_now),) = onward
        settled = settle(branch.bounds, self.calendar)
        return replace(branch, bounds=settled) if settled is not None else None

    def _fewest(self, branch: _Branch, open_now: list[Wanted]) -> list[tuple[_Branch, list[Wanted]]]:
        """The branch along each way of what has the fewest, with what is then still open."""
        best: list[tuple[_Branch, list[Wanted]]] | None = None
        for place, one in enumerate(open_now):
            others = [*open_now[:place], *open_now[place + 1 :]]
            onward = [
                (after, [*others, *way.more])
                for way in self._ways_of(one)
                if (after := branch.along(way)) is not None
            ]
            if len(onward) <= 1:
                return onward
            if best is None or len(onward) < len(best):
                best = onward
        return best or []

    def _ways_of(self, one: Wanted) -> list[_Way]:
        key = id(one.condition), one.answers
        if key not in self.known_ways:
            self.known_ways[key] = self._ways(one)
        return self.known_ways[key]

    def _ways(self, one: Wanted) -> list[_Way]:
        if one.answers == ANY_ANSWER:
            return [_Way({})]
        used = names(one.condition)
        if len(used) == 1 and used <= self.cells.keys():
            (name,) = used
            bits = sum(
                1 << place
                for place, value in enumerate(self.cells[name])
                if answer(one.condition, {name: value}, self.calendar, self.around).answer in one.answers
            )
            return [_Way({name: bits})] if bits else []
        if isinstance(one.condition, Claim):
            found = cases(one.condition, one.answers, self.calendar)
            return [_Way(case.forms, case.limits, line=one) for case in found]
        return [_Way({}, more=way) for way in ways(one.condition, one.answers)]

    def _example(self, branch: _Branch) -> Example | None:
        """The branch as a resource, where its times find a place and the evaluator agrees."""
        values: dict[str, Value] = {}
        known = []
        for name, bits in branch.left.items():
            first = bits & -bits
            if name in self.cells:
                values[name] = self.cells[name][first.bit_length() - 1]
            elif first == THERE:
                known.append(name)
            else:
                values[name] = _FORMS[first]
        now = self.around
        if branch.lines:
            placing = Placing(self.fields, branch.lines, self.calendar, self.around, self.tries)
            order = [NOW.name, *(name for name in known if name != NOW.name)]
            placed = placing.placed(order, branch.bounds, values)
            if placed is None:
                return None
            now = now_of(placed)
            values = dict(placed)
        in_order = {name: values[name] for name in self.fields if name in values and name != NOW.name}
        example = Example(in_order, now)
        return example if holds(example, self.wanted, self.calendar) else None
