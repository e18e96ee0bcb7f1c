"""One writer at a time: who waits for a turn in vain is told so, and not that it met a bug."""

import asyncio

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from bot.store import home, postgres_server
from bot.store.database import CutOff, Database, open_database
from bot.store.home import BUSY
from bot.store.tables import connection_state
from tests.databases import MigratedServer
from tests.postgres import Server


async def test_a_turn_that_never_comes_is_trouble_with_the_database(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home, "WAITS_S", 0.05)
    db = await open_database(url)
    try:
        async with db.write():
            with pytest.raises(DBAPIError, match=BUSY):
                async with db.write():
                    pass
    finally:
        await db.close()


@pytest.fixture
async def shared(postgres: Server) -> str:
    """The address of a database that two replicas have open."""
    return await MigratedServer(postgres).fresh()


async def add_one(db: Database) -> None:
    """Read, then write what was read and one more: lost where another one writes in between."""
    async with db.write() as tx:
        found = (await tx.execute(select(connection_state.c.failures))).scalar_one()
        await asyncio.sleep(0.005)
        await tx.execute(connection_state.update().values(failures=found + 1))


async def test_two_replicas_that_read_and_then_write_take_turns(shared: str) -> None:
    one, other = await open_database(shared), await open_database(shared)
    async with one.write() as tx:
        await tx.execute(connection_state.insert().values(connection="a", failures=0, problem=""))

    await asyncio.gather(*(add_one(db) for db in (one, other) for _ in range(10)))

    async with other.read() as tx:
        assert (await tx.execute(select(connection_state.c.failures))).scalar_one() == 20
    await one.close()
    await other.close()


async def test_another_replica_s_turn_that_does_not_end_is_trouble_with_the_database(
    shared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home, "WAITS_S", 0.2)
    one, other = await open_database(shared), await open_database(shared)
    async with one.write():
        with pytest.raises(DBAPIError, match=BUSY):
            await add_one(other)
    await one.close()
    await other.close()


async def test_who_stands_still_in_its_turn_loses_it_and_what_it_wrote(
    shared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_server, "STILL_FOR_S", 0.2)
    one, other = await open_database(shared), await open_database(shared)
    row = connection_state.insert().values(connection="a", failures=0, problem="")

    async def stand_still() -> None:
        async with one.write() as tx:
            await tx.execute(row)
            async with other.write() as its:
                await its.execute(row)
            await tx.execute(select(connection_state))

    with pytest.raises(CutOff):
        await stand_still()

    async with one.write() as tx:
        assert len((await tx.execute(select(connection_state))).all()) == 1
    await one.close()
    await other.close()


async def test_a_session_that_an_administrator_ends_is_cut_off(shared: str) -> None:
    one, other = await open_database(shared), await open_database(shared)

    async def ended() -> None:
        async with one.write() as tx:
            number = (await tx.execute(text("SELECT pg_backend_pid()"))).scalar_one()
            async with other.read() as its:
                await its.execute(text("SELECT pg_terminate_backend(:number)"), {"number": number})
            await tx.execute(select(connection_state))

    with pytest.raises(CutOff):
        await ended()

    async with one.write() as tx:
        assert (await tx.execute(text("SELECT 1"))).scalar_one() == 1
    await one.close()
    await other.close()
