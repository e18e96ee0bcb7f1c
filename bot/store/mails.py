"""Mails: one row for one recipient of one cause, with its own outcome.

`data_started` is committed before the message is handed over. From then on nobody can
know whether it arrived unless the server says so; it is sent at most once more, with
the same Message-ID.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import or_, select, update

from bot.store.database import AnyRow, Tx, insert_once
from bot.store.effects import FenceLost
from bot.store.tables import mail


class MailState(StrEnum):
    QUEUED = "queued"
    DATA_STARTED = "data_started"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


OPEN = (MailState.QUEUED, MailState.DATA_STARTED)

SENDABLE = mail.c.state.in_(OPEN)


@dataclass(frozen=True, slots=True)
class Mail:
    message_id: str
    cause: str
    recipient: str
    template: str
    subject: str
    raw: bytes
    effect_key: str | None
    round: int | None
    resource: str | None
    state: MailState
    outcome: str
    created_at: datetime
    attempts: int
    fence: int
    data_started_at: datetime | None
    settled_at: datetime | None
    correlation: str


def _mail(row: AnyRow) -> Mail:
    return Mail(
        message_id=row.message_id,
        cause=row.cause,
        recipient=row.recipient,
        template=row.template,
        subject=row.subject,
        raw=row.raw,
        effect_key=row.effect_key,
        round=row.round,
        resource=row.resource,
        state=MailState(row.state),
        outcome=row.outcome,
        created_at=row.created_at,
        attempts=row.attempts,
        fence=row.fence,
        data_started_at=row.data_started_at,
        settled_at=row.settled_at,
        correlation=row.correlation,
    )


@dataclass(frozen=True, slots=True)
class Ready:
    """A message as it will be sent, to one recipient."""

    message_id: str
    recipient: str
    template: str
    subject: str
    raw: bytes


async def queue(
    tx: Tx,
    mails: Sequence[Ready],
    *,
    cause: str,
    now: datetime,
    correlation: str,
    resource: str | None = None,
    effect_key: str | None = None,
    round: int | None = None,
) -> None:
    """Put mails in line. The same cause to the same recipient is there already: kept as it is."""
    for one in mails:
        await tx.execute(
            insert_once(
                tx,
                mail,
                message_id=one.message_id,
                cause=cause,
                recipient=one.recipient,
                template=one.template,
                subject=one.subject,
                raw=one.raw,
                effect_key=effect_key,
                round=round,
                resource=resource,
                state=MailState.QUEUED,
                outcome="",
                created_at=now,
                not_before=now,
                attempts=0,
                fence=0,
                correlation=correlation,
            )
        )


async def claim(tx: Tx, *, now: datetime, wall: datetime, lease: timedelta) -> Mail | None:
    """Take the oldest mail that is due and that nobody is sending, or None."""
    due = (
        select(mail.c.message_id)
        .where(
            SENDABLE,
            mail.c.not_before <= now,
            or_(mail.c.lease_until.is_(None), mail.c.lease_until < wall),
        )
        .order_by(mail.c.not_before, mail.c.created_at, mail.c.message_id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = (
        await tx.execute(
            update(mail)
            .where(mail.c.message_id == due.scalar_subquery())
            .values(lease_until=wall + lease, fence=mail.c.fence + 1, attempts=mail.c.attempts + 1)
            .returning(mail)
        )
    ).one_or_none()
    return _mail(row) if row else None


async def start_data(tx: Tx, held: Mail, *, now: datetime, repeat: bool) -> None:
    """From here on the message may have arrived. Raises FenceLost."""
    said = {"outcome": "once more"} if repeat else {}
    await _write(tx, held, state=MailState.DATA_STARTED, data_started_at=now, **said)


async def settle(tx: Tx, held: Mail, *, state: MailState, outcome: str, now: datetime) -> None:
    """The mail has its final answer. Raises FenceLost."""
    await _write(tx, held, state=state, outcome=outcome, settled_at=now, lease_until=None)


async def later(tx: Tx, held: Mail, *, at: datetime, outcome: str) -> None:
    """Give the mail back, to be tried at `at`. Raises FenceLost."""
    await _write(tx, held, not_before=at, outcome=outcome, lease_until=None)


async def _write(tx: Tx, held: Mail, **values: object) -> None:
    done = await tx.execute(
        update(mail).where(mail.c.message_id == held.message_id, mail.c.fence == held.fence).values(**values)
    )
    if done.rowcount != 1:
        raise FenceLost(held.message_id)


async def of_effect(tx: Tx, key: str, round: int) -> tuple[Mail, ...]:
    rows = await tx.execute(select(mail).where(mail.c.effect_key == key, mail.c.round == round))
    return tuple(_mail(row) for row in rows)


async def of_resource(tx: Tx, resource_id: str) -> tuple[Mail, ...]:
    rows = await tx.execute(select(mail).where(mail.c.resource == resource_id).order_by(mail.c.created_at))
    return tuple(_mail(row) for row in rows)


async def get(tx: Tx, message_id: str) -> Mail | None:
    row = (await tx.execute(select(mail).where(mail.c.message_id == message_id))).one_or_none()
    return _mail(row) if row else None


async def recent(tx: Tx, *, at_most: int = 200) -> tuple[Mail, ...]:
    rows = await tx.execute(select(mail).order_by(mail.c.created_at.desc()).limit(at_most))
    return tuple(_mail(row) for row in rows)
