"""`lint`: what proofs find in rules that are each right by themselves. `check` says it, too.

Only what is wrong makes the exit code 1. What is worth a look, and what nobody can tell,
does not: a house may want it so, and a check that fails for ever is soon not read.
"""

from argparse import Namespace
from collections.abc import Iterator
from typing import Any

from bot.app import SystemClock
from bot.commands.given import settings_file
from bot.commands.out import complain, say, say_json
from bot.commands.rules_read import RulesRead, rules_asked_for
from bot.core.clock import Clock
from bot.engine.absence import missed_when_away
from bot.rulebook.lint import Finding, Level, Linted, lint
from bot.rulebook.problem import Problem, Spot

_WHERE = "people:"


def run(args: Namespace) -> int:
    read = rules_asked_for(args.folder, args.config)
    linted, absences = lint_of(read, SystemClock(), args.config)
    findings = (*absences, *linted.findings)
    is_right = not (read.book.problems or read.trouble) and not wrong(findings)
    if args.json:
        say_json({"ok": is_right, **as_json(linted, findings), "problems": len(read.book.problems)})
    else:
        say_findings(linted, findings)
        if read.book.problems:
            say("Rules that cannot be read are not among these: see payrunbot check.")
    if read.trouble:
        complain(read.trouble)
    return 0 if is_right else 1


def lint_of(read: RulesRead, clock: Clock, config: str | None) -> tuple[Linted, tuple[Finding, ...]]:
    """What the rules come to, and what happens when one of the people is away."""
    return lint(read.book, read.setup, read.folder, clock.now()), tuple(_absences(read, config))


def wrong(findings: tuple[Finding, ...]) -> int:
    return sum(one.level is Level.WRONG for one in findings)


def say_findings(linted: Linted, findings: tuple[Finding, ...]) -> None:
    for one in findings:
        say(str(one))
        say()
    counted = [(level, sum(one.level is level for one in findings)) for level in Level]
    told = ", ".join(f"{count} {_MANY[level]}" for level, count in counted if count)
    say(f"Lint: {told or 'nothing'}. {_pairs(linted)}")


_MANY = {Level.WRONG: "wrong", Level.LOOK: "to look at", Level.CANNOT_TELL: "that nobody can tell"}


def _pairs(linted: Linted) -> str:
    if not linted.pairs:
        return "No two rules act on one kind of resource."
    are = "1 pair of rules acts" if linted.pairs == 1 else f"{linted.pairs} pairs of rules act"
    apart = "all" if linted.apart == linted.pairs else str(linted.apart)
    return f"{are} on one kind of resource; proved to have none in common: {apart}."


def as_json(linted: Linted, findings: tuple[Finding, ...]) -> dict[str, Any]:
    return {
        "pairs": {"compared": linted.pairs, "apart": linted.apart},
        "findings": [
            {
                "kind": one.kind,
                "level": one.level.value,
                "rules": list(one.rules),
                "file": one.place.file,
                "line": one.place.line,
                "column": one.place.column,
                "sentence": one.sentence,
                "example": one.example,
                "mend": one.mend,
                "source": one.place.source,
            }
            for one in findings
        ],
    }


def _absences(read: RulesRead, config: str | None) -> Iterator[Finding]:
    """Approvers without whom something can't be approved, with their list in the settings as the place."""
    if read.settings is None:
        return
    path = settings_file(config)
    lines = path.read_text("utf-8").splitlines() if path is not None else []
    number = next((number for number, line in enumerate(lines) if line.startswith(_WHERE)), 0)
    for person in read.settings.people:
        for sentence in missed_when_away(read.settings, person) if person.is_approver else ():
            said = sentence.rstrip(".")
            yield Finding(
                "absence",
                Level.LOOK,
                (),
                Problem(
                    path.name if path is not None else "settings",
                    Spot(number, 0, len(_WHERE)),
                    f"{Level.LOOK}: {said}",
                    lines[number] if lines else "",
                ),
                said,
                mend="give another person the role approver, with an up_to that is high enough",
            )
