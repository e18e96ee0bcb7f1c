"""What the database tells of itself for /metrics: counts and oldest instants, and nothing of anybody.

Each statement walks an index and no further than so many rows, so that asking costs the same
whatever is stored; a count that reaches the bound is no more than that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select

from bot.store.approvals import ApprovalState
from bot.store.database import Tx
from bot.store.effects import ENDED, State
from bot.store.mails import OPEN
from bot.store.paging import besides
from bot.store.tables import approval, audit, effect, mail, parked

AT_MOST = 20_000
"""Rows that one statement looks at."""
A_DAY = timedelta(hours=24)
_NOT_ENDED = [one for one in State if one not in ENDED]


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are of something, by its labels, and since when the oldest of them is there."""

    labels: tuple[str, ...]
    number: int
    oldest_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """One reading, all of it in one transaction."""

    effects: tuple[Count, ...]
    """By state and action: what is not at an end."""
    effects_of_a_day: tuple[Count, ...]
    """By state and action: what came to an end at vendors in the last 24 hours."""
    approvals: Count
    expires_at: datetime | None
    """When the first of the open approvals is over."""
    mails_waiting: Count
    mails_of_a_day: tuple[Count, ...]
    """By state: what was made in the last 24 hours."""
    parked: Count
    unsealed: Count


async def measured(tx: Tx, now: datetime) -> Measured:
    since = now - A_DAY
    open_effects = select(effect.c.state, effect.c.action, effect.c.planned_at.label("at")).where(
        effect.c.state.in_(_NOT_ENDED)
    )
    ended = select(effect.c.state, effect.c.action, effect.c.changed_at.label("at")).where(
        # The day's index, and not that of the states, nearly all of which have long ended.
        effect.c.is_vendor.is_(True),
        effect.c.changed_at > since,
        besides(effect.c.state).in_(ENDED),
    )
    asked = select(approval.c.asked_at.label("at")).where(approval.c.state == ApprovalState.OPEN)
    first = select(func.min(approval.c.expires_at)).where(approval.c.state == ApprovalState.OPEN)
    waiting = select(mail.c.created_at.label("at")).where(mail.c.state.in_(OPEN))
    mails = select(mail.c.state, mail.c.created_at.label("at")).where(mail.c.created_at > since)
    return Measured(
        effects=await _by(tx, open_effects, "state", "action"),
        effects_of_a_day=await _by(tx, ended, "state", "action"),
        approvals=await _one(tx, asked),
        expires_at=(await tx.execute(first)).scalar_one(),
        mails_waiting=await _one(tx, waiting),
        mails_of_a_day=await _by(tx, mails, "state"),
        parked=await _one(tx, select(parked.c.at)),
        unsealed=await _one(tx, select(audit.c.at).where(audit.c.hash.is_(None))),
    )


async def _by(tx: Tx, query: Select[tuple[object, ...]], *labels: str) -> tuple[Count, ...]:
    some = query.limit(AT_MOST).subquery()
    columns = [some.c[name] for name in labels]
    rows = await tx.execute(select(*columns, func.count(), func.min(some.c.at)).group_by(*columns))
    return tuple(Count(tuple(str(one) for one in row[:-2]), row[-2], row[-1]) for row in rows)


async def _one(tx: Tx, query: Select[tuple[datetime]]) -> Count:
    (found,) = await _by(tx, query)
    return found


def oldest(counts: Sequence[Count]) -> datetime | None:
    return min((one.oldest_at for one in counts if one.oldest_at is not None), default=None)
