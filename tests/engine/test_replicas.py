"""What replicas have of each other: places at a vendor, a bell, and the server's clock."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from bot.engine.places import Places
from bot.engine.replicas import Replicas, ServerClock
from bot.store.database import Database, open_database
from tests.databases import MigratedServer
from tests.postgres import Server

WRONG_BY = timedelta(minutes=7)


class SlowClock:
    """A machine whose clock is behind."""

    def now(self) -> datetime:
        return datetime.now(UTC) - WRONG_BY

    wall = now


async def most_at_once(places: Places, callers: int) -> int:
    under_way = most = 0

    async def call() -> None:
        nonlocal under_way, most
        async with places:
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0.001)
            under_way -= 1

    await asyncio.gather(*(call() for _ in range(callers)))
    return most


async def test_each_replica_has_its_part_of_the_places_and_at_least_one() -> None:
    found = []
    for replicas in (1, 2, 5, 9):
        places = Places(5)
        places.share(replicas)
        found.append(await most_at_once(places, 20))

    assert found == [5, 2, 1, 1]


async def test_who_gives_up_waiting_takes_no_place_along() -> None:
    places = Places(1)
    await places.acquire()
    waiting = asyncio.create_task(places.acquire())
    await asyncio.sleep(0)
    places.release()  # lets it in, just as it is cancelled
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    async with asyncio.timeout(1):
        await places.acquire()


async def test_where_others_leave_those_who_wait_are_let_in() -> None:
    places = Places(4)
    places.share(4)
    await places.acquire()
    waiting = asyncio.create_task(places.acquire())
    await asyncio.sleep(0)
    places.share(2)

    async with asyncio.timeout(1):
        await waiting


async def test_one_that_rings_is_heard_by_the_other_and_not_by_itself(postgres: Server) -> None:
    address = await MigratedServer(postgres).fresh()
    heard = {"one": asyncio.Event(), "other": asyncio.Event()}
    counted: dict[str, int] = {}
    clocks: dict[str, ServerClock] = {}
    opened: list[tuple[Database, Replicas]] = []

    def count(name: str) -> Callable[[int], None]:
        def told(replicas: int) -> None:
            counted[name] = replicas

        return told

    for name in heard:
        db = await open_database(address)
        clocks[name] = ServerClock(SlowClock())
        made = Replicas(db, clocks[name], structlog.get_logger(), count(name))
        made.start(heard[name].set)
        await made.known()
        opened.append((db, made))
    opened[0][1].ring()
    async with asyncio.timeout(10):
        await heard["other"].wait()

    assert (heard["one"].is_set(), counted["other"]) == (False, 2)
    for clock in clocks.values():
        business = clock.now()
        assert abs(clock.wall() - datetime.now(UTC)) < timedelta(seconds=2)
        assert datetime.now(UTC) - business >= WRONG_BY
    for db, made in opened:
        await made.stop()
        await db.close()
