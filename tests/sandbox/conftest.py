"""A clock that stands until told, and a client that neither follows nor repeats anything."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import ClientSession, web

from bot.sandbox import Vendor


class StandingClock:
    def __init__(self) -> None:
        self.at = datetime(2026, 11, 11, 7, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def go(self, **by: float) -> None:
        self.at += timedelta(**by)

    def go_to(self, *at: int) -> None:
        self.at = datetime(*at, tzinfo=UTC)


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


Starter = Callable[..., Awaitable[Any]]


@pytest.fixture
async def started(clock: StandingClock) -> AsyncIterator[Starter]:
    """Start a vendor: `await started(Gigapay, examples=True)`; all are stopped in the end."""
    running: list[Vendor[Any]] = []

    async def start(kind: type[Vendor[Any]], **how: Any) -> Vendor[Any]:
        vendor = kind(clock, **how)
        await vendor.start()
        running.append(vendor)
        return vendor

    yield start
    for vendor in running:
        await vendor.stop()


class Receiver:
    """What came to a webhook's address, and what is answered there."""

    def __init__(self) -> None:
        self.url = ""
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.came = asyncio.Event()

    async def take(self, request: web.Request) -> web.Response:
        self.got.append((request.path, dict(request.headers), await request.read()))
        self.came.set()
        return web.Response(status=self.answers.pop(0) if self.answers else 200)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    hooks = Receiver()
    app = web.Application()
    app.router.add_post("/{tail:.*}", hooks.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hooks.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield hooks
    await runner.cleanup()
