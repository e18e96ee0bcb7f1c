"""What an approval covers: everything that would make a person say no if it changed."""

from collections.abc import Mapping

from bot.core.action import Action
from bot.core.resource import Line, Snapshot
from bot.core.seen import seen
from bot.core.workdays import WorkCalendar
from bot.store.codec import fingerprint, scalar_to_json, value_to_json

COVERED = (
    "run type",
    "calendar type",
    "name",
    "currency",
    "period start",
    "period end",
    "pay date",
    "cost",
    "net pay",
    "warnings",
    "finalising also",
    "also automated by vendor",
)
"""Besides the lines: what the vendor will also do by itself is part of the question."""
_SAID_OTHERWISE = ("cost", "net pay", "pay date")
"""A difference has these in a place of their own."""


def fingerprint_of(snapshot: Snapshot, action: Action, rule_hash: str) -> str:
    """The same for the same question.

    One payee swapped for another of the same amount changes it; a payout that was only
    notified meanwhile does not. Lines that were not read are another question than
    lines that were.
    """
    return fingerprint(
        {
            "action": action.name,
            "rule": rule_hash,
            "lines": None if snapshot.lines is None else sorted(_line(line) for line in snapshot.lines),
            "values": {name: value_to_json(snapshot.value(name)) for name in (*COVERED, *action.covers)},
        }
    )


def covered_in_words(snapshot: Snapshot, action: Action, calendar: WorkCalendar) -> Mapping[str, str]:
    """Each value that the question covers, as people read it: kept with the question, to say what changed."""
    names = [name for name in (*COVERED, *action.covers) if name not in _SAID_OTHERWISE]
    return {name: seen(snapshot.value(name), calendar) for name in names}


def _line(line: Line) -> list[str]:
    cost = scalar_to_json(line.cost) if line.cost else []
    return [line.id, line.payee, *scalar_to_json(line.net_pay), *cost]
