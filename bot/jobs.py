"""The ticks: what runs again and again, and what makes it run at once.

APScheduler only ticks. Each tick asks the database what is due and does it; nothing
that matters is in the scheduler's memory. Its jobs run in real seconds and ask the
Clock what is due, so that a demo or a simulation can move the one without the other.
A wake-up makes the same workers look at once, and never at a time when they would
not have looked anyway.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.engine import look, perform, plan, post, seal
from bot.engine.bot import Bot

Step = Callable[[Bot], Awaitable[bool]]

WORKERS: tuple[tuple[str, Step, int], ...] = (
    ("sort", look.sort_inbox, 1),
    ("look", look.look_once, 4),
    ("decide", plan.decide_due, 1),
    ("perform", perform.perform_once, 4),
    ("post", post.post_once, 2),
    ("seal", seal.seal_once, 1),
)
"""Each worker's name, its step, and how many of it may be under way at once."""


class Worker:
    """One step, repeated until it finds nothing due. Never raises: a bug is logged, and it ticks on."""

    def __init__(self, bot: Bot, name: str, step: Step, width: int) -> None:
        self._bot = bot
        self._name = name
        self._step = step
        self._width = width
        self._running = 0
        self._waiting: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def is_idle(self) -> bool:
        return not self._tasks and self._running == 0

    def wake(self) -> None:
        """Look for work at once. Many calls before the look begins are one look."""
        if self._waiting is not None:
            return
        task = asyncio.get_running_loop().create_task(self._woken())
        self._waiting = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _woken(self) -> None:
        while self._running >= self._width:
            await asyncio.wait(self._tasks - {asyncio.current_task()}, return_when=asyncio.FIRST_COMPLETED)
        self._waiting = None
        await self.run()

    async def run(self) -> None:
        """Work until nothing is due; side by side with others of its kind, up to the width."""
        if self._running >= self._width:
            return
        self._running += 1
        try:
            while await self._step(self._bot):
                # There may be more than one can do: let another one look, too.
                if self._running < self._width:
                    self.wake()
        except Exception:
            self._bot.log.exception("a worker failed", worker=self._name)
        finally:
            self._running -= 1

    async def stop(self, within_s: float) -> None:
        """Let what is under way finish, or leave it to its lease."""
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=within_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


class Jobs:
    """The scheduler with its workers. `wake` runs them all now."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._workers = [Worker(bot, name, step, width) for name, step, width in WORKERS]
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._stopping = False

    def start(self) -> None:
        for worker in self._workers:
            self._scheduler.add_job(
                worker.run,
                "interval",
                seconds=self._bot.settings.timing.tick.total_seconds(),
                misfire_grace_time=None,
                coalesce=True,
                max_instances=1,
            )
        self._scheduler.start()
        self._bot.wake = self.wake
        self.wake()

    def wake(self) -> None:
        if not self._stopping:
            for worker in self._workers:
                worker.wake()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way at this moment."""
        return all(worker.is_idle for worker in self._workers)

    async def stop(self, *, within_s: float = 20) -> None:
        """Take nothing new; let what is under way finish, or leave it to its lease."""
        self._stopping = True
        self._bot.wake = lambda: None
        self._scheduler.shutdown(wait=False)
        await asyncio.gather(*(worker.stop(within_s) for worker in self._workers))
