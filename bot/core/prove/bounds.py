"""How far apart points of time can be: every limit follows from some others, or they clash.

A limit says that one point is at most so much later than another. All limits together
are kept closed (what follows from two is written down, too), so that a clash is found at
once and the nearest and farthest place of a point can be read off. Everything is in
whole microseconds, the finest that a moment is read in, so strictly before is one less.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf
from typing import NamedTuple

Point = tuple[str, str]
"""What it is of a field (`at`, `day`) and the field's name."""
ORIGIN: Point = ("", "")
"""The point from which constants are counted."""


class Apart(NamedTuple):
    """`later` is at most `most` later than `earlier`; negative is at least so much earlier."""

    later: Point
    earlier: Point
    most: int


@dataclass(frozen=True, slots=True)
class Bounds:
    """A closed set of limits that do not clash. `with_limits` gives another, or None for a clash."""

    place: dict[Point, int]
    most: list[list[float]]
    """How much later the row's point may be than the column's; whole numbers, or infinite."""

    @classmethod
    def of(cls, points: Iterable[Point]) -> "Bounds":
        place = {point: number for number, point in enumerate(dict.fromkeys([ORIGIN, *points]))}
        size = range(len(place))
        return cls(place, [[0 if row == column else inf for column in size] for row in size])

    def apart(self, later: Point, earlier: Point) -> float:
        return self.most[self.place[later]][self.place[earlier]]

    def range_of(self, point: Point) -> tuple[float, float]:
        """The first and the last place of a point, counted from the origin."""
        return -self.apart(ORIGIN, point), self.apart(point, ORIGIN)

    def with_limits(self, limits: Iterable[Apart]) -> "Bounds | None":
        most: list[list[float]] | None = None
        for later, earlier, limit in limits:
            row, column = self.place[later], self.place[earlier]
            now = self.most if most is None else most
            if limit >= now[row][column]:
                continue
            if now[column][row] + limit < 0:
                return None
            most = [line[:] for line in self.most] if most is None else most
            _tighten(most, row, column, limit)
        return self if most is None else Bounds(self.place, most)


def _tighten(most: list[list[float]], row: int, column: int, limit: int) -> None:
    onward = most[column][:]
    for line in most:
        to_here = line[row] + limit
        for place, rest in enumerate(onward):
            if to_here + rest < line[place]:
                line[place] = to_here + rest
