"""A database file is taken without SQLAlchemy only where there is nothing to mend, and nothing to say."""

import asyncio
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.store.database import open_database
from bot.store.home import GONE, UNDER_WAY, DatabaseInUse, DatabaseUnsafe
from bot.store.intake import Delivery
from bot.store.tables import inbox
from bot.store.taken_file import take_file

DELIVERY = Delivery("gigapay-se", "Payrun.created", "key", 1, 1, "{}", b"{}", "hash", "verified", "hook-1")


@pytest.fixture
async def url(tmp_path: Path) -> str:
    """A database that a service has made, and left."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'bot.db'}"
    await (await open_database(url)).close()
    return url


def write(url: str, *statements: str) -> None:
    with closing(sqlite3.connect(url.removeprefix("sqlite+aiosqlite:///"), isolation_level=None)) as db:
        for statement in statements:
            db.execute(statement)


async def test_what_is_taken_in_before_all_is_there_is_in_the_database_that_goes_on_from_it(url: str) -> None:
    taken = await take_file(url)
    assert taken is not None
    await taken.take_in(DELIVERY)
    db = await open_database(url, taken=taken)
    await db.take_in(DELIVERY)
    async with db.read() as tx:
        counted = (await tx.execute(select(inbox.c.deliveries))).scalars().all()
    await db.close()

    assert counted == [2]


async def test_it_is_its_alone_until_it_is_closed(url: str) -> None:
    taken = await take_file(url)
    assert taken is not None
    with pytest.raises(DatabaseInUse):
        await take_file(url)
    with pytest.raises(DatabaseInUse):
        await open_database(url)
    await taken.close()

    await (await open_database(url)).close()


async def test_where_the_rest_fails_it_stays_taken(url: str) -> None:
    taken = await take_file(url)
    assert taken is not None
    write(url, f"INSERT INTO house_fact (name, value_json) VALUES ('{UNDER_WAY}', '{{}}')")
    with pytest.raises(DatabaseUnsafe, match="being moved here"):
        await open_database(url, taken=taken)

    with pytest.raises(DatabaseInUse):
        await take_file(url)
    await taken.close()


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("UPDATE alembic_version SET version_num = '0001'", id="tables of an older version"),
        pytest.param("UPDATE alembic_version SET version_num = '9999'", id="tables of a newer version"),
        pytest.param("DROP TABLE alembic_version", id="no tables of ours"),
        pytest.param(f"INSERT INTO house_fact VALUES ('{UNDER_WAY}', '{{}}')", id="being moved here"),
        pytest.param(f"INSERT INTO house_fact VALUES ('{GONE}', '{{}}')", id="moved away"),
        pytest.param("PRAGMA journal_mode=DELETE", id="without its log"),
    ],
)
async def test_what_is_not_as_it_was_left_is_not_taken_and_left_to_who_opens_it(
    url: str, statement: str
) -> None:
    write(url, statement)
    taken = await take_file(url)

    assert taken is None
    assert await take_file(url) is None  # which would be refused where somebody held its lock


async def test_a_new_one_is_not_taken_and_not_made(tmp_path: Path) -> None:
    taken = await take_file(f"sqlite+aiosqlite:///{tmp_path / 'bot.db'}")

    assert taken is None
    assert os.listdir(tmp_path) == []


async def test_a_server_is_not_taken() -> None:
    assert await take_file("postgresql://bot@127.0.0.1:1/bot") is None


async def test_a_damaged_one_is_refused(url: str) -> None:
    path = url.removeprefix("sqlite+aiosqlite:///")
    await asyncio.to_thread(Path(path).write_bytes, b"no database at all")
    with pytest.raises(DatabaseUnsafe, match="is no database"):
        await take_file(url)

    os.unlink(path)
    await (await open_database(url)).close()


async def test_a_path_is_taken_as_it_is_written(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/pay%20runs%25.db"
    await (await open_database(url)).close()
    taken = await take_file(url)

    assert taken is not None
    db = await open_database(url, taken=taken)
    assert db.path == taken.path == tmp_path / "pay runs%.db"
    await db.close()


async def test_removed_connections_are_known(url: str) -> None:
    write(
        url,
        "INSERT INTO connection_state (connection, failures, problem, removed_at) VALUES ('old', 0, '', 1)",
        "INSERT INTO connection_state (connection, failures, problem) VALUES ('used', 0, '')",
    )
    taken = await take_file(url)

    assert taken is not None
    assert await taken.removed() == {"old"}
    await taken.close()
