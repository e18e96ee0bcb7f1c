"""What holds the bot back: pauses, holds and what guards have already let through."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import and_, delete, or_, select

from bot.core.money import Money
from bot.store.database import Tx, insert_once, upsert
from bot.store.tables import guard_use, hold, pause

EVERYTHING = "*"
"""The scope of a pause of all connections."""


@dataclass(frozen=True, slots=True)
class Pause:
    scope: str
    by: str
    why: str
    until: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Hold:
    resource: str
    by: str
    why: str
    until: datetime
    at: datetime


async def set_pause(tx: Tx, scope: str, *, by: str, why: str, until: datetime | None, now: datetime) -> None:
    values = {"by": by, "why": why, "until": until, "at": now}
    await tx.execute(
        upsert(tx, pause)
        .values(scope=scope, **values)
        .on_conflict_do_update(index_elements=[pause.c.scope], set_=values)
    )


async def end_pause(tx: Tx, scope: str) -> bool:
    return (await tx.execute(delete(pause).where(pause.c.scope == scope))).rowcount == 1


async def pauses(tx: Tx, now: datetime) -> tuple[Pause, ...]:
    rows = await tx.execute(
        select(pause).where(or_(pause.c.until.is_(None), pause.c.until > now)).order_by(pause.c.scope)
    )
    return tuple(Pause(row.scope, row.by, row.why, row.until, row.at) for row in rows)


async def paused(tx: Tx, connection: str, now: datetime) -> Pause | None:
    """The pause that holds a connection back, if one does."""
    for one in await pauses(tx, now):
        if one.scope in (EVERYTHING, connection):
            return one
    return None


async def set_hold(tx: Tx, resource: str, *, by: str, why: str, until: datetime, now: datetime) -> None:
    values = {"by": by, "why": why, "until": until, "at": now}
    await tx.execute(
        upsert(tx, hold)
        .values(resource=resource, **values)
        .on_conflict_do_update(index_elements=[hold.c.resource], set_=values)
    )


async def end_hold(tx: Tx, resource: str) -> bool:
    return (await tx.execute(delete(hold).where(hold.c.resource == resource))).rowcount == 1


async def held(tx: Tx, resource: str, now: datetime) -> Hold | None:
    row = (
        await tx.execute(select(hold).where(hold.c.resource == resource, hold.c.until > now))
    ).one_or_none()
    return Hold(row.resource, row.by, row.why, row.until, row.at) if row else None


async def held_of(tx: Tx, resources: Sequence[str], now: datetime) -> dict[str, Hold]:
    """The holds of some resources, by resource."""
    rows = await tx.execute(select(hold).where(hold.c.resource.in_(list(resources)), hold.c.until > now))
    return {row.resource: Hold(row.resource, row.by, row.why, row.until, row.at) for row in rows}


async def reserve(
    tx: Tx,
    *,
    effect_key: str,
    round: int,
    connection: str,
    action: str,
    currency: str,
    day: str,
    amount: Money | None,
    now: datetime,
) -> None:
    """Count an action against the day's guard, in the transaction of its intent."""
    await tx.execute(
        insert_once(
            tx,
            guard_use,
            effect_key=effect_key,
            round=round,
            connection=connection,
            action=action,
            currency=currency,
            day=day,
            amount=None if amount is None else str(amount.amount),
            at=now,
        )
    )


async def release(tx: Tx, effect_key: str, round: int) -> None:
    """The vendor did nothing: the reservation is free again."""
    await tx.execute(
        delete(guard_use).where(guard_use.c.effect_key == effect_key, guard_use.c.round == round)
    )


async def used(tx: Tx, connection: str, currency: str, day: str, *, besides: tuple[str, int]) -> Money:
    """What was reserved on this connection in this currency on this day.

    The effect named by `besides` is left out: the second call of one is not a second amount.
    """
    amounts: Sequence[str | None] = (
        (
            await tx.execute(
                select(guard_use.c.amount).where(
                    guard_use.c.connection == connection,
                    guard_use.c.currency == currency,
                    guard_use.c.day == day,
                    ~and_(guard_use.c.effect_key == besides[0], guard_use.c.round == besides[1]),
                )
            )
        )
        .scalars()
        .all()
    )
    return Money(sum((Decimal(one) for one in amounts if one is not None), Decimal(0)), currency)


async def times_since(tx: Tx, connection: str, action: str, since: datetime) -> Sequence[datetime]:
    """When one action was reserved on a connection since then, oldest first."""
    query = (
        select(guard_use.c.at)
        .where(guard_use.c.connection == connection, guard_use.c.action == action, guard_use.c.at > since)
        .order_by(guard_use.c.at)
    )
    return (await tx.execute(query)).scalars().all()
