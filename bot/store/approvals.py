"""Approvals: what was shown to whom, and what they answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from json import loads
from typing import Any

from sqlalchemy import select, update

from bot.store.codec import canonical
from bot.store.database import AnyRow, Tx, upsert
from bot.store.effects import Unexplained
from bot.store.tables import approval, approval_answer, effect


class ApprovalState(StrEnum):
    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Given:
    """One person's answer."""

    person: str
    answer: str
    comment: str
    channel: str
    at: datetime
    given_at: datetime | None = None
    """The time that was given with a yes, where the action asks for one."""


@dataclass(frozen=True, slots=True)
class Approval:
    id: str
    effect_key: str
    round: int
    fingerprint: str
    shown: Mapping[str, Any]
    asked_at: datetime
    expires_at: datetime
    people_needed: int
    state: ApprovalState
    closed_at: datetime | None
    why: str
    answers: tuple[Given, ...]

    @property
    def approved_by(self) -> tuple[str, ...]:
        return tuple(one.person for one in self.answers if one.answer == "approve")

    @property
    def given_at(self) -> datetime | None:
        """The time that whoever said yes has given; all of them gave the same."""
        said = (one.given_at for one in self.answers if one.answer == "approve")
        return next((at for at in said if at is not None), None)


UNREADABLE = "what was asked of people about it cannot be read back"
_SHOWN = {"asked", "resource", "amount", "people", "lines", "action", "rule", "rule_hash"}


def _is_readable(row: AnyRow) -> bool:
    if row.state not in list(ApprovalState):
        return False
    try:
        shown = loads(row.shown_json)
    except (ValueError, RecursionError):
        return False
    return isinstance(shown, dict) and shown.keys() >= _SHOWN


async def _readable(tx: Tx, rows: Sequence[AnyRow]) -> tuple[Approval, ...]:
    """Without those that cannot be read: one bad row must not keep anybody from the others."""
    return tuple([await _approval(tx, row) for row in rows if _is_readable(row)])


async def _approval(tx: Tx, row: AnyRow) -> Approval:
    given = await tx.execute(
        select(approval_answer).where(approval_answer.c.approval == row.id).order_by(approval_answer.c.at)
    )
    return Approval(
        id=row.id,
        effect_key=row.effect_key,
        round=row.round,
        fingerprint=row.fingerprint,
        shown=loads(row.shown_json),
        asked_at=row.asked_at,
        expires_at=row.expires_at,
        people_needed=row.people_needed,
        state=ApprovalState(row.state),
        closed_at=row.closed_at,
        why=row.why,
        answers=tuple(
            Given(one.person, one.answer, one.comment, one.channel, one.at, one.given_at) for one in given
        ),
    )


async def ask(
    tx: Tx,
    *,
    id: str,
    effect_key: str,
    round: int,
    fingerprint: str,
    shown: Mapping[str, Any],
    now: datetime,
    expires_at: datetime,
    people_needed: int,
) -> None:
    await tx.execute(
        approval.insert().values(
            id=id,
            effect_key=effect_key,
            round=round,
            fingerprint=fingerprint,
            shown_json=canonical(shown),
            asked_at=now,
            expires_at=expires_at,
            people_needed=people_needed,
            state=ApprovalState.OPEN,
            why="",
        )
    )


async def get(tx: Tx, id: str) -> Approval | None:
    row = (await tx.execute(select(approval).where(approval.c.id == id))).one_or_none()
    return await _approval(tx, row) if row and _is_readable(row) else None


async def of_effect(tx: Tx, key: str, round: int) -> Approval | None:
    """The asking of one round. Raises Unexplained where there is one that cannot be read."""
    row = (
        await tx.execute(select(approval).where(approval.c.effect_key == key, approval.c.round == round))
    ).one_or_none()
    if row is None or _is_readable(row):
        return await _approval(tx, row) if row else None
    if row.state == ApprovalState.WITHDRAWN:
        return None
    raise Unexplained(UNREADABLE)


async def unreadable(tx: Tx, *, at_most: int = 2_000) -> tuple[tuple[str, str, int], ...]:
    """(id, effect key, round) of the newest askings that cannot be read and were not withdrawn."""
    rows = await tx.execute(
        select(approval)
        .where(approval.c.state != ApprovalState.WITHDRAWN)
        .order_by(approval.c.asked_at.desc())
        .limit(at_most)
    )
    return tuple((row.id, row.effect_key, row.round) for row in rows if not _is_readable(row))


async def close_of(tx: Tx, key: str, round: int, *, why: str, now: datetime) -> None:
    """Withdraw the asking of one round where it is open, or where it cannot be read."""
    of_it = approval.c.effect_key == key, approval.c.round == round
    row = (await tx.execute(select(approval).where(*of_it))).one_or_none()
    if row is not None and (row.state == ApprovalState.OPEN or not _is_readable(row)):
        await void(tx, row.id, why=why, now=now)


async def void(tx: Tx, id: str, *, why: str, now: datetime) -> None:
    """End an asking that cannot be, in whatever state it is."""
    ended = {"state": ApprovalState.WITHDRAWN, "why": why, "closed_at": now}
    await tx.execute(update(approval).where(approval.c.id == id).values(**ended))


async def rounds_of(tx: Tx, key: str) -> tuple[Approval, ...]:
    """Every asking about one effect, oldest first."""
    rows = (
        await tx.execute(select(approval).where(approval.c.effect_key == key).order_by(approval.c.round))
    ).all()
    return await _readable(tx, rows)


async def of_resource(tx: Tx, resource: str) -> tuple[Approval, ...]:
    rows = (
        await tx.execute(
            select(approval)
            .join(effect, (effect.c.key == approval.c.effect_key) & (effect.c.round == approval.c.round))
            .where(effect.c.resource == resource)
            .order_by(approval.c.asked_at)
        )
    ).all()
    return await _readable(tx, rows)


async def listed(tx: Tx, *states: ApprovalState, at_most: int = 100) -> tuple[Approval, ...]:
    query = select(approval)
    if states:
        query = query.where(approval.c.state.in_(states))
    rows = (await tx.execute(query.order_by(approval.c.asked_at.desc()).limit(at_most))).all()
    return await _readable(tx, rows)


async def answer(
    tx: Tx,
    id: str,
    *,
    person: str,
    answer: str,
    comment: str,
    checks: Sequence[str],
    channel: str,
    now: datetime,
    given_at: datetime | None = None,
) -> None:
    """Keep one person's answer; a later one, a no after a yes, takes the place of the first."""
    given = {
        "answer": answer,
        "comment": comment,
        "checks_json": canonical(list(checks)),
        "channel": channel,
        "at": now,
        "given_at": given_at,
    }
    await tx.execute(
        upsert(tx, approval_answer)
        .values(approval=id, person=person, **given)
        .on_conflict_do_update(
            index_elements=[approval_answer.c.approval, approval_answer.c.person], set_=given
        )
    )


async def close(tx: Tx, id: str, *, state: ApprovalState, why: str, now: datetime) -> bool:
    """End an asking; False where it had ended before."""
    done = await tx.execute(
        update(approval)
        .where(approval.c.id == id, approval.c.state == ApprovalState.OPEN)
        .values(state=state, why=why, closed_at=now)
    )
    return done.rowcount == 1
