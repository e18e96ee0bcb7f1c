"""An older program serves what a newer one has added to, and nothing that is not for it."""

import pytest
from sqlalchemy import select, text

from bot.store.database import open_database
from bot.store.home import DatabaseUnsafe
from bot.store.tables import house_fact
from bot.store.upgrade import SERVED_FROM


async def become_newer(url: str, served_from: str) -> None:
    """What a program of a later version leaves: a column more, and its own number."""
    db = await open_database(url)
    async with db.write() as tx:
        await tx.execute(text("ALTER TABLE mail ADD COLUMN later VARCHAR"))
        await tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        await tx.execute(house_fact.update().values(value_json=f'"{served_from}"'))
    await db.close()


async def test_tables_that_only_gained_are_served(url: str) -> None:
    await become_newer(url, SERVED_FROM)
    db = await open_database(url)
    async with db.read() as tx:
        version = (await tx.execute(text("SELECT version_num FROM alembic_version"))).scalar_one()
    await db.close()

    assert version == "9999"


async def test_tables_that_are_not_for_it_are_refused(url: str) -> None:
    await become_newer(url, "9999")

    with pytest.raises(DatabaseUnsafe, match=r"of version 9999, newer than this program .* and not for it"):
        await open_database(url)


async def test_the_tables_say_who_may_serve_them(url: str) -> None:
    db = await open_database(url)
    async with db.read() as tx:
        said = (await tx.execute(select(house_fact.c.value_json))).scalars().all()
    await db.close()

    assert said == [f'"{SERVED_FROM}"']
