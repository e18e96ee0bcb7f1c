"""The line to the server is cut at a commit, and nobody knows whether it is kept: it is done again, once."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from bot.core.slots import Slot
from bot.store import audit, schedules
from bot.store.database import Database, open_database
from bot.store.intake import Delivery
from bot.store.schedules import Happened
from bot.store.tables import audit as audit_table
from bot.store.tables import inbox, occurrence
from tests.cutter import MARK, Cut, Cutter
from tests.databases import MigratedServer
from tests.faults.size import share_of, size
from tests.faults.tally import note
from tests.postgres import Server

NOW = datetime(2026, 11, 13, 14, 0, tzinfo=UTC)
CUTS = share_of(size(whole=500, small=50))


def cuts(draws: random.Random) -> Iterator[Cut | None]:
    """None at first, while the database is opened."""
    while True:
        yield draws.choice(("before", "after", None))


class Calm:
    """No cut while the test itself gets ready."""

    def __init__(self) -> None:
        self.is_over = False
        self._cuts = cuts(random.Random(7))

    def __iter__(self) -> Iterator[Cut | None]:
        return self

    def __next__(self) -> Cut | None:
        return next(self._cuts) if self.is_over else None


@pytest.fixture
async def line(postgres: Server) -> AsyncIterator[tuple[Database, Cutter, Calm]]:
    calm = Calm()
    async with Cutter(await MigratedServer(postgres).fresh(), calm) as cutter:
        db = await open_database(cutter.address)
        calm.is_over = True
        yield db, cutter, calm
        calm.is_over = False
        await db.close()


async def deal_with(db: Database, number: int) -> None:
    """A set time, as its worker does it: whoever finds it dealt with does nothing."""
    slot = Slot(f"{number}", NOW + timedelta(minutes=number))
    while True:
        try:
            async with db.write() as tx:
                if await schedules.record(tx, "r", slot, Happened.DONE, "", NOW):
                    await audit.note(tx, NOW, "payrunbot", "dealt with a set time", slot=slot.name)
        except (DBAPIError, OSError):
            continue
        return


async def take(db: Database, number: int) -> int:
    """A webhook, as its sender does it: again until it is taken. Says how often it was sent."""
    body = MARK + f" {number}".encode()
    digest = sha256(body).hexdigest()
    for sent in range(1, 50):
        one = Delivery("gigapay-se", "e", f"e:{digest}", 0, 1, "{}", body, digest, "signed", "c")
        try:
            await db.take_in(one)
        except (DBAPIError, OSError):
            continue
        return sent
    raise AssertionError("never taken")


async def counted(db: Database, calm: Calm, table: object) -> int:
    calm.is_over = False
    async with db.read() as tx:
        return (await tx.execute(select(func.count()).select_from(table))).scalar_one()


async def test_what_is_done_in_one_commit_is_done_once(line: tuple[Database, Cutter, Calm]) -> None:
    db, cutter, calm = line
    number = 0
    while sum(cutter.made.values()) < CUTS:
        await deal_with(db, number)
        number += 1
    found = [await counted(db, calm, table) for table in (occurrence, audit_table)]
    note(
        "cuts at a commit",
        runs=sum(cutter.made.values()),
        lost=number - min(found),
        doubled=max(found) - number,
    )

    assert min(cutter.made.values()) > CUTS // 4
    assert found == [number, number]


async def test_a_webhook_that_was_answered_is_there_once(line: tuple[Database, Cutter, Calm]) -> None:
    db, cutter, calm = line
    sent = 0
    taken = await asyncio.gather(*(take(db, number) for number in range(20)))
    number = len(taken)
    while sum(cutter.made.values()) < CUTS // 2 and number < 2_000:
        sent += await take(db, number)
        number += 1
    rows = await counted(db, calm, inbox)

    assert rows == number
