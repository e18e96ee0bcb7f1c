"""What the database knows of a month: pay runs by pay date, what was done about them, what went wrong.

Every statement walks an index on days or instants, and no further than so many rows.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, or_, select

from bot.store.database import Tx
from bot.store.effects import State
from bot.store.paging import besides
from bot.store.resources import Resource, resource_of
from bot.store.tables import audit, effect, resource

AT_MOST = 2_000
"""Pay runs of one connection, and of each kind of trouble."""
_AT_ONCE = 100
"""Readings may have thousands of lines: no more than these are in memory together."""


async def paid_between(
    tx: Tx, connection: str, first: date, last: date, *, kind_ends: str
) -> AsyncIterator[tuple[Resource, ...]]:
    """A connection's pay runs with a pay date from first to last, some at a time, to `AT_MOST` in all."""
    query = (
        select(resource)
        .where(
            resource.c.connection == connection,
            resource.c.pay_on >= first.isoformat(),
            resource.c.pay_on <= last.isoformat(),
            resource.c.gone_at.is_(None),
            resource.c.kind.endswith(kind_ends, autoescape=True),
        )
        .order_by(resource.c.pay_on, resource.c.id)
        .limit(_AT_ONCE)
    )
    after = query
    for _ in range(AT_MOST // _AT_ONCE):
        rows = (await tx.execute(after)).all()
        if rows:
            yield tuple(resource_of(row) for row in rows)
        if len(rows) < _AT_ONCE:
            return
        behind = rows[-1]
        after = query.where(
            or_(
                resource.c.pay_on > behind.pay_on,
                and_(resource.c.pay_on == behind.pay_on, resource.c.id > behind.id),
            )
        )


@dataclass(frozen=True, slots=True)
class Done:
    """How often an action was confirmed, and whose doing it was: None where it is not said."""

    action: str
    by: str | None
    number: int


async def done_between(
    tx: Tx, connections: Sequence[str], first: datetime, end: datetime
) -> tuple[Done, ...]:
    """What was confirmed at vendors in that time, by action and by whom."""
    rows = await tx.execute(
        select(effect.c.action, effect.c.done_by, func.count().label("number"))
        .where(*_at_vendors(connections, first, end), besides(effect.c.state) == State.VERIFIED)
        .group_by(effect.c.action, effect.c.done_by)
        .order_by(effect.c.action)
    )
    return tuple(Done(row.action, row.done_by, row.number) for row in rows)


@dataclass(frozen=True, slots=True)
class Ended:
    """An action that ended with a person, or was refused by its vendor."""

    action: str
    resource: str
    state: State
    was_tried: bool


async def not_done_between(
    tx: Tx, connections: Sequence[str], first: datetime, end: datetime
) -> tuple[Ended, ...]:
    """What vendors refused in that time, and what came to a person and is still there, oldest first."""
    rows = await tx.execute(
        select(
            effect.c.action,
            effect.c.resource,
            effect.c.state,
            func.coalesce(effect.c.sent_at, effect.c.intent_at).label("tried_at"),
        )
        .where(
            *_at_vendors(connections, first, end),
            besides(effect.c.state).in_((State.REFUSED, State.PARKED)),
        )
        .order_by(effect.c.changed_at, effect.c.position)
        .limit(AT_MOST)
    )
    return tuple(Ended(row.action, row.resource, State(row.state), row.tried_at is not None) for row in rows)


def _at_vendors(
    connections: Sequence[str], first: datetime, end: datetime
) -> tuple[ColumnElement[bool], ...]:
    return (
        effect.c.is_vendor.is_(True),
        effect.c.changed_at >= first,
        effect.c.changed_at < end,
        besides(effect.c.connection).in_(connections),
    )


async def recorded_between(tx: Tx, what: str, first: datetime, end: datetime) -> tuple[str, ...]:
    """The resources of which the record says this in that time, each once, in order of when."""
    rows = await tx.execute(
        select(audit.c.resource)
        .where(audit.c.what == what, audit.c.at >= first, audit.c.at < end, audit.c.resource.is_not(None))
        .order_by(audit.c.at, audit.c.seq)
        .limit(AT_MOST)
    )
    return tuple(dict.fromkeys(str(one) for one in rows.scalars()))
