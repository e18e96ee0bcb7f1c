"""Problems in the settings: each with its place, and all of them told at once."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True, slots=True)
class Place:
    """Where a setting was written: a line of the file, or a variable of the environment."""

    source: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.source}:{self.line}:{self.column}" if self.line else self.source

    @property
    def is_environment(self) -> bool:
        return not self.line


@dataclass(frozen=True, order=True, slots=True)
class Problem:
    place: Place
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


class SettingsError(Exception):
    """The settings cannot be used. The text is every problem, one a line: the file's first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems), key=lambda one: (one.place.is_environment, one)))
        super().__init__("\n".join(str(problem) for problem in self.problems))
