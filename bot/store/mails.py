"""Mails: one row for one recipient of one cause, with its own outcome.

`data_started` is committed before the message is handed over. From then on nobody can
know whether it arrived unless the server says so; it is sent at most once more, with
the same Message-ID.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, FromClause, LargeBinary, and_, func, literal, or_, select, true, update

from bot.core.money import NBSP
from bot.core.rank import Rank
from bot.core.words import say
from bot.store.database import AnyRow, Tx, insert_once
from bot.store.effects import FenceLost
from bot.store.paging import Listed, Place, besides, page_of
from bot.store.tables import mail


class MailState(StrEnum):
    QUEUED = "queued"
    DATA_STARTED = "data_started"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    MERGED = "merged"
    """Told in another mail, `merged_into`, whose outcome is its own."""


OPEN = (MailState.QUEUED, MailState.DATA_STARTED)

ONCE_MORE = say("once more")
"""Why it goes again: whether it arrived the first time, nobody knows."""
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
    merged_into: str | None
    rank: Rank
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
        merged_into=row.merged_into,
        rank=Rank(row.rank),
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
    rank: Rank = Rank.USUAL


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
                rank=one.rank,
                correlation=correlation,
            )
        )


async def claim(
    tx: Tx, *, now: datetime, wall: datetime, lease: timedelta, probes: bool = False
) -> Mail | None:
    """Take the mail whose turn it is, or None: the most urgent that is due, then the oldest.

    With `probes` one that was tried least often, so that a mail at which the server itself
    stumbles is not the one by which it is judged each time.
    """
    least_tried = (mail.c.attempts,) if probes else ()
    due = (
        select(mail.c.message_id)
        .where(_is_due(now, wall))
        .order_by(*least_tried, mail.c.rank, mail.c.created_at, mail.c.message_id)
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


def _is_due(now: datetime, wall: datetime) -> ColumnElement[bool]:
    free = or_(mail.c.lease_until.is_(None), mail.c.lease_until < wall)
    return and_(SENDABLE, mail.c.not_before <= now, free)


async def begun(
    tx: Tx, *, since: datetime, now: datetime, wall: datetime
) -> tuple[tuple[str, datetime], ...]:
    """To whom and when contents began to leave, oldest first; what is being sent counts as now."""
    being_sent = and_(SENDABLE, mail.c.lease_until >= wall)
    rows = await tx.execute(
        select(mail.c.recipient, mail.c.data_started_at).where(
            or_(and_(mail.c.data_started_at > since, mail.c.data_started_at <= now), being_sent)
        )
    )
    return tuple(
        sorted(((row.recipient, row.data_started_at or now) for row in rows), key=lambda one: one[1])
    )


async def hold_back(
    tx: Tx, *, now: datetime, wall: datetime, until: datetime, recipient: str | None = None
) -> None:
    """Make what is due wait until then, for one recipient or for all. Their order stays."""
    which = _is_due(now, wall)
    if recipient is not None:
        which = and_(which, mail.c.recipient == recipient)
    await tx.execute(update(mail).where(which).values(not_before=until))


async def hurry(tx: Tx, *, held_until: datetime, now: datetime) -> None:
    """Make due at once what `hold_back` made wait until then."""
    await tx.execute(update(mail).where(SENDABLE, mail.c.not_before == held_until).values(not_before=now))


async def start_data(tx: Tx, held: Mail, *, now: datetime, until: datetime, repeat: bool) -> None:
    """From here on the message may have arrived; held until then. Raises FenceLost."""
    said = ONCE_MORE if repeat else ""
    await _write(tx, held, state=MailState.DATA_STARTED, data_started_at=now, lease_until=until, outcome=said)


async def settle(tx: Tx, held: Mail, *, state: MailState, outcome: str, now: datetime) -> None:
    """The mail has its final answer. Raises FenceLost."""
    await _write(tx, held, state=state, outcome=outcome, settled_at=now, lease_until=None)


async def later(tx: Tx, held: Mail, *, at: datetime, outcome: str, tried: bool = True) -> None:
    """Give the mail back, to be tried at `at`; not `tried` does not count. Raises FenceLost."""
    attempts = held.attempts if tried else held.attempts - 1
    await _write(tx, held, not_before=at, outcome=outcome, lease_until=None, attempts=attempts)


async def let_go(tx: Tx, held: Mail) -> None:
    """Give a mail back as it was, unless its content has begun to leave; else its lease runs out."""
    await tx.execute(
        update(mail)
        .where(
            mail.c.message_id == held.message_id, mail.c.fence == held.fence, mail.c.data_started_at.is_(None)
        )
        .values(lease_until=None, attempts=held.attempts - 1)
    )


async def not_taken(tx: Tx, held: Mail) -> None:
    """The server said that it did not take the content: as if it had never left. Raises FenceLost."""
    await _write(tx, held, state=MailState.QUEUED, data_started_at=None)


async def _write(tx: Tx, held: Mail, **values: object) -> None:
    done = await tx.execute(
        update(mail).where(mail.c.message_id == held.message_id, mail.c.fence == held.fence).values(**values)
    )
    if done.rowcount != 1:
        raise FenceLost(held.message_id)


async def of_effect(tx: Tx, key: str, round: int) -> tuple[Mail, ...]:
    rows = await tx.execute(select(mail).where(mail.c.effect_key == key, mail.c.round == round))
    return tuple(_mail(row) for row in rows)


async def of_resource(tx: Tx, resource_id: str, *, at_most: int = 200) -> tuple[Mail, ...]:
    """The newest mails about a resource, oldest first, their content left out."""
    rows = await tx.execute(
        select(*_WITHOUT_CONTENT)
        .where(mail.c.resource == resource_id)
        .order_by(mail.c.created_at.desc(), mail.c.message_id.desc())
        .limit(at_most)
    )
    return tuple(_mail(row) for row in reversed(rows.all()))


async def get(tx: Tx, message_id: str) -> Mail | None:
    row = (await tx.execute(select(mail).where(mail.c.message_id == message_id))).one_or_none()
    return _mail(row) if row else None


async def recent(tx: Tx, *, at_most: int = 200) -> tuple[Mail, ...]:
    rows = await tx.execute(select(mail).order_by(mail.c.created_at.desc()).limit(at_most))
    return tuple(_mail(row) for row in rows)


_WITHOUT_CONTENT = (
    *(column for column in mail.c if column is not mail.c.raw),
    literal(b"", LargeBinary).label("raw"),
)
FAILED = (MailState.REFUSED, MailState.UNKNOWN)


async def page(
    tx: Tx,
    place: Place | None,
    *,
    states: Sequence[MailState] = (),
    about: Sequence[str] | None = None,
    recipient: str = "",
    subject: str = "",
    at_most: int,
) -> tuple[tuple[Mail, ...], Listed]:
    """One page of mails, newest first, their content left out.

    Besides the states at most one of the others counts: the resources that they are about, to
    whom, or a text of the subject, which is looked for in so many mails at a time.
    """
    query, holds = select(*_WITHOUT_CONTENT), None
    by_state = besides(mail.c.state).in_(states) if states else true()
    if about is not None:
        arms = [query.where(mail.c.resource == one, by_state) for one in about]
    elif recipient:
        arms = [query.where(mail.c.recipient == recipient, by_state)]
    elif subject:
        arms = [query]

        def holds(rows: FromClause) -> ColumnElement[bool]:
            is_so = func.replace(rows.c.subject, NBSP, " ").icontains(subject, autoescape=True)
            return and_(is_so, rows.c.state.in_(states)) if states else is_so

    else:
        arms = [query.where(mail.c.state == one) for one in states] or [query]
    listed = await page_of(
        tx, arms, (mail.c.created_at, mail.c.message_id), place, at_most=at_most, holds=holds
    )
    return tuple(_mail(row) for row in listed.rows), listed


async def failed_since(tx: Tx, since: datetime, *, at_most: int) -> tuple[Mail, ...]:
    """The newest that did not arrive, or may not have, their content left out."""
    arms = [
        select(*_WITHOUT_CONTENT).where(mail.c.state == one, mail.c.created_at >= since) for one in FAILED
    ]
    listed = await page_of(tx, arms, (mail.c.created_at, mail.c.message_id), None, at_most=at_most)
    return tuple(_mail(row) for row in listed.rows)
