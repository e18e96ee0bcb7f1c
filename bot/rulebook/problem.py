"""A problem of a rule file, as its author sees it: the place, the line, a caret."""

from dataclasses import dataclass


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
        caret = " " * self.spot.column + "^" * max(1, min(self.spot.length, 100))
        return f"{where}  {self.message}\n{self.line:>5} | {self.source}\n      | {caret}"
