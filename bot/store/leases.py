"""Leases by name: one worker of one process at a time, wherever the processes run.

A lease ends by itself, on the wall clock. Whoever was frozen past its end may wake and
go on; the fence tells: each write that a lease is for asks `still_holds` in its own
transaction, and a holder that another has followed finds that it no longer does.
"""

from datetime import datetime

from sqlalchemy import or_, select, update

from bot.store.database import Tx, upsert
from bot.store.tables import lease


async def take(tx: Tx, name: str, holder: str, *, until: datetime, wall: datetime) -> int | None:
    """The fence of the lease, or None where somebody else has it.

    One statement decides, so that of two who ask at once one gets it. Every taking has
    a fence of its own.
    """
    fresh = upsert(tx, lease).values(name=name, holder=holder, until=until, fence=1)
    fence: int | None = (
        await tx.execute(
            fresh.on_conflict_do_update(
                index_elements=[lease.c.name],
                set_={"holder": holder, "until": until, "fence": lease.c.fence + 1},
                where=or_(lease.c.holder == holder, lease.c.until <= wall),
            ).returning(lease.c.fence)
        )
    ).scalar_one_or_none()
    return fence


async def still_holds(tx: Tx, name: str, holder: str, fence: int) -> bool:
    """Whether nobody has taken it since. Locks the row, so that it stays so until the commit."""
    row = await tx.execute(
        select(lease.c.fence)
        .where(lease.c.name == name, lease.c.holder == holder, lease.c.fence == fence)
        .with_for_update()
    )
    return row.first() is not None


async def give_back(tx: Tx, name: str, holder: str, fence: int, *, wall: datetime) -> None:
    """Let the next one have it at once; nothing where somebody has taken it meanwhile."""
    await tx.execute(
        update(lease)
        .where(lease.c.name == name, lease.c.holder == holder, lease.c.fence == fence)
        .values(until=wall)
    )
