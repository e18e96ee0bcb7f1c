"""Replicas hear each other: when there is something to do, how many they are, and what time it is.

All of it makes them quicker and fairer, none of it makes them right. Where the line is cut,
each goes on by its own ticks, with what it knew last.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy.exc import DBAPIError
from structlog.typing import FilteringBoundLogger

from bot.core.clock import Clock
from bot.engine.said_once import SaidOnce
from bot.store.database import Database
from bot.store.home import Line

ASKS_EVERY_S = 5.0
RINGS_EVERY_S = 0.2
"""At most: whoever works rings ten times for each webhook, and the others ask the database each time."""
TOO_FAR = timedelta(seconds=2)
"""Clocks that differ by more are said to: business times are still those of each machine."""


class ServerClock:
    """The machine's clock; for leases and quarantine the server's, which all replicas share."""

    def __init__(self, machine: Clock) -> None:
        self._machine = machine
        self.ahead = timedelta(0)
        """By how much the server's is ahead."""

    def now(self) -> datetime:
        return self._machine.now()

    def wall(self) -> datetime:
        return self._machine.wall() + self.ahead

    def machine(self) -> datetime:
        """What it would be without the server."""
        return self._machine.wall()


class Replicas:
    """The line to the others, opened again whenever it is cut."""

    def __init__(
        self, db: Database, clock: ServerClock, log: FilteringBoundLogger, counted: Callable[[int], None]
    ) -> None:
        self._db = db
        self._clock = clock
        self._log = log
        self._counted = counted
        self._heard: Callable[[], None] = lambda: None
        self._trouble = SaidOnce(log, "other replicas cannot be heard")
        self._line: Line | None = None
        self._rings, self._knows = asyncio.Event(), asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._is_far = False

    def start(self, heard: Callable[[], None]) -> None:
        """Listen from now on; `heard` is called whenever another one has something to do."""
        self._heard = heard
        self._task = asyncio.get_running_loop().create_task(self._keep_on())

    async def known(self) -> None:
        """Return once the server's time is known, which leases go by."""
        await self._knows.wait()

    def ring(self) -> None:
        """Wake the others, soon."""
        self._rings.set()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _keep_on(self) -> None:
        while True:
            try:
                self._line = await self._db.listen(self._heard)
                if self._line is None:
                    return
                await self._talk(self._line)
            except (DBAPIError, OSError) as problem:
                self._trouble.failed(problem)
            finally:
                if self._line is not None:
                    await self._line.close()
            self._heard()  # whatever was rung meanwhile
            await asyncio.sleep(min(0.5 * self._trouble.in_a_row, ASKS_EVERY_S))

    async def _talk(self, line: Line) -> None:
        loop = asyncio.get_running_loop()
        asks_at = loop.time()
        while True:
            if loop.time() >= asks_at:
                await self._ask(line)
                asks_at = loop.time() + ASKS_EVERY_S
            with suppress(TimeoutError):
                async with asyncio.timeout(asks_at - loop.time()):
                    await self._rings.wait()
            if self._rings.is_set():
                self._rings.clear()
                await line.ring()
                await asyncio.sleep(RINGS_EVERY_S)

    async def _ask(self, line: Line) -> None:
        before = self._clock.machine()
        at, others = await line.ask()
        after = self._clock.machine()
        self._clock.ahead = at - (before + (after - before) / 2)
        self._counted(others + 1)
        self._trouble.went_well()
        self._knows.set()
        is_far = abs(self._clock.ahead) > TOO_FAR
        if is_far and not self._is_far:
            self._log.warning(
                "this machine's clock is not the database's", by_s=round(self._clock.ahead.total_seconds(), 1)
            )
        self._is_far = is_far
