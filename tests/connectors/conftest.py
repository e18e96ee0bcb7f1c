"""A clock that stands still, a client whose log is kept, and tokens in memory."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog
from structlog.testing import LogCapture

from bot.connectors.client import VendorClient, open_session

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@dataclass
class StillClock:
    at: datetime = NOON

    def now(self) -> datetime:
        return self.at

    def wall(self) -> datetime:
        return self.at


@dataclass
class MemoryTokens:
    saved: list[dict[str, str]] = field(default_factory=list)
    taken: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def load(self) -> dict[str, str] | None:
        return dict(self.saved[-1]) if self.saved else None

    async def save(self, values: Mapping[str, str], *, instead_of: Mapping[str, str] | None = None) -> bool:
        if instead_of is not None and (await self.load() or {}) != instead_of:
            return False
        self.saved.append(dict(values))
        return True

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        async with self.taken:
            yield


class Waits:
    """Stands in for sleeping, and remembers for how long."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def tokens() -> MemoryTokens:
    return MemoryTokens()


@pytest.fixture
def log() -> LogCapture:
    return LogCapture()


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
async def client(clock: StillClock, log: LogCapture, waits: Waits) -> AsyncIterator[VendorClient]:
    logger: Any = structlog.wrap_logger(None, processors=[structlog.contextvars.merge_contextvars, log])
    async with open_session() as session:
        yield VendorClient(session, timeout_s=2, clock=clock, log=logger, sleep=waits)
