"""Resources that are set apart, and effects set aside with them.

Nothing is done about either until somebody, or where that was the trouble a good reading, ends it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update

from bot.store.codec import canonical
from bot.store.database import Tx, insert_once
from bot.store.effects import DOCUMENTS, State, document
from bot.store.tables import effect, parked


@dataclass(frozen=True, slots=True)
class Parked:
    """`why` is in the reader's words."""

    resource: str
    why: str
    ends_by_reading: bool
    at: datetime


async def park(tx: Tx, resource: str, *, why: str, ends_by_reading: bool, now: datetime) -> bool:
    """Set a resource apart; False where it was already.

    What only a person can explain outweighs what the next reading may mend.
    """
    values = {"why": why, "ends_by_reading": ends_by_reading, "at": now}
    done = await tx.execute(insert_once(tx, parked, resource=resource, **values))
    if done.rowcount == 1:
        return True
    if not ends_by_reading:
        mends = (parked.c.resource == resource, parked.c.ends_by_reading.is_(True))
        return (await tx.execute(update(parked).where(*mends).values(**values))).rowcount == 1
    return False


async def end(tx: Tx, resource: str, *, by_reading: bool = False) -> bool:
    """Take it up again; False where it is not set apart, or a reading does not end it."""
    query = delete(parked).where(parked.c.resource == resource)
    if by_reading:
        query = query.where(parked.c.ends_by_reading.is_(True))
    return (await tx.execute(query)).rowcount == 1


async def get(tx: Tx, resource: str) -> Parked | None:
    row = (await tx.execute(select(parked).where(parked.c.resource == resource))).one_or_none()
    return Parked(row.resource, row.why, row.ends_by_reading, row.at) if row else None


async def among(tx: Tx, resources: Sequence[str]) -> dict[str, Parked]:
    """Those of these that are set apart, by resource."""
    rows = await tx.execute(select(parked).where(parked.c.resource.in_(list(resources))))
    return {row.resource: Parked(row.resource, row.why, row.ends_by_reading, row.at) for row in rows}


async def listed(tx: Tx, *, at_most: int = 200) -> tuple[Parked, ...]:
    """Oldest first."""
    rows = await tx.execute(select(parked).order_by(parked.c.at, parked.c.resource).limit(at_most))
    return tuple(Parked(row.resource, row.why, row.ends_by_reading, row.at) for row in rows)


async def named(tx: Tx, connection: str, vendor_id: str) -> str | None:
    """The id of one that is set apart by what people call it, although it was never read."""
    ends = f":{connection}/{vendor_id}"
    rows = await tx.execute(
        select(parked.c.resource).where(parked.c.resource.endswith(ends, autoescape=True))
    )
    found: Sequence[str] = rows.scalars().all()
    return found[0] if found else None


async def set_aside(tx: Tx, key: str, round: int, *, reason: str, now: datetime) -> bool:
    """Leave an effect to a person, whatever it is in and whoever is at it; False where it is parked already.

    Who held it may write no more. What cannot be read of the row is kept as it was, in its
    outcome, and the row can be read again.
    """
    row = (await tx.execute(select(effect).where(effect.c.key == key, effect.c.round == round))).one_or_none()
    if row is None:
        return False
    known = {column: document(row, column) for column in DOCUMENTS}
    lost = {column: str(getattr(row, column)) for column, (_, is_right) in known.items() if not is_right}
    if row.state not in list(State):
        lost["state"] = row.state
    if row.state == State.PARKED and not lost:
        return False
    outcome = {**known["outcome_json"][0], **({"unreadable": lost} if lost else {})}
    documents = {column: canonical(found) for column, (found, _) in known.items() if column in lost}
    await tx.execute(
        update(effect)
        .where(effect.c.key == key, effect.c.round == round)
        .values(
            **documents
            | {
                "outcome_json": canonical(outcome),
                "state": State.PARKED,
                "reason": reason,
                "changed_at": now,
                "lease_until": None,
                "quarantine_until": None,
                "fence": effect.c.fence + 1,
            }
        )
    )
    return True
