"""Who is away, from when until when. One that has ended is of no use, and is not kept."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from bot.store.database import AnyRow, Tx
from bot.store.tables import away


@dataclass(frozen=True, slots=True)
class Absence:
    """`until` is when the person is back; `by` said so, and `note` is for whoever reads the page."""

    person: str
    since: datetime
    until: datetime
    note: str
    by: str
    at: datetime

    def covers(self, at: datetime) -> bool:
        return self.since <= at < self.until


def _absence(row: AnyRow) -> Absence:
    return Absence(row.person, row.since, row.until, row.note, row.by, row.at)


async def put(tx: Tx, one: Absence) -> None:
    """Note it; it takes the place of any other of the same person that it meets."""
    meets = away.c.person == one.person, away.c.since <= one.until, away.c.until >= one.since
    await tx.execute(delete(away).where(*meets))
    await tx.execute(
        away.insert().values(
            person=one.person, since=one.since, until=one.until, note=one.note, by=one.by, at=one.at
        )
    )


async def end(tx: Tx, one: Absence) -> None:
    await tx.execute(delete(away).where(away.c.person == one.person, away.c.since == one.since))


async def forget_ended(tx: Tx, now: datetime) -> None:
    await tx.execute(delete(away).where(away.c.until <= now))


async def known(tx: Tx, now: datetime, people: Collection[str] | None = None) -> tuple[Absence, ...]:
    """Those that have not ended, announced ones included, the first to begin first."""
    query = select(away).where(away.c.until > now)
    if people is not None:
        query = query.where(away.c.person.in_(people))
    rows = await tx.execute(query.order_by(away.c.since, away.c.person))
    return tuple(_absence(row) for row in rows)


async def now_away(tx: Tx, now: datetime, people: Collection[str] | None = None) -> dict[str, Absence]:
    """Who is away at this moment."""
    return {one.person: one for one in await known(tx, now, people) if one.covers(now)}
