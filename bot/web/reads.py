"""Reads that only pages need: the past of a pay run, pages of the audit, counts.

Every one is bounded: a page shows the newest, and says how many more there are.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from json import loads
from typing import Any

from sqlalchemy import func, select

from bot.core.resource import Snapshot
from bot.store.database import Tx
from bot.store.resources import read_back
from bot.store.tables import audit, decision, inbox, mail, snapshot


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
    rows = await tx.execute(
        select(inbox).where(inbox.c.connection == connection).order_by(inbox.c.id.desc()).limit(2_000)
    )
    found = [
        Delivery(row.id, row.event, row.received_at, row.deliveries, row.signature, row.state)
        for row in rows
        if [kind, vendor_id] in loads(row.about_json) or row.correlation in correlations
    ]
    return tuple(reversed(found[:at_most]))


async def count_unparsed(tx: Tx, connection: str) -> int:
    """Webhooks that were stored and that nobody could read."""
    query = select(func.count()).select_from(inbox)
    query = query.where(inbox.c.connection == connection, inbox.c.state == "unparsed")
    return (await tx.execute(query)).scalar_one()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the audit. `more` is what it says besides."""

    seq: int
    at: datetime
    actor: str
    what: str
    resource: str | None
    more: Mapping[str, Any]


def _line(row: Any) -> Line:
    said = loads(row.what_json)
    return Line(row.seq, row.at, row.actor, said.pop("what"), row.resource, said)


async def audit_before(tx: Tx, seq: int | None, *, at_most: int) -> tuple[Line, ...]:
    """The lines before a number, newest first; the newest of all without one."""
    query = select(audit)
    if seq is not None:
        query = query.where(audit.c.seq < seq)
    rows = await tx.execute(query.order_by(audit.c.seq.desc()).limit(at_most))
    return tuple(_line(row) for row in rows)


async def audit_after(tx: Tx, seq: int, *, at_most: int) -> Sequence[int]:
    """The numbers of the lines that come next after one."""
    rows = await tx.execute(select(audit.c.seq).where(audit.c.seq > seq).order_by(audit.c.seq).limit(at_most))
    return list(rows.scalars())


async def audit_of(tx: Tx, resource: str, *, at_most: int = 200) -> tuple[Line, ...]:
    rows = await tx.execute(
        select(audit).where(audit.c.resource == resource).order_by(audit.c.seq.desc()).limit(at_most)
    )
    return tuple(_line(row) for row in reversed(rows.all()))


async def count_sealed(tx: Tx) -> int:
    query = select(func.count()).select_from(audit).where(audit.c.hash.is_not(None))
    return (await tx.execute(query)).scalar_one()


async def count_mails(tx: Tx) -> int:
    return (await tx.execute(select(func.count()).select_from(mail))).scalar_one()


async def answers_by_rule(tx: Tx) -> dict[str, dict[str, int]]:
    """How many resources each rule answers yes, no, unknown about now."""
    rows = await tx.execute(
        select(decision.c.rule, decision.c.answer, func.count()).group_by(decision.c.rule, decision.c.answer)
    )
    found: dict[str, dict[str, int]] = {}
    for rule, answer, count in rows:
        found.setdefault(rule, {})[answer] = count
    return found
