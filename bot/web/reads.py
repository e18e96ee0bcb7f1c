"""Reads that only pages need: the past of a pay run, the webhooks about it, counts.

Every one is bounded: a page shows the newest, and says how many more there are.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from bot.core.resource import Snapshot
from bot.store.codec import canonical
from bot.store.database import Tx
from bot.store.resources import read_back
from bot.store.tables import inbox, snapshot


@dataclass(frozen=True, slots=True)
class Seen:
    """A reading that was different from the one before it, and what it came from."""

    snapshot: Snapshot
    correlation: str


async def history_of(tx: Tx, resource: str, *, at_most: int = 200) -> tuple[Seen, ...]:
    """What a resource was, each time it had changed, oldest first."""
    rows = await tx.execute(
        select(snapshot).where(snapshot.c.resource == resource).order_by(snapshot.c.id.desc()).limit(at_most)
    )
    kept = ((read_back(row.snapshot_json, row.at), row.correlation) for row in rows)
    found = [Seen(one, correlation) for one, correlation in kept if one is not None]
    return tuple(reversed(found))


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook as it was stored."""

    id: int
    event: str
    received_at: datetime
    deliveries: int
    signature: str
    state: str


async def webhooks_about(
    tx: Tx, connection: str, kind: str, vendor_id: str, correlations: Collection[str], *, at_most: int = 100
) -> tuple[Delivery, ...]:
    """Webhooks that named this resource, or that led to a reading of it; oldest first."""
    named = inbox.c.about_json == canonical([[kind, vendor_id]])
    found: dict[int, Delivery] = {}
    for which in (named, inbox.c.correlation.in_(list(correlations))):
        rows = await tx.execute(
            select(
                inbox.c.id,
                inbox.c.event,
                inbox.c.received_at,
                inbox.c.deliveries,
                inbox.c.signature,
                inbox.c.state,
            )
            .where(inbox.c.connection == connection, which)
            .order_by(inbox.c.id.desc())
            .limit(at_most)
        )
        found |= {row.id: Delivery(*row) for row in rows}
    return tuple(found[id] for id in sorted(found)[-at_most:])


async def count_unparsed(tx: Tx, connection: str) -> int:
    """Webhooks that were stored and that nobody could read."""
    query = select(func.count()).select_from(inbox)
    query = query.where(inbox.c.connection == connection, inbox.c.state == "unparsed")
    return (await tx.execute(query)).scalar_one()
