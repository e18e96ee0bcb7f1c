"""The ticks: what runs again and again, and what makes it run at once.

APScheduler only ticks. Each tick asks the database, in one question, what is due by
the Clock, and wakes the workers for it; nothing that matters is in the scheduler's
memory. It ticks in real seconds, so that a demo or a simulation can move the Clock
alone. A wake-up asks the same question at once instead of at the next tick.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.engine import look, perform, plan, post, seal
from bot.engine.bot import Bot
from bot.engine.quiet import what_is_due
from bot.store.due import Due

Step = Callable[[Bot], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of work: its step, whether there is some, and how many may be under way at once."""

    name: str
    step: Step
    is_due: Callable[[Due, datetime], bool]
    width: int = 1


KINDS = (
    Kind("sort", look.sort_inbox, lambda due, now: due.to_sort),
    Kind("look", look.look_once, lambda due, now: _has_come(due.look_at, now), width=4),
    Kind("decide", plan.decide_due, lambda due, now: _has_come(due.decide_at, now)),
    Kind("perform", perform.perform_once, lambda due, now: _has_come(due.perform_at, now), width=4),
    Kind("post", post.post_once, lambda due, now: _has_come(due.post_at, now), width=2),
    Kind("seal", seal.seal_once, lambda due, now: due.to_seal),
)


def _has_come(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now


class Worker:
    """One step, repeated until it finds nothing due. Never raises: a bug is logged, and it ticks on."""

    def __init__(self, bot: Bot, kind: Kind) -> None:
        self._bot = bot
        self.kind = kind
        self._running = 0
        self._waiting: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False

    @property
    def is_idle(self) -> bool:
        return not self._tasks and self._running == 0

    def wake(self) -> None:
        """Look for work at once. Many calls before the look begins are one look."""
        if self._waiting is not None or self._stopping:
            return
        task = asyncio.get_running_loop().create_task(self._woken())
        self._waiting = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _woken(self) -> None:
        while self._running >= self.kind.width:
            await asyncio.wait(self._tasks - {asyncio.current_task()}, return_when=asyncio.FIRST_COMPLETED)
        self._waiting = None
        await self.run()

    async def run(self) -> None:
        """Work until nothing is due; side by side with others of its kind, up to the width."""
        if self._running >= self.kind.width:
            return
        self._running += 1
        try:
            while not self._stopping and await self.kind.step(self._bot):
                # There may be more than one can do: let another one look, too.
                if self._running < self.kind.width:
                    self.wake()
        except Exception:
            self._bot.log.exception("a worker failed", worker=self.kind.name)
        finally:
            self._running -= 1

    async def stop(self, within_s: float) -> None:
        """Take nothing new; let what is under way finish, or leave it to its lease."""
        self._stopping = True
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=within_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


class Jobs:
    """The scheduler with its workers. `wake` makes it ask what is due now."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._workers = [Worker(bot, kind) for kind in KINDS]
        self._asking: asyncio.Task[None] | None = None
        self._ask_again = False
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._stopping = False

    def start(self) -> None:
        self._scheduler.add_job(
            self.tick,
            "interval",
            seconds=self._bot.settings.timing.tick.total_seconds(),
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
        )
        self._scheduler.start()
        self._bot.wake = self.wake
        self.wake()

    async def tick(self) -> None:
        """Wake the workers that have something to do. Never raises."""
        try:
            due = await what_is_due(self._bot)
        except Exception:
            self._bot.log.exception("could not ask what is due")
            return
        now = self._bot.now()
        for worker in self._workers:
            if worker.kind.is_due(due, now):
                worker.wake()

    def wake(self) -> None:
        """Ask at once. Calls while it is being asked are one more asking."""
        if self._stopping:
            return
        if self._asking is not None:
            self._ask_again = True
            return
        self._asking = asyncio.get_running_loop().create_task(self._ask())

    async def _ask(self) -> None:
        try:
            self._ask_again = True
            while self._ask_again and not self._stopping:
                self._ask_again = False
                await self.tick()
        finally:
            self._asking = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way at this moment."""
        return self._asking is None and all(worker.is_idle for worker in self._workers)

    async def stop(self, *, within_s: float = 20) -> None:
        """Take nothing new; let what is under way finish, or leave it to its lease."""
        self._stopping = True
        self._bot.wake = lambda: None
        self._scheduler.shutdown(wait=False)
        if self._asking is not None:
            await self._asking
        await asyncio.gather(*(worker.stop(within_s) for worker in self._workers))
