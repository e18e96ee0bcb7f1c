"""Transactions: whole or not at all, and one that writes after the other."""

import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, select, update
from sqlalchemy.exc import DBAPIError

from bot.store.database import Database, open_database
from bot.store.tables import connection_state, metadata


async def test_migrating_makes_exactly_the_tables_of_the_metadata(db: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    async with db.write() as tx:
        found = await tx.run_sync(differences)

    assert found == []


async def test_five_transactions_that_read_and_then_add_end_at_five(db: Database) -> None:
    async with db.write() as tx:
        await tx.execute(connection_state.insert().values(connection="a", failures=0, problem=""))

    async def read_then_add() -> None:
        async with db.write() as tx:
            read = (await tx.execute(select(connection_state.c.failures))).scalar_one()
            await asyncio.sleep(0.01)
            await tx.execute(update(connection_state).values(failures=read + 1))

    await asyncio.gather(*(read_then_add() for _ in range(5)))

    async with db.read() as tx:
        assert (await tx.execute(select(connection_state.c.failures))).scalar_one() == 5


async def test_a_command_reads_beside_the_service_and_sees_what_it_committed(db: Database, url: str) -> None:
    reader = await open_database(url, read_only=True)
    async with db.write() as tx:
        await tx.execute(connection_state.insert().values(connection="a", failures=3, problem=""))

    async with reader.read() as tx:
        found = (await tx.execute(select(connection_state.c.failures))).scalar_one()
    await reader.close()

    assert found == 3


async def test_reading_can_write_nothing(db: Database) -> None:
    async with db.read() as tx:
        with pytest.raises(DBAPIError, match=r"readonly database|read-only transaction"):
            await tx.execute(connection_state.insert().values(connection="a", failures=3, problem=""))


async def test_a_transaction_that_raises_leaves_nothing(db: Database) -> None:
    async def write_and_fail() -> None:
        async with db.write() as tx:
            await tx.execute(connection_state.insert().values(connection="a", failures=3, problem=""))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await write_and_fail()

    async with db.read() as tx:
        assert (await tx.execute(select(connection_state))).all() == []
