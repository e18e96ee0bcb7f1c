"""Whether the database takes a write now, found out by writing.

Beginning a transaction is no proof: on a full disk it begins as ever, and fails at the
first page. So one row that nobody reads is written again and again, and synced like any other.
"""

from datetime import datetime

from bot.store.database import Tx, upsert
from bot.store.tables import lease

_NAME = "can it be written"


async def write_something(tx: Tx, now: datetime) -> None:
    """Raises DBAPIError, here or at the commit, where the database cannot be written."""
    row = upsert(tx, lease).values(name=_NAME, holder="", until=now, fence=0)
    await tx.execute(row.on_conflict_do_update(index_elements=[lease.c.name], set_={"until": now}))
