"""A statement comes back with its rows: fewer hand-overs to the driver's thread, and no row lost."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from sqlalchemy import Column, Integer, MetaData, Table, Text, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from bot.store import one_hop
from bot.store.one_hop import AT_ONCE, connect

NUMBERS = Table("numbers", MetaData(), Column("id", Integer, primary_key=True), Column("name", Text))

SLOW = text(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT max(i) FROM n"
)


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    made = create_async_engine(
        f"sqlite+aiosqlite:///{tmp_path}/numbers.db",
        pool_size=1,
        max_overflow=0,
        connect_args={"async_creator_fn": connect},
    )
    async with made.begin() as tx:
        await tx.run_sync(NUMBERS.metadata.create_all)
    yield made
    await made.dispose()


async def fill(engine: AsyncEngine, count: int) -> None:
    async with engine.begin() as tx:
        await tx.execute(insert(NUMBERS), [{"id": one, "name": f"number {one}"} for one in range(count)])


@pytest.mark.parametrize("count", [0, 1, AT_ONCE - 1, AT_ONCE, AT_ONCE + 1, 2 * AT_ONCE + 500])
async def test_every_row_comes_in_its_order_however_many(engine: AsyncEngine, count: int) -> None:
    if count:
        await fill(engine, count)
    query = select(NUMBERS.c.id).order_by(NUMBERS.c.id)
    async with engine.connect() as tx:
        at_once = (await tx.execute(query)).scalars().all()
        async with tx.stream(query) as rows:
            one_by_one = [row.id async for row in rows]
        some = (await tx.execute(query)).scalars().fetchmany(3)
    assert at_once == one_by_one == list(range(count))
    assert some == list(range(min(count, 3)))


async def test_a_list_that_is_left_in_the_middle_holds_up_nobody(engine: AsyncEngine) -> None:
    await fill(engine, 2 * AT_ONCE)
    async with engine.connect() as tx, tx.stream(select(NUMBERS.c.id)) as rows:
        assert (await rows.fetchone()) is not None
    async with engine.begin() as tx:
        await tx.execute(text("DROP TABLE numbers"))  # refused while a statement still reads it


async def test_counts_and_new_keys_are_told(engine: AsyncEngine) -> None:
    await fill(engine, 10)
    async with engine.begin() as tx:
        changed = await tx.execute(update(NUMBERS).where(NUMBERS.c.id < 4).values(name="small"))
        made = await tx.execute(insert(NUMBERS).values(name="new"))
        returned = await tx.execute(
            update(NUMBERS).where(NUMBERS.c.id == 4).values(name="four").returning(NUMBERS.c.name)
        )
        assert (changed.rowcount, made.inserted_primary_key, returned.scalar_one()) == (4, (10,), "four")


async def test_what_sqlite_refuses_is_raised_and_the_connection_goes_on(engine: AsyncEngine) -> None:
    await fill(engine, 3)
    async with engine.connect() as tx:
        with pytest.raises(OperationalError, match="no such table"):
            await tx.execute(text("SELECT * FROM letters"))
        with pytest.raises(IntegrityError):
            await tx.execute(insert(NUMBERS), [{"id": 7, "name": "seven"}, {"id": 1, "name": "one"}])
        await tx.rollback()
        assert (await tx.execute(select(func.count()).select_from(NUMBERS))).scalar_one() == 3


async def test_a_statement_is_handed_over_once(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    handed: list[str] = []
    execute = aiosqlite.Connection._execute  # type: ignore[attr-defined]

    async def counted(self: aiosqlite.Connection, do: Callable[..., Any], *args: Any) -> Any:
        handed.append(getattr(do, "__name__", str(do)))
        return await execute(self, do, *args)

    monkeypatch.setattr(aiosqlite.Connection, "_execute", counted)
    await fill(engine, 3)
    handed.clear()
    async with engine.begin() as tx:
        for _ in range(5):
            await tx.execute(select(NUMBERS))
    assert handed == [one_hop._answered.__name__] * 5 + ["commit"]


async def test_what_was_interrupted_is_undone(engine: AsyncEngine) -> None:
    """The statement runs on in its thread; whoever has the connection next must not be in its transaction."""
    await fill(engine, 3)
    for cancelled_after_s in (0, 0.001, 0.01):

        async def remove() -> None:
            async with engine.begin() as tx:
                await tx.execute(text("BEGIN IMMEDIATE"))
                await tx.execute(NUMBERS.delete())
                await tx.execute(SLOW)

        removing = asyncio.create_task(remove())
        await asyncio.sleep(cancelled_after_s)
        removing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await removing
        async with engine.begin() as tx:
            await tx.execute(text("BEGIN IMMEDIATE"))
            assert (await tx.execute(select(func.count()).select_from(NUMBERS))).scalar_one() == 3


async def test_what_was_interrupted_before_it_began_is_undone(engine: AsyncEngine, tmp_path: Path) -> None:
    """Its `BEGIN` still waits in the thread for somebody else's lock, and succeeds once nobody wants it."""
    await fill(engine, 3)
    with closing(sqlite3.connect(tmp_path / "numbers.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        async def begin() -> None:
            async with engine.begin() as tx:
                await tx.execute(text("BEGIN IMMEDIATE"))

        beginning = asyncio.create_task(begin())
        await asyncio.sleep(0.1)
        beginning.cancel()
        await asyncio.sleep(0.1)
        other.execute("ROLLBACK")
        with pytest.raises(asyncio.CancelledError):
            await beginning
    await asyncio.sleep(0.1)
    async with engine.begin() as tx:
        await tx.execute(text("BEGIN IMMEDIATE"))
        assert (await tx.execute(select(func.count()).select_from(NUMBERS))).scalar_one() == 3
