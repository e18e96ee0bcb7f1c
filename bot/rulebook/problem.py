"""A problem of a rule file, as its author sees it: the place, the line, a caret."""

from dataclasses import dataclass

WIDEST = 400
"""Of a longer line only this much is shown: many problems on it would be as many copies of it."""
LONGEST = 2_000
"""And a message quotes no more."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where something stands in a file. Counted from 0; people see it counted from 1."""

    line: int
    column: int
    length: int = 1


@dataclass(frozen=True, slots=True)
class Problem:
    file: str
    spot: Spot
    message: str
    source: str
    """The line itself."""

    @property
    def line(self) -> int:
        return self.spot.line + 1

    @property
    def column(self) -> int:
        return self.spot.column + 1

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}"
        shown, column = self._window()
        caret = " " * column + "^" * max(1, min(self.spot.length, 100, len(shown) - column))
        return f"{where}  {self.message}\n{self.line:>5} | {shown}\n      | {caret}"

    def _window(self) -> tuple[str, int]:
        """The line, or what stands around the place in one that nobody could see whole."""
        if len(self.source) <= WIDEST:
            return self.source, self.spot.column
        start = max(0, self.spot.column - WIDEST // 2)
        return self.source[start : start + WIDEST], self.spot.column - start
