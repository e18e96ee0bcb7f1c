"""What is right by itself in each rule file and still not what anybody wants, found by proof.

Every finding says where, what, and a resource on which it is so, where there is one. What
cannot be proved either way is a finding, too: silence here means that it was proved.

- `finding`: what is said of one thing, and where it stands.
- `ground`: the rules with what they are read with, and questions to the proof.
- `alone`: a rule that can never say yes, or never acts by itself; lines that change nothing.
- `meeting`, `apart`: two rules that act on one resource.
- `amounts`: amounts between those that rules handle.
- `guards`: limits that a guard stops before.
- `races`: rules that do what the vendor does by itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.core.rule import Mode
from bot.rulebook import Rulebook, Setup
from bot.rulebook.lint.alone import never_acts, never_fires, without_effect
from bot.rulebook.lint.amounts import unhandled
from bot.rulebook.lint.finding import Finding, Level, Places
from bot.rulebook.lint.ground import Ground
from bot.rulebook.lint.guards import looser
from bot.rulebook.lint.meeting import Meetings, meetings
from bot.rulebook.lint.races import races

__all__ = ["Finding", "Level", "Linted", "lint"]


@dataclass(frozen=True, slots=True)
class Linted:
    """Everything that was found, in the order of files and lines.

    `pairs` are the pairs of rules that act on one kind of resource; of them `apart` were
    proved to have no resource in common.
    """

    findings: tuple[Finding, ...]
    pairs: int
    apart: int

    def wrong(self) -> dict[str, tuple[str, ...]]:
        """What is wrong, for whoever signs: by each rule that it is about, a sentence with its example."""
        found: dict[str, tuple[str, ...]] = {}
        for one in self.findings:
            if one.level is Level.WRONG:
                example = f", for example at {one.example}" if one.example else ""
                for rule in one.rules:
                    found[rule] = (*found.get(rule, ()), f"{one.sentence}{example}.")
        return found


def lint(book: Rulebook, setup: Setup, folder: Path, now: datetime) -> Linted:
    """Ask of every rule that is not off, and of every two. `now` is what examples are near."""
    rules = tuple(rule for rule in book.rules.values() if rule.mode is not Mode.OFF)
    ground = Ground(rules, book, setup, now, Places(folder))
    met = meetings(ground)
    found = sorted(
        _of_all(ground, met), key=lambda one: (one.place.file, one.place.line, one.place.column, one.sentence)
    )
    return Linted(tuple(found), met.pairs, met.apart)


def _of_all(ground: Ground, met: Meetings) -> Iterator[Finding]:
    for rule in ground.rules:
        never = never_fires(ground, rule)
        if never is not None:
            yield never
        if never is None or never.level is not Level.WRONG:
            yield from never_acts(ground, rule)
            yield from without_effect(ground, rule)
        yield from looser(ground, rule)
        yield from races(ground, rule)
    yield from met.findings
    yield from unhandled(ground)
