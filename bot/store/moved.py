"""What a database says of itself while it is moved, and after: nobody serves on it then."""

from json import loads

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.home import GONE as GONE
from bot.store.home import UNDER_WAY as UNDER_WAY
from bot.store.home import DatabaseUnsafe
from bot.store.tables import house_fact


async def refuse_moved(tx: AsyncConnection) -> None:
    """For whoever is to serve. Raises DatabaseUnsafe."""
    rows = await tx.execute(
        select(house_fact.c.name, house_fact.c.value_json).where(house_fact.c.name.in_((UNDER_WAY, GONE)))
    )
    facts = {row.name: loads(row.value_json) for row in rows}
    if UNDER_WAY in facts:
        raise DatabaseUnsafe(
            "Another database is being moved here, and not all of it is there yet: "
            "run `payrunbot move` to its end."
        )
    if GONE in facts:
        raise DatabaseUnsafe(
            f"This database was moved to {facts[GONE]['to']}, which goes on from it: "
            "name that one as `database` in bot.yaml."
        )
