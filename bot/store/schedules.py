"""Schedules and their occurrences: which times have been dealt with, and which comes next.

One row of `schedule` for each rule with `every` says when it is due; a rule with `expect`
has one for each connection, `rule@connection`. Whether a slot has been dealt with is a
row of `occurrence`, written once: whoever finds it there does nothing, whatever the
clock says meanwhile.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, or_, select, update

from bot.core.slots import Slot
from bot.store.database import AnyRow, Tx, insert_once, upsert
from bot.store.tables import occurrence, schedule
from bot.store.unhurried import unhurried


class Happened(StrEnum):
    """What became of one slot."""

    TOLD = "told"
    """A mail was planned with it."""
    DONE = "done"
    """There was nothing to tell."""
    MISSED = "missed"
    """The service was not there; operations are told."""
    SKIPPED = "skipped"
    """The service was not there, and that is left so, as the rule says."""
    WATCHED = "watched"
    """The rule only watches."""
    UNKNOWN = "unknown"
    """What it was about could not be read; operations are told."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A schedule: what its times are made of, since when, and the next one."""

    schedule: str
    basis: str
    since: datetime
    next: Slot
    waits_since: datetime | None = None
    """From when on its slot has waited for something to be read, where it does."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    slot: Slot
    state: Happened
    why: str
    at: datetime


def _standing(row: AnyRow) -> Standing:
    return Standing(row.schedule, row.basis, row.since, Slot(row.next_slot, row.next_at), row.waits_since)


async def put(tx: Tx, standing: Standing) -> None:
    """Begin a schedule, or change it."""
    values = {
        "basis": standing.basis,
        "since": standing.since,
        "next_slot": standing.next.name,
        "next_at": standing.next.due_at,
        "waits_since": None,
        "wait_until": None,
    }
    await tx.execute(
        upsert(tx, schedule)
        .values(schedule=standing.schedule, **values)
        .on_conflict_do_update(index_elements=[schedule.c.schedule], set_=values)
    )


async def remove(tx: Tx, name: str) -> None:
    """It is due no more. What became of its slots stays."""
    await tx.execute(delete(schedule).where(schedule.c.schedule == name))


async def all_of(tx: Tx) -> dict[str, Standing]:
    rows = await tx.execute(select(schedule))
    return {row.schedule: _standing(row) async for row in unhurried(rows)}


async def due(tx: Tx, now: datetime, *, at_most: int = 50) -> tuple[Standing, ...]:
    """What has come, longest due first."""
    rows = await tx.execute(
        select(schedule)
        .where(schedule.c.next_at <= now, or_(schedule.c.wait_until.is_(None), schedule.c.wait_until <= now))
        .order_by(schedule.c.next_at)
        .limit(at_most)
    )
    return tuple(_standing(row) for row in rows)


async def move_on(tx: Tx, standing: Standing, following: Slot) -> bool:
    """Make the slot after it the next one; False where somebody else has."""
    done = await tx.execute(
        update(schedule)
        .where(
            schedule.c.schedule == standing.schedule,
            schedule.c.basis == standing.basis,
            schedule.c.next_slot == standing.next.name,
        )
        .values(next_slot=following.name, next_at=following.due_at, waits_since=None, wait_until=None)
    )
    return done.rowcount == 1


async def wait(tx: Tx, standing: Standing, *, since: datetime, until: datetime) -> bool:
    """Leave its slot undecided until then; False where somebody else has dealt with it."""
    done = await tx.execute(
        update(schedule)
        .where(
            schedule.c.schedule == standing.schedule,
            schedule.c.basis == standing.basis,
            schedule.c.next_slot == standing.next.name,
        )
        .values(waits_since=since, wait_until=until)
    )
    return done.rowcount == 1


async def waiting(tx: Tx, connection: str) -> tuple[str, ...]:
    """The rules whose slots wait for something of a connection to be read, by name."""
    rows = await tx.execute(
        select(schedule.c.schedule)
        .where(
            schedule.c.waits_since.is_not(None),
            schedule.c.schedule.endswith(f"@{connection}", autoescape=True),
        )
        .order_by(schedule.c.schedule)
    )
    return tuple(name.partition("@")[0] for name in rows.scalars())


async def record(tx: Tx, name: str, slot: Slot, state: Happened, why: str, now: datetime) -> bool:
    """Write down what becomes of a slot, once; False where that was written before."""
    done = await tx.execute(
        insert_once(
            tx,
            occurrence,
            schedule=name,
            slot=slot.name,
            due_at=slot.due_at,
            state=state,
            why=why,
            at=now,
        )
    )
    return done.rowcount == 1


async def occurrences(tx: Tx, name: str) -> tuple[Occurrence, ...]:
    """What became of each slot, oldest first."""
    rows = await tx.execute(
        select(occurrence)
        .where(occurrence.c.schedule == name)
        .order_by(occurrence.c.due_at, occurrence.c.slot)
    )
    return tuple(Occurrence(Slot(row.slot, row.due_at), Happened(row.state), row.why, row.at) for row in rows)
