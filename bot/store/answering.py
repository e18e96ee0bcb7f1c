"""How people answered in a stretch of time: counted from askings, answers and the record.

All of it goes by indexes on time, and is bounded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from json import loads
from typing import Any

from sqlalchemy import func, select

from bot.store.database import Tx
from bot.store.tables import approval, approval_answer, audit

AT_MOST = 5_000
"""Answers, and askings that ran out, of one month."""


@dataclass(frozen=True, slots=True)
class Answered:
    """One person's answer. `lines` is None where they were erased since."""

    person: str
    answer: str
    asked_at: datetime
    at: datetime
    lines: int | None


def _lines(shown: Any) -> int | None:
    """How many lines were shown; None where that is not known any more."""
    if not isinstance(shown, dict) or shown.get("erased") or not isinstance(shown.get("lines"), list):
        return None
    return len(shown["lines"])


def _read(stored: str) -> Any:
    try:
        return loads(stored)
    except (ValueError, RecursionError):
        return None


async def answers_between(tx: Tx, first: datetime, end: datetime) -> Sequence[Answered]:
    """Every answer that was given in that time, oldest first."""
    rows = await tx.execute(
        select(
            approval_answer.c.person,
            approval_answer.c.answer,
            approval_answer.c.at,
            approval.c.asked_at,
            approval.c.shown_json,
        )
        .join(approval, approval.c.id == approval_answer.c.approval)
        .where(approval_answer.c.at >= first, approval_answer.c.at < end)
        .order_by(approval_answer.c.at)
        .limit(AT_MOST)
    )
    return [
        Answered(row.person, row.answer, row.asked_at, row.at, _lines(_read(row.shown_json))) for row in rows
    ]


async def count_answers(tx: Tx, first: datetime, end: datetime) -> dict[str, int]:
    """How many answers each person gave in that time."""
    rows = await tx.execute(
        select(approval_answer.c.person, func.count().label("answers"))
        .where(approval_answer.c.at >= first, approval_answer.c.at < end)
        .group_by(approval_answer.c.person)
    )
    return {row.person: row.answers for row in rows}


async def lapsed_between(tx: Tx, first: datetime, end: datetime) -> dict[str, int]:
    """For each person how many questions ran out in that time that they were asked and had not answered."""
    rows = await tx.execute(
        select(approval.c.id, approval.c.shown_json)
        .where(approval.c.closed_at >= first, approval.c.closed_at < end, approval.c.state == "expired")
        .order_by(approval.c.closed_at)
        .limit(AT_MOST)
    )
    asked: dict[str, set[str]] = {}
    for row in rows:
        shown = _read(row.shown_json)
        people = shown.get("people") if isinstance(shown, dict) else None
        asked[row.id] = {str(one) for one in people} if isinstance(people, list) else set()
    found: dict[str, int] = {}
    answered = await tx.execute(
        select(approval_answer.c.approval, approval_answer.c.person).where(
            approval_answer.c.approval.in_(
                select(approval.c.id).where(
                    approval.c.closed_at >= first, approval.c.closed_at < end, approval.c.state == "expired"
                )
            )
        )
    )
    for row in answered:
        asked.get(row.approval, set()).discard(row.person)
    for person in (one for people in asked.values() for one in people):
        found[person] = found.get(person, 0) + 1
    return found


async def held_between(tx: Tx, first: datetime, end: datetime) -> dict[str, int]:
    """How often each person put a hold on a pay run in that time, by the record."""
    rows = await tx.execute(
        select(audit.c.actor, func.count().label("holds"))
        .where(audit.c.what == "held", audit.c.at >= first, audit.c.at < end)
        .group_by(audit.c.actor)
    )
    return {row.actor: row.holds for row in rows}
