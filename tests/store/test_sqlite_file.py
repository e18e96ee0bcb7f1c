"""The file keeps what it says it keeps, and one service has it."""

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from bot.store.database import Database, open_database, set_apart
from bot.store.home import DatabaseInUse, DatabaseUnsafe
from tests.databases import url_of


async def test_commits_are_on_the_disk_before_they_return(file_db: Database) -> None:
    async with file_db.write() as tx:
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


async def test_a_second_service_on_one_file_is_refused(file_db: Database, tmp_path: Path) -> None:
    with pytest.raises(DatabaseInUse, match="in use by another payrunbot"):
        await open_database(url_of(tmp_path / "bot.db"))


async def test_the_file_is_free_once_its_service_has_closed_it(file_db: Database, tmp_path: Path) -> None:
    await file_db.close()

    again = await open_database(url_of(tmp_path / "bot.db"))
    await again.close()


async def test_what_was_set_apart_says_why_it_failed_though_the_savepoint_is_gone(file_db: Database) -> None:
    async def fill_the_disk() -> None:
        async with file_db.write() as tx, set_apart(tx):
            await tx.execute(text("rollback"))  # as SQLite does by itself then
            raise OperationalError("insert", {}, Exception("database or disk is full"))

    with pytest.raises(OperationalError, match="disk is full"):
        await fill_the_disk()
