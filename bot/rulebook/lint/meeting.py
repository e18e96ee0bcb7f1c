"""Two rules that act on one resource at one moment: the proof that they don't, or where they do.

Only rules that do something at the vendor are compared, and only with those about the
same kind of resource. Most pairs are apart at a glance (`apart`); of the others each rule
is compared with `MOST` and no more, so that a thousand rules take no hour. What was left
out is told.
"""

from dataclasses import dataclass, field

from bot.core.prove import CannotTell, Example, Impossible, overlap
from bot.core.rule import Rule
from bot.rulebook.lint.apart import may_meet
from bot.rulebook.lint.finding import Finding, Level, all_of
from bot.rulebook.lint.ground import Ground, first_example

MOST = 20
"""Other rules that one is compared with."""
MOST_TOLD = 5
"""Overlaps of one rule that are told; whoever mends these sees the next."""


@dataclass(slots=True)
class Meetings:
    """All pairs of rules that act on one kind of resource; `apart` of them were proved to be so."""

    pairs: int = 0
    apart: int = 0
    findings: list[Finding] = field(default_factory=list)


def meetings(ground: Ground) -> Meetings:
    found = Meetings()
    by_kind: dict[str, list[Rule]] = {}
    for rule in ground.rules:
        if ground.acts(rule):
            by_kind.setdefault(rule.watch, []).append(rule)
    for rules in by_kind.values():
        _compare_all(ground, rules, found)
    return found


def _compare_all(ground: Ground, rules: list[Rule], found: Meetings) -> None:
    found.pairs += len(rules) * (len(rules) - 1) // 2
    found.apart += len(rules) * (len(rules) - 1) // 2
    for place, mask in enumerate(may_meet(rules)):
        told = compared = 0
        while mask and compared < MOST and told < MOST_TOLD:
            lowest = mask & -mask
            mask ^= lowest
            compared += 1
            finding = _compared(ground, rules[place], rules[place + lowest.bit_length()])
            if finding is not None:
                told += 1
                found.findings.append(finding)
        found.apart -= told + mask.bit_count()
        if mask:
            found.findings.append(_left_out(ground, rules[place], mask.bit_count()))


def _compared(ground: Ground, one: Rule, other: Rule) -> Finding | None:
    calendars = ground.calendars([one, other])
    result, example = first_example(
        (calendar, overlap(one, other, calendar, ground.now)) for calendar in calendars
    )
    match result:
        case Impossible():
            return None
        case CannotTell(why):
            sentence = f"whether {one.id} and {other.id} can act on one resource: {why}"
            return ground.places.finding("overlap", Level.CANNOT_TELL, (one, other), sentence)
        case Example():
            pass
    known = ground.book.vocabulary.vendor_actions
    same = [
        name for name in ground.acts(one) if name in ground.acts(other) and not known[name].tables
    ]  # what fills a table does another thing with each
    if same:
        sentence = (
            f"{one.id} and {other.id} both do {all_of(same)} on one resource: whichever comes first "
            "does it, and the limits of the other are not asked"
        )
    else:
        sentence = f"{one.id} and {other.id} act on one resource at one moment"
    return ground.places.finding(
        "overlap",
        Level.WRONG if same else Level.LOOK,
        (one, other),
        sentence,
        example=example,
        mend=f"add a line to one of them by which it is never so; {other.id} is in {other.file}:{other.line}",
    )


def _left_out(ground: Ground, rule: Rule, count: int) -> Finding:
    others = "1 other rule" if count == 1 else f"{count} other rules"
    sentence = f"whether {rule.id} and {others} can act on one resource: they were not compared"
    return ground.places.finding("overlap", Level.CANNOT_TELL, (rule,), sentence)
