"""Digests: news that waited too long together go as one mail, and stay on their own rows.

Only a mail whose content never began to leave may be merged; who takes it meanwhile wins,
and then nothing is merged. So nobody gets a thing both ways, and nothing gets lost between.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select, update

from bot.core.rank import Rank
from bot.store.database import Tx
from bot.store.mails import SENDABLE, Mail, MailState
from bot.store.tables import mail

AT_MOST = 100
"""So many become one mail; what is above that, the next."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One mail that may be merged, without its bytes."""

    message_id: str
    recipient: str
    subject: str
    created_at: datetime
    fence: int


class Taken(Exception):
    """One of the mails to be merged is being sent, or merged already."""


async def crowd(
    tx: Tx, *, now: datetime, wall: datetime, waits_since: datetime, more_than: int
) -> tuple[Waiting, ...]:
    """The news for one recipient that should go as one mail, oldest first; none where nobody's queue is long.

    That is so where more than `more_than` mails wait, and at least two that are news are due
    and the oldest of them has waited since then.
    """
    unsent = and_(mail.c.state == MailState.QUEUED, mail.c.data_started_at.is_(None))
    free = or_(mail.c.lease_until.is_(None), mail.c.lease_until < wall)
    # A digest is not merged again: what it holds would hang on two.
    news = and_(
        unsent, free, mail.c.rank == Rank.NEWS, mail.c.not_before <= now, mail.c.effect_key.is_not(None)
    )
    crowded = select(mail.c.recipient).where(SENDABLE).group_by(mail.c.recipient)
    crowded = crowded.having(func.count() > more_than)
    found = (
        await tx.execute(
            select(mail.c.recipient)
            .where(news, mail.c.recipient.in_(crowded))
            .group_by(mail.c.recipient)
            .having(and_(func.count() > 1, func.min(mail.c.created_at) <= waits_since))
            .order_by(mail.c.recipient)
            .limit(1)
        )
    ).scalar_one_or_none()
    if found is None:
        return ()
    rows = await tx.execute(
        select(mail.c.message_id, mail.c.recipient, mail.c.subject, mail.c.created_at, mail.c.fence)
        .where(news, mail.c.recipient == found)
        .order_by(mail.c.created_at, mail.c.message_id)
        .limit(AT_MOST)
    )
    return tuple(Waiting(*row) for row in rows)


async def merge(tx: Tx, mails: Sequence[Waiting], *, into: str, now: datetime) -> None:
    """Let them be told by that mail. Raises Taken."""
    for one in mails:
        done = await tx.execute(
            update(mail)
            .where(
                mail.c.message_id == one.message_id,
                mail.c.fence == one.fence,
                mail.c.state == MailState.QUEUED,
                mail.c.data_started_at.is_(None),
            )
            .values(
                state=MailState.MERGED,
                merged_into=into,
                outcome="",
                settled_at=now,
                lease_until=None,
                fence=mail.c.fence + 1,
            )
        )
        if done.rowcount != 1:
            raise Taken(one.message_id)


async def effects_in(tx: Tx, digest: str) -> tuple[tuple[str, int], ...]:
    """The effects whose mails a digest holds, each once, in the order they came."""
    rows = await tx.execute(
        select(mail.c.effect_key, mail.c.round)
        .where(mail.c.merged_into == digest, mail.c.effect_key.is_not(None))
        .order_by(mail.c.created_at, mail.c.message_id)
    )
    return tuple(dict.fromkeys((row.effect_key, row.round) for row in rows))


async def fate(tx: Tx, one: Mail) -> MailState:
    """What became of a mail; of a merged one, of the mail that tells it."""
    if one.state is not MailState.MERGED:
        return one.state
    state = (await tx.execute(select(mail.c.state).where(mail.c.message_id == one.merged_into))).scalar_one()
    return MailState(state)
