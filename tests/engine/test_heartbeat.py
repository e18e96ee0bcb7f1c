"""The heartbeat is heard while all is well, and only then; so the bell rings when it is not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from aiohttp import web

from bot.connectors.client import open_session
from bot.engine.bot import Bot
from bot.engine.fit import Fitness
from bot.engine.heartbeat import Heartbeat
from bot.jobs import Jobs, Kind, Worker
from bot.settings.models import Heartbeat as Wanted
from bot.store.database import open_database

from .stand import Stand

PATH = "/canary-address"


@dataclass
class Outside:
    """Whoever is to ring somebody: what it was asked, and what it answers."""

    url: str = ""
    status: int = 200
    heard: list[str] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.heard.append(request.path)
        elsewhere = {"Location": "/elsewhere"} if 300 <= self.status < 400 else {}
        return web.Response(status=self.status, headers=elsewhere)


@asynccontextmanager
async def outside() -> AsyncIterator[Outside]:
    made = Outside()
    app = web.Application()
    app.router.add_get("/{any:.*}", made.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    made.url = f"http://{host}:{port}{PATH}"
    try:
        yield made
    finally:
        await runner.cleanup()


@asynccontextmanager
async def beating(bot: Bot, url: str) -> AsyncIterator[Heartbeat]:
    async with open_session() as session:
        yield Heartbeat(bot, session, Fitness(bot), url)


async def test_it_is_called_by_the_jobs_at_once_and_again_while_all_is_well(gigapay: Stand) -> None:
    async with outside() as there, beating(gigapay.bot, there.url) as heartbeat:
        wanted = Wanted(url=there.url, every=timedelta(seconds=0.05))
        gigapay.bot.settings = gigapay.bot.settings.model_copy(update={"heartbeat": wanted})
        jobs = Jobs(gigapay.bot, heartbeat)
        jobs.start()
        for _ in range(200):
            if len(there.heard) > 2:
                break
            await asyncio.sleep(0.01)
        await jobs.stop()

    assert there.heard[:3] == [PATH, PATH, PATH]


async def test_it_is_silent_while_something_is_wrong_here_and_speaks_again_after_it(gigapay: Stand) -> None:
    async with outside() as there, beating(gigapay.bot, there.url) as heartbeat:
        await heartbeat.beat("stuck: look")
        await heartbeat.beat("stuck: look")
        silent = list(there.heard)
        await heartbeat.beat(None)

    assert (silent, there.heard) == ([], [PATH])
    assert gigapay.log.of("error") == ["heartbeat withheld"]
    assert "heartbeat withheld: over" in gigapay.log.of("info")


async def test_a_database_that_takes_no_write_silences_it(gigapay: Stand) -> None:
    locker = await open_database(gigapay.bot.settings.database, beside=True)
    async with outside() as there, beating(gigapay.bot, there.url) as heartbeat:
        async with locker.write():
            await heartbeat.beat(None)
        silent = list(there.heard)
        await locker.close()
        await asyncio.sleep(1.05)
        await heartbeat.beat(None)

    assert (silent, there.heard) == ([], [PATH])


@pytest.mark.parametrize("status", [301, 404, 500])
async def test_one_that_is_not_taken_is_logged_once_never_followed_and_names_no_address(
    gigapay: Stand, status: int
) -> None:
    async with outside() as there, beating(gigapay.bot, there.url) as heartbeat:
        there.status = status
        await heartbeat.beat(None)
        await heartbeat.beat(None)

    assert there.heard == [PATH, PATH]
    assert gigapay.log.of("error") == ["heartbeat not taken"]
    assert "canary" not in str(gigapay.log.lines)


async def test_nobody_there_is_logged_once_and_names_no_address(gigapay: Stand) -> None:
    async with beating(gigapay.bot, f"http://127.0.0.1:1{PATH}") as heartbeat:
        await heartbeat.beat(None)
        await heartbeat.beat(None)

    assert gigapay.log.of("error") == ["heartbeat not taken"]
    assert "canary" not in str(gigapay.log.lines)


async def test_a_worker_at_one_step_for_longer_than_its_lease_is_unwell(gigapay: Stand) -> None:
    timing = gigapay.bot.settings.timing.model_copy(update={"lease": timedelta(seconds=0.05)})
    gigapay.bot.settings = gigapay.bot.settings.model_copy(update={"timing": timing})
    go = asyncio.Event()

    async def hang(bot: Bot) -> bool:
        await go.wait()
        return False

    jobs = Jobs(gigapay.bot)
    jobs.ticked_at = asyncio.get_running_loop().time()
    jobs._workers = [Worker(gigapay.bot, Kind("tested", hang, lambda due, now: True))]
    jobs._workers[0].wake()
    await asyncio.sleep(0.02)
    before = jobs.unwell()
    await asyncio.sleep(0.05)
    stuck = jobs.unwell()
    go.set()
    await asyncio.sleep(0.01)

    assert (before, stuck, jobs.unwell()) == (None, "stuck: tested", None)


async def test_a_scheduler_that_no_longer_ticks_is_unwell(gigapay: Stand) -> None:
    jobs = Jobs(gigapay.bot)
    now = asyncio.get_running_loop().time()
    jobs.ticked_at = now - 29
    before = jobs.unwell()
    jobs.ticked_at = now - 31

    assert (before, jobs.unwell()) == (None, "nothing ticks")


async def test_asking_at_other_times_hides_no_scheduler_that_died(gigapay: Stand) -> None:
    jobs = Jobs(gigapay.bot)
    jobs.ticked_at = asyncio.get_running_loop().time() - 31
    await jobs.tick()

    assert jobs.unwell() == "nothing ticks"
