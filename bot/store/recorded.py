"""What was recorded, in its order: for replaying it. Nothing is written here.

A reading that found nothing new leaves no row, so that between two rows a resource was
as the first of them says for as long as anybody looked.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from bot.store.database import Tx
from bot.store.tables import decision_change, resource, snapshot

_AT_ONCE = 500
"""Ids in one statement."""


@dataclass(frozen=True, slots=True)
class RecordedReading:
    """One reading that found something new. `content` is the stored snapshot, unread as yet."""

    resource: str
    at: datetime
    content: str


@dataclass(frozen=True, slots=True)
class RecordedEnd:
    """How far a resource's record goes: last seen then, and gone since, if it is."""

    resource: str
    observed_at: datetime
    gone_at: datetime | None


@dataclass(frozen=True, slots=True)
class RecordedAnswer:
    """One change of what a rule answered about a resource. `tree` is its stored JSON."""

    rule: str
    resource: str
    rule_hash: str
    answer: str
    verdict: str
    tree: str
    at: datetime


async def readings(tx: Tx) -> tuple[RecordedReading, ...]:
    """Every reading that found something new, oldest first."""
    rows = await tx.execute(
        select(snapshot.c.resource, snapshot.c.at, snapshot.c.snapshot_json).order_by(
            snapshot.c.at, snapshot.c.id
        )
    )
    return tuple(RecordedReading(*row) for row in rows)


async def newest_readings(
    tx: Tx, kinds: Collection[str], connections: Collection[str], *, at_most: int
) -> tuple[RecordedReading, ...]:
    """The last readings of these kinds there, oldest first."""
    rows = await tx.execute(
        select(snapshot.c.resource, snapshot.c.at, snapshot.c.snapshot_json)
        .join(resource, resource.c.id == snapshot.c.resource)
        .where(resource.c.kind.in_(kinds), resource.c.connection.in_(connections))
        .order_by(snapshot.c.id.desc())
        .limit(at_most)
    )
    found = [RecordedReading(*row) for row in rows]
    found.reverse()  # of one instant, in the order in which they came
    return tuple(sorted(found, key=lambda one: one.at))


async def ends_of(tx: Tx, resources: Collection[str]) -> tuple[RecordedEnd, ...]:
    """How far the records of these go."""
    found: list[RecordedEnd] = []
    wanted = sorted(resources)
    for first in range(0, len(wanted), _AT_ONCE):
        rows = await tx.execute(
            select(resource.c.id, resource.c.observed_at, resource.c.gone_at).where(
                resource.c.id.in_(wanted[first : first + _AT_ONCE])
            )
        )
        found += [RecordedEnd(*row) for row in rows]
    return tuple(found)


async def ends(tx: Tx) -> tuple[RecordedEnd, ...]:
    """Every resource, gone ones too."""
    rows = await tx.execute(
        select(resource.c.id, resource.c.observed_at, resource.c.gone_at).order_by(resource.c.id)
    )
    return tuple(RecordedEnd(*row) for row in rows)


async def answers(tx: Tx) -> tuple[RecordedAnswer, ...]:
    """Every change of an answer, oldest first."""
    columns = decision_change.c
    rows = await tx.execute(
        select(
            columns.rule,
            columns.resource,
            columns.rule_hash,
            columns.answer,
            columns.verdict,
            columns.tree_json,
            columns.at,
        ).order_by(columns.id)
    )
    return tuple(RecordedAnswer(*row) for row in rows)
