"""Webhooks that come together are committed together, and each is answered after its own commit."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import nullcontext, suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from bot.store import home, intake
from bot.store.database import Database, open_database
from bot.store.intake import AT_MOST, Delivery, Intake
from bot.store.postgres_inbox import PostgresInbox
from bot.store.tables import connection_state, inbox
from tests.databases import MigratedFile, MigratedServer
from tests.postgres import Server

FULL = 2
"""What SQLite calls `PRAGMA synchronous=FULL`."""


def delivery(number: int, *, connection: str = "gigapay-se", at: int = 1_000_000) -> Delivery:
    body = b'{"id": %d}' % number
    digest = sha256(body).hexdigest()
    return Delivery(
        connection,
        "Payrun.created",
        f"Payrun.created:{digest}",
        at,
        1,
        "{}",
        body,
        digest,
        "verified",
        "hook-1",
    )


async def stored(db: Database) -> list[Any]:
    async with db.read() as tx:
        return list(await tx.execute(select(inbox).order_by(inbox.c.id)))


class Counting:
    """A writer that remembers what it was given, and waits where it is told to."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.goes_on = asyncio.Event()
        self.fails: Exception | None = None
        self.rows: list[Delivery] = []

    async def write(self, deliveries: Any) -> None:
        self.batches.append(len(deliveries))
        self.rows += deliveries
        await self.goes_on.wait()
        if self.fails is not None:
            raise self.fails

    async def close(self) -> None:
        pass


def taken(to: Intake, *numbers: int) -> list[asyncio.Task[Any]]:
    return [asyncio.ensure_future(to.take(delivery(number))) for number in numbers]


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not is_so():  # noqa: ASYNC110 - what it waits for is what others do by themselves
            await asyncio.sleep(0)


async def test_those_that_come_during_a_commit_share_the_next() -> None:
    writer = Counting()
    to = Intake(writer, nullcontext())
    first = taken(to, 1)
    await until(lambda: writer.batches == [1])
    others = taken(to, 2, 3, 4)
    await asyncio.sleep(0)
    answered_early = [one.done() for one in (*first, *others)]
    writer.goes_on.set()
    batches = await asyncio.gather(*first, *others)

    assert writer.batches == [1, 3]
    assert not any(answered_early)
    assert batches[1] is batches[2] is batches[3] is not batches[0]


async def test_no_commit_has_more_than_its_most() -> None:
    writer = Counting()
    writer.goes_on.set()
    to = Intake(writer, nullcontext())
    await asyncio.gather(*taken(to, *range(2 * AT_MOST + 1)))

    assert writer.batches == [AT_MOST, AT_MOST, 1]


async def test_the_same_twice_in_one_commit_counts_two() -> None:
    writer = Counting()
    writer.goes_on.set()
    to = Intake(writer, nullcontext())
    await asyncio.gather(*taken(to, 1, 2, 1, 1))

    assert [one.deliveries for one in writer.rows] == [3, 1]


async def test_where_a_commit_fails_everybody_in_it_hears_so_and_the_next_is_tried() -> None:
    writer = Counting()
    writer.fails = sqlite3.OperationalError("database or disk is full")
    to = Intake(writer, nullcontext())
    failing = taken(to, 1, 2)
    await until(lambda: writer.batches == [2])
    following = taken(to, 3)
    writer.goes_on.set()
    failed = await asyncio.gather(*failing, return_exceptions=True)
    writer.fails = None
    with suppress(OperationalError):
        await following[0]
    again = await asyncio.gather(*taken(to, 4))

    assert [type(one) for one in failed] == [OperationalError] * 2
    assert failed[0] is not failed[1]
    assert len(again) == 1


async def test_who_hangs_up_takes_nobody_along() -> None:
    writer = Counting()
    to = Intake(writer, nullcontext())
    gone, stays = taken(to, 1, 2)
    await until(lambda: writer.batches == [2])
    gone.cancel()
    await asyncio.sleep(0)
    writer.goes_on.set()
    await stays

    with pytest.raises(asyncio.CancelledError):
        await gone


async def test_a_hundred_at_once_are_all_kept_and_told_apart(db: Database) -> None:
    await asyncio.gather(*(db.take_in(delivery(number % 60)) for number in range(100)))
    rows = await stored(db)

    assert sorted(row.deliveries for row in rows) == [1] * 20 + [2] * 40
    assert {row.raw for row in rows} == {b'{"id": %d}' % number for number in range(60)}
    assert {(row.state, row.about_json, row.connection) for row in rows} == {("new", "", "gigapay-se")}


async def test_one_that_comes_again_counts_and_keeps_when_it_came_first(db: Database) -> None:
    await db.take_in(delivery(1, at=2_000_000))
    await asyncio.gather(*(db.take_in(delivery(1, at=at)) for at in (4_000_000, 3_000_000)))
    (row,) = await stored(db)

    assert (row.deliveries, row.received_at.timestamp(), row.delivered_at.timestamp()) == (3, 2, 4)


async def test_the_same_body_at_two_connections_is_two(db: Database) -> None:
    await asyncio.gather(db.take_in(delivery(1)), db.take_in(delivery(1, connection="gigapay-no")))

    assert [row.deliveries for row in await stored(db)] == [1, 1]


async def test_webhooks_and_the_other_writers_never_meet_a_locked_database(db: Database) -> None:
    async def write(number: int) -> None:
        async with db.write() as tx:
            await tx.execute(connection_state.insert().values(connection=str(number), failures=0, problem=""))

    async def send(number: int) -> None:
        for each in range(5):
            await db.take_in(delivery(number * 5 + each))

    await asyncio.gather(*(write(number) for number in range(40)), *(send(number) for number in range(40)))
    async with db.read() as tx:
        written = len((await tx.execute(select(connection_state))).all())

    assert (written, len(await stored(db))) == (40, 200)


async def test_of_a_file_a_webhook_waits_for_a_turn_in_vain_and_comes_again(
    migrated_file: MigratedFile, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home, "WAITS_S", 0.05)
    db = await open_database(await migrated_file.fresh(tmp_path))
    async with db.write():
        with pytest.raises(OperationalError, match=home.BUSY):
            await db.take_in(delivery(1))
    await db.take_in(delivery(1))

    assert [row.deliveries for row in await stored(db)] == [1]
    await db.close()


async def test_at_a_server_a_webhook_waits_for_no_writer(postgres: Server) -> None:
    db = await open_database(await MigratedServer(postgres).fresh())
    async with db.write() as tx:
        await tx.execute(connection_state.insert().values(connection="a", failures=0, problem=""))
        async with asyncio.timeout(5):
            await db.take_in(delivery(1))

    assert len(await stored(db)) == 1
    await db.close()


async def test_a_connection_to_the_server_that_is_lost_is_made_anew(postgres: Server) -> None:
    db = await open_database(await MigratedServer(postgres).fresh())
    await db.take_in(delivery(1))
    await end_the_others(db)
    outcomes = []
    for number in range(2, 5):
        try:
            await db.take_in(delivery(number))
            outcomes.append(True)
        except OperationalError:
            outcomes.append(False)

    assert outcomes[-1] is True
    assert len(await stored(db)) == 1 + sum(outcomes)
    await db.close()


async def end_the_others(db: Database) -> None:
    """End every session of this database but the one that asks, as an administrator may."""
    every = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    others = "WHERE datname = current_database() AND pid != pg_backend_pid()"
    async with db.read() as tx:
        await tx.execute(text(every + others))


async def test_a_connection_that_is_lost_in_a_commit_fails_that_commit_alone(postgres: Server) -> None:
    url = await MigratedServer(postgres).fresh()
    db, other = await open_database(url), await open_database(url)
    await db.take_in(delivery(1))
    async with other.write() as tx:  # the row is locked, so that the next delivery of it waits
        await tx.execute(select(inbox.c.id).with_for_update())
        waiting = [asyncio.ensure_future(db.take_in(delivery(number))) for number in (1, 2)]
        await asyncio.sleep(0.2)
        of_these = "datname = current_database() AND wait_event_type = 'Lock'"  # others test beside us
        ended = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {of_these}"
        await tx.execute(text(ended))
        failed = await asyncio.gather(*waiting, return_exceptions=True)
    await db.take_in(delivery(2))

    assert [type(one) for one in failed] == [OperationalError] * 2
    assert [row.deliveries for row in await stored(db)] == [1, 1]
    await db.close()
    await other.close()


async def test_two_replicas_that_are_sent_the_same_in_any_order_never_wait_in_a_circle(
    postgres: Server,
) -> None:
    """Each long enough to be under way beside the other; a circle would end one of them."""
    url = await MigratedServer(postgres).fresh()
    one, other = await open_database(url), await open_database(url)
    forth, back = (db._home.inbox() for db in (one, other))
    several = [delivery(number) for number in range(3_000)]
    for _ in range(4):
        await asyncio.gather(forth.write(several), back.write(several[::-1]))

    assert {row.deliveries for row in await stored(one)} == {8}
    for each in (forth, back, one, other):
        await each.close()


async def test_after_any_failure_the_next_commit_has_a_session_of_its_own(postgres: Server) -> None:
    db = await open_database(await MigratedServer(postgres).fresh())
    writer = db._home.inbox()
    assert isinstance(writer, PostgresInbox)
    await writer.write([delivery(1)])
    session = writer._connection
    with pytest.raises(asyncpg.PostgresError):
        await writer.write([delivery(2)._replace(deliveries=None)])  # type: ignore[arg-type]
    await writer.write([delivery(3)])

    assert writer._connection is not session
    assert len(await stored(db)) == 2
    await writer.close()
    await db.close()


async def test_of_a_file_each_commit_waits_for_the_disk(
    migrated_file: MigratedFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's default for a file with a log is to be told of a commit before it is on the disk."""
    seen: list[int] = []

    class Watched(sqlite3.Connection):
        def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
            if "INSERT INTO inbox" in sql:
                seen.extend(super().execute("PRAGMA synchronous").fetchone())
            return super().execute(sql, *values)

    db = await open_database(await migrated_file.fresh(tmp_path))
    connect = partial(sqlite3.connect, factory=Watched)
    monkeypatch.setattr("bot.store.sqlite_inbox.sqlite3.connect", connect)
    await asyncio.gather(*(db.take_in(delivery(number)) for number in range(3)))
    monkeypatch.undo()
    await db.close()

    assert set(seen) == {FULL}


async def test_two_replicas_that_are_sent_the_same_in_any_order_count_all_of_it(postgres: Server) -> None:
    url = await MigratedServer(postgres).fresh()
    one, other = await open_database(url), await open_database(url)
    for _ in range(10):
        forth = (one.take_in(delivery(number)) for number in range(50))
        back = (other.take_in(delivery(number)) for number in reversed(range(50)))
        await asyncio.gather(*forth, *back)

    assert {row.deliveries for row in await stored(one)} == {20}
    await one.close()
    await other.close()


def test_no_more_is_in_one_commit_than_a_statement_may_have_values() -> None:
    assert intake.AT_MOST * len(Delivery._fields) < 32_766
