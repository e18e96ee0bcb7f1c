"""What stays ticked when a question is asked again: only what is as it was when it was ticked.

A finding is as it was where every asking since says it in the same words and nothing that
it is about has changed: the lines that it names, or, where it names none, any line at all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.core import words
from bot.core.money import Money
from bot.core.resource import Line
from bot.core.words import joined, say
from bot.mail.asked import Asked
from bot.mail.parts import Finding
from bot.store.approvals import Approval
from bot.store.codec import line_from_json


def still_ticked(
    findings: Sequence[Finding],
    before: Sequence[tuple[Approval, Asked]],
    lines: Sequence[Line],
    amount: Money | None,
    people_needed: int,
    zone: ZoneInfo,
) -> tuple[Finding, ...]:
    """The findings, each that as many people have ticked as are needed with who ticked it and when."""
    return tuple(_as_ticked(one, before, lines, amount, people_needed, zone) for one in findings)


def _as_ticked(
    finding: Finding,
    before: Sequence[tuple[Approval, Asked]],
    lines: Sequence[Line],
    amount: Money | None,
    people_needed: int,
    zone: ZoneInfo,
) -> Finding:
    who: dict[str, datetime] = {}
    for person, at in _ticks(finding, before, lines, amount):
        who.setdefault(person, at)
    if len(who) < people_needed:
        return finding
    by = [say("{person} {at}", person=person, at=words.moment(at, zone)) for person, at in who.items()]
    said = say("Ticked by {whom}, unchanged", whom=joined(by, say(" and ")))
    return replace(finding, ticked=said)


def _ticks(
    finding: Finding, before: Sequence[tuple[Approval, Asked]], lines: Sequence[Line], amount: Money | None
) -> Iterator[tuple[str, datetime]]:
    """Who ticked it in the askings since which it has not changed, the newest first."""
    for approval, shown in reversed(before):
        same = any(replace(one, ticked="") == finding for one in shown.findings)
        if not same or any(one.answer != "approve" for one in approval.answers):
            return
        then = tuple(line_from_json(line) for line in approval.shown["lines"])
        if _is_touched(finding, then, lines, shown.amount != amount):
            return
        for answer in approval.answers:
            if finding.check in answer.checks:
                yield answer.person, answer.at


def _is_touched(finding: Finding, then: Sequence[Line], now: Sequence[Line], amount_changed: bool) -> bool:
    """Whether what it is about has changed between the two."""
    was, gets = set(map(_facts, then)), set(map(_facts, now))
    named = {part.removeprefix("payee ").partition(":")[0] for part in finding.detail.split(", ")}
    if named <= _ids(was | gets):
        return bool(named & _ids(was ^ gets))
    return amount_changed or was != gets


def _facts(line: Line) -> tuple[str, str, Money, Money | None]:
    return line.id, line.payee, line.net_pay, line.cost


def _ids(lines: set[tuple[str, str, Money, Money | None]]) -> set[str]:
    return {id for line in lines for id in line[:2]}
