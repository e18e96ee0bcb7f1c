"""Can news be stored now? Asked by proxies every few seconds, and before each heartbeat.

The answer is kept for a moment: whoever may ask it without signing in must not be able
to keep the disk busy with it.
"""

import asyncio

from sqlalchemy.exc import SQLAlchemyError

from bot.engine.bot import Bot
from bot.engine.said_once import SaidOnce, name_of
from bot.store.probe import write_something

ANSWERS_WITHIN_S = 3.0
"""Longer than this for one small write means that news cannot be stored in time."""

KEPT_FOR_S = 1.0


class Fitness:
    """Writes to the database, at most once a second, and remembers how it went."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._said = SaidOnce(bot.log, "news cannot be stored")
        self._asked = asyncio.Lock()
        self._known_until = 0.0
        self._writing: asyncio.Task[None] | None = None

    async def problem(self) -> str | None:
        """Why nothing can be stored; None where it can."""
        loop = asyncio.get_running_loop()
        async with self._asked:
            if loop.time() >= self._known_until:
                await self._try()
                self._known_until = loop.time() + KEPT_FOR_S
        return self._said.problem

    async def stop(self) -> None:
        """Let a write that is under way come to its end, before the database is closed."""
        if self._writing is not None:
            await asyncio.wait({self._writing})

    async def _try(self) -> None:
        # A statement that waits for a lock cannot be interrupted: it is left, and asked for again.
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        done, _ = await asyncio.wait({self._writing}, timeout=ANSWERS_WITHIN_S)
        if not done:
            self._said.failed("too slow")
            return
        writing, self._writing = self._writing, None
        try:
            writing.result()
        except (SQLAlchemyError, OSError) as problem:
            self._said.failed(name_of(problem))
        else:
            self._said.went_well()

    async def _write(self) -> None:
        async with self._bot.db.write() as tx:
            await write_something(tx, self._bot.clock.wall())
