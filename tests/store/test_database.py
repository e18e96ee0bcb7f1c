"""The file keeps what it says it keeps, and one service has it."""

import asyncio
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, select, text, update
from sqlalchemy.exc import OperationalError

from bot.store.database import Database, DatabaseInUse, DatabaseUnsafe, open_database, set_apart
from bot.store.tables import connection_state, metadata

from .conftest import url_of


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


async def test_commits_are_on_the_disk_before_they_return(db: Database) -> None:
    async with db.write() as tx:
        journal = (await tx.execute(text("PRAGMA journal_mode"))).scalar_one()
        synchronous = (await tx.execute(text("PRAGMA synchronous"))).scalar_one()

    assert (journal, synchronous) == ("wal", 2)


async def test_a_file_that_cannot_have_a_write_ahead_log_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    # Without shared memory between connections SQLite quietly keeps its old journal.
    with pytest.raises(DatabaseUnsafe, match="journal_mode is delete and synchronous is 2"):
        await open_database(f"sqlite+aiosqlite:///file:{tmp_path}/bot.db?vfs=unix-none&uri=true")


async def test_a_second_service_on_one_file_is_refused(db: Database, tmp_path: Path) -> None:
    with pytest.raises(DatabaseInUse, match="in use by another payrunbot"):
        await open_database(url_of(tmp_path / "bot.db"))


async def test_the_file_is_free_once_its_service_has_closed_it(db: Database, tmp_path: Path) -> None:
    await db.close()

    again = await open_database(url_of(tmp_path / "bot.db"))
    await again.close()


async def test_a_command_reads_beside_the_service_and_sees_what_it_committed(
    db: Database, tmp_path: Path
) -> None:
    reader = await open_database(url_of(tmp_path / "bot.db"), read_only=True)
    async with db.write() as tx:
        await tx.execute(connection_state.insert().values(connection="a", failures=3, problem=""))

    async with reader.read() as tx:
        found = (await tx.execute(select(connection_state.c.failures))).scalar_one()
    await reader.close()

    assert found == 3


async def test_reading_can_write_nothing(db: Database) -> None:
    async with db.read() as tx:
        with pytest.raises(OperationalError, match="readonly database"):
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


async def test_what_was_set_apart_says_why_it_failed_though_the_savepoint_is_gone(db: Database) -> None:
    async def fill_the_disk() -> None:
        async with db.write() as tx, set_apart(tx):
            await tx.execute(text("rollback"))  # as SQLite does by itself then
            raise OperationalError("insert", {}, Exception("database or disk is full"))

    with pytest.raises(OperationalError, match="disk is full"):
        await fill_the_disk()
