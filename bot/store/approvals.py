"""Approvals: what was shown to whom, and what they answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from json import loads
from typing import Any

from sqlalchemy import select, update

from bot.core.words import say
from bot.store.codec import canonical
from bot.store.database import AnyRow, Tx, upsert
from bot.store.effects import Unexplained
from bot.store.paging import Listed, Place, page_of
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
    checks: tuple[str, ...] = ()
    """The checks that were ticked."""


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
    remind_at: datetime | None = None
    """When those who were asked are next reminded, while it is open."""

    @property
    def approved_by(self) -> tuple[str, ...]:
        return tuple(one.person for one in self.answers if one.answer == "approve")

    @property
    def given_at(self) -> datetime | None:
        """The time that whoever said yes has given; all of them gave the same."""
        said = (one.given_at for one in self.answers if one.answer == "approve")
        return next((at for at in said if at is not None), None)


UNREADABLE = say("what was asked of people about it cannot be read back")
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
    known = [row for row in rows if _is_readable(row)]
    answers: dict[str, list[Given]] = {}
    if known:
        given = await tx.execute(
            select(approval_answer)
            .where(approval_answer.c.approval.in_([row.id for row in known]))
            .order_by(approval_answer.c.at)
        )
        for one in given:
            answers.setdefault(one.approval, []).append(
                Given(
                    one.person,
                    one.answer,
                    one.comment,
                    one.channel,
                    one.at,
                    one.given_at,
                    _ticked(one.checks_json),
                )
            )
    return tuple(_approval(row, tuple(answers.get(row.id, ()))) for row in known)


def _approval(row: AnyRow, answers: tuple[Given, ...]) -> Approval:
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
        answers=answers,
        remind_at=row.remind_at,
    )


def _ticked(stored: str) -> tuple[str, ...]:
    try:
        found = loads(stored)
    except (ValueError, RecursionError):
        return ()
    return tuple(str(one) for one in found) if isinstance(found, list) else ()


async def _one(tx: Tx, row: AnyRow | None) -> Approval | None:
    found = await _readable(tx, [row] if row is not None else [])
    return found[0] if found else None


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
    remind_at: datetime | None = None,
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
            remind_at=remind_at,
        )
    )


async def get(tx: Tx, id: str) -> Approval | None:
    row = (await tx.execute(select(approval).where(approval.c.id == id))).one_or_none()
    return await _one(tx, row)


async def of_effect(tx: Tx, key: str, round: int) -> Approval | None:
    """The asking of one round. Raises Unexplained where there is one that cannot be read."""
    row = (
        await tx.execute(select(approval).where(approval.c.effect_key == key, approval.c.round == round))
    ).one_or_none()
    if row is None or _is_readable(row):
        return await _one(tx, row)
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


async def asked_between(
    tx: Tx, since: datetime, before: datetime, *, at_most: int = 200
) -> tuple[Approval, ...]:
    """Those asked from one moment until just before another, oldest first, whatever became of them."""
    rows = await tx.execute(
        select(approval)
        .where(approval.c.asked_at >= since, approval.c.asked_at < before)
        .order_by(approval.c.asked_at, approval.c.id)
        .limit(at_most)
    )
    return await _readable(tx, rows.all())


async def page(
    tx: Tx, place: Place | None, *, state: ApprovalState | None = None, at_most: int
) -> tuple[tuple[Approval, ...], Listed]:
    """One page of those of a state; of all that are at an end without one. Those that can be read."""
    query = select(approval)
    if state is not None:
        query = query.where(approval.c.state == state)
    else:
        query = query.where(approval.c.state != ApprovalState.OPEN)
    listed = await page_of(tx, [query], (approval.c.asked_at, approval.c.id), place, at_most=at_most)
    return await _readable(tx, listed.rows), listed


async def open_about(tx: Tx) -> dict[str, list[Approval]]:
    """What waits for an answer, by the resource that it is about."""
    found: dict[str, list[Approval]] = {}
    for one in await listed(tx, ApprovalState.OPEN):
        found.setdefault(one.shown["resource"], []).append(one)
    return found


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


IS_REMINDED = approval.c.state == ApprovalState.OPEN
"""Nobody is reminded of what has ended, whatever its row says."""


async def to_remind(tx: Tx, now: datetime, *, at_most: int = 50) -> tuple[Approval, ...]:
    """Those whose next reminder is due, longest due first; one that cannot be read is not told of."""
    rows = await tx.execute(
        select(approval)
        .where(IS_REMINDED, approval.c.remind_at <= now)
        .order_by(approval.c.remind_at)
        .limit(at_most)
    )
    found = rows.all()
    for row in found:
        if not _is_readable(row):
            await remind_again(tx, row.id, None)
    return await _readable(tx, found)


async def remind_again(tx: Tx, id: str, at: datetime | None) -> None:
    """When the next reminder of it is due; None for no more."""
    await tx.execute(update(approval).where(approval.c.id == id).values(remind_at=at))
