"""One finding, as it is printed: its place, the line, a caret, an example and how to mend it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from bot.core.condition import Condition, claims
from bot.core.rule import Rule
from bot.rulebook.problem import Problem, Spot


class Level(StrEnum):
    """How bad it is. Only `WRONG` fails a check."""

    WRONG = "wrong"
    LOOK = "look"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about these rules; the place is in the first of them."""

    kind: str
    """overlap, never, always asks, no effect, unhandled, guard, race or absence."""
    level: Level
    rules: tuple[str, ...]
    place: Problem
    """Its message is the whole sentence, with the level before it."""
    sentence: str
    example: str = ""
    """As a rule's test would give it."""
    mend: str = ""

    def __str__(self) -> str:
        lines = [str(self.place)]
        if self.example:
            lines.append(f"      example: {{{self.example}}}")
        if self.mend:
            lines.append(f"      mend: {self.mend}")
        return "\n".join(lines)


@dataclass(slots=True)
class Places:
    """Where a rule's lines stand in the files of a folder. A file is read once."""

    folder: Path
    _lines: dict[str, list[str]] = field(default_factory=dict)

    def finding(
        self,
        kind: str,
        level: Level,
        rules: tuple[Rule, ...],
        sentence: str,
        *,
        at: str = "",
        example: str = "",
        mend: str = "",
    ) -> Finding:
        """`at` is a text that stands in the first rule, where the caret goes; else it goes to its id."""
        rule = rules[0]
        spot, source = self._find(rule, at or rule.id) or self._find(rule, rule.id) or (_of(rule), "")
        place = Problem(rule.file, spot, f"{level}: {sentence}", source)
        return Finding(kind, level, tuple(one.id for one in rules), place, sentence, example, mend)

    def _find(self, rule: Rule, text: str) -> tuple[Spot, str] | None:
        lines = self._of_file(rule.file)
        last = rule.line + rule.text.count("\n")
        for number in range(rule.line - 1, min(last, len(lines))):
            column = lines[number].find(text)
            if column >= 0:
                return Spot(number, column, len(text)), lines[number]
        return None

    def _of_file(self, file: str) -> list[str]:
        if file not in self._lines:
            path = self.folder / Path(file).name
            text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
            self._lines[file] = text.splitlines()
        return self._lines[file]


def _of(rule: Rule) -> Spot:
    return Spot(rule.line - 1, 0)


def said(condition: Condition) -> str:
    """A line, or a block by its lines, as the author wrote them."""
    lines = [f'"{line.text}"' for line in claims(condition)]
    return " with ".join(lines)


def first_line(condition: Condition) -> str:
    """What to look for in the file."""
    return next((line.text for line in claims(condition)), "")


def all_of(words: Sequence[str]) -> str:
    """`a, b and c`."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
