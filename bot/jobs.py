"""The ticks: what runs again and again, and what makes it run at once.

APScheduler only ticks. Each tick asks the database, in one question, what is due by
the Clock, and wakes the workers for it; nothing that matters is in the scheduler's
memory. It ticks in real seconds, so that a demo or a simulation can move the Clock
alone. A wake-up asks the same question at once instead of at the next tick.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.engine import (
    hand_over,
    in_step,
    keep,
    look,
    perform,
    plan,
    post,
    remind,
    schedule,
    seal,
    sort,
    verify,
)
from bot.engine.bot import Bot
from bot.engine.heartbeat import Heartbeat
from bot.engine.quiet import what_is_due
from bot.engine.rule_files import RuleFiles
from bot.engine.said_once import SaidOnce
from bot.store.database import CutOff
from bot.store.due import Due

Step = Callable[[Bot], Awaitable[bool]]

ASKED_WITHIN_S = 10.0
"""A database that does not answer what is due must not end the ticking."""
LONGEST_REST_S = 10.0
"""Between two tries of a worker that keeps failing, as on a full disk."""
FINISHED_WITHIN_S = 18.0
"""What a stop leaves to work that is under way. With the last answers after it, that is under 25 s."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of work: its step, whether there is some, and how many may be under way at once."""

    name: str
    step: Step
    is_due: Callable[[Due, datetime], bool]
    width: int = 1
    patience_s: float = 3.0
    """How long a stop waits before it interrupts it. What must not be interrupted there says so itself."""
    gathers: bool = False
    """Whether it lets a moment pass for more to come: a step does all there is, and nobody waits for it."""


KINDS = (
    Kind("keep step", in_step.catch_up, lambda due, now: due.to_catch_up),
    Kind("sort", sort.sort_inbox, lambda due, now: due.to_sort),
    Kind("look", look.look_once, lambda due, now: _has_come(due.look_at, now), width=4),
    Kind("decide", plan.decide_due, lambda due, now: due.to_decide or _has_come(due.decide_at, now)),
    Kind("schedule", schedule.run_schedules, lambda due, now: _has_come(due.schedule_at, now)),
    Kind("remind", remind.remind_once, lambda due, now: _has_come(due.remind_at, now)),
    Kind("perform", perform.perform_once, lambda due, now: _has_come(due.perform_at, now), width=4),
    Kind("hand over", hand_over.hand_over_once, lambda due, now: _has_come(due.hand_over_at, now), width=2),
    Kind("post", post.post_once, lambda due, now: _has_come(due.post_at, now), width=2, patience_s=18.0),
    Kind("seal", seal.seal_once, lambda due, now: due.to_seal, gathers=True),
    Kind("verify", verify.verify_once, lambda due, now: due.to_verify),
    Kind("keep", keep.keep_once, lambda due, now: due.kept_at is None or due.kept_at + keep.EVERY <= now),
)
ACTING = frozenset({"look", "decide", "schedule", "remind", "perform", "hand over"})
"""Where rules are asked, or followed: a replica that cannot read those in force leaves it to others."""


def _has_come(at: datetime | None, now: datetime) -> bool:
    return at is not None and at <= now


class Worker:
    """One step, repeated until it finds nothing due. Never raises: what fails is logged, and tried again.

    Failing twice in a row it rests, longer each time, so that a full disk costs no more than
    a try now and then; and goes on by itself once there is room.
    """

    def __init__(self, bot: Bot, kind: Kind) -> None:
        self._bot = bot
        self.kind = kind
        self._running = 0
        self._waiting: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._failure = SaidOnce(bot.log, "a worker failed", worker=kind.name)
        self._lost = SaidOnce(bot.log, "a worker lost the database", worker=kind.name)
        self._rests_until = 0.0
        self._since: dict[asyncio.Task[None] | None, float] = {}

    @property
    def is_idle(self) -> bool:
        return not self._tasks and self._running == 0

    def longest_s(self) -> float:
        """For how long the oldest step that is under way has been."""
        return asyncio.get_running_loop().time() - min(self._since.values()) if self._since else 0.0

    def wake(self) -> None:
        """Look for work at once. Many calls before the look begins are one look."""
        if self._waiting is not None or self._stopping:
            return
        task = asyncio.get_running_loop().create_task(self._woken())
        self._waiting = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _woken(self) -> None:
        if self.kind.gathers:
            await asyncio.sleep(self._bot.settings.timing.tick.total_seconds() / 4)
        while self._running >= self.kind.width:
            await asyncio.wait(self._tasks - {asyncio.current_task()}, return_when=asyncio.FIRST_COMPLETED)
        self._waiting = None
        await self.run()

    async def run(self) -> None:
        """Work until nothing is due; side by side with others of its kind, up to the width."""
        loop = asyncio.get_running_loop()
        if self._running >= self.kind.width or loop.time() < self._rests_until:
            return
        self._running += 1
        task = asyncio.current_task()
        try:
            while not self._stopping:
                self._since[task] = loop.time()
                did = await self.kind.step(self._bot)
                self._failure.went_well()
                self._lost.went_well()
                # Asking is a reading, while a step that finds nothing took the writers' turn for it.
                if not did or not await self._is_due():
                    return
                # There may be more than one can do: let another one look, too.
                if self._running < self.kind.width:
                    self.wake()
        except CutOff as lost:  # as whoever was frozen in a transaction
            self._rest(self._lost, lost)
        except Exception as problem:
            self._rest(self._failure, problem)
        finally:
            self._running -= 1
            self._since.pop(task, None)

    async def _is_due(self) -> bool:
        return self.kind.is_due(await what_is_due(self._bot), self._bot.now())

    def _rest(self, said: SaidOnce, problem: Exception) -> None:
        said.failed(problem)
        if said.in_a_row > 1:
            rest_s = min(2.0 ** (said.in_a_row - 2), LONGEST_REST_S)
            self._rests_until = asyncio.get_running_loop().time() + rest_s

    async def stop(self, within_s: float) -> None:
        """Take nothing new; let what is under way finish, give it back, or leave it to its lease.

        It is interrupted when the kind's patience ends, and for good when the time does.
        """
        self._stopping = True
        first = min(self.kind.patience_s, within_s)
        for wait_s in (first, within_s - first):
            # Never twice at once: interrupted while it gives something back, it would not end.
            if self._tasks and wait_s > 0:
                _, late = await asyncio.wait(set(self._tasks), timeout=wait_s)
                for task in late:
                    task.cancel()
        await asyncio.gather(*list(self._tasks), return_exceptions=True)


class Jobs:
    """The scheduler with its workers. `wake` makes it ask what is due now."""

    def __init__(
        self,
        bot: Bot,
        heartbeat: Heartbeat | None = None,
        rule_files: RuleFiles | None = None,
        template_files: RuleFiles | None = None,
    ) -> None:
        self._bot = bot
        self._heartbeat = heartbeat
        self._files = [one for one in (rule_files, template_files) if one is not None]
        self._asking_failed = SaidOnce(bot.log, "could not ask what is due")
        self.ticked_at = 0.0
        """When the scheduler last ticked, in the loop's seconds."""
        self._workers = [Worker(bot, kind) for kind in KINDS]
        self._asking: asyncio.Task[None] | None = None
        self._ask_again = False
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._stopping = False

    def start(self, ring: Callable[[], None] = lambda: None) -> None:
        """Tick from now on. `ring` is called with each wake-up, for other replicas to ask as well."""
        self._every(self._bot.settings.timing.tick, self._scheduled)
        wanted = self._bot.settings.heartbeat
        if wanted is not None and self._heartbeat is not None:
            self._scheduler.add_job(self._beat, misfire_grace_time=None)
            self._every(wanted.every, self._beat)
        for files in self._files:
            self._every(self._bot.settings.timing.rules, files.look)
        self.ticked_at = asyncio.get_running_loop().time()
        self._scheduler.start()

        def wake() -> None:
            self.wake()
            ring()

        self._bot.wake = wake
        self.wake()

    def _every(self, gap: timedelta, job: Callable[[], Awaitable[None]]) -> None:
        self._scheduler.add_job(
            job,
            "interval",
            seconds=gap.total_seconds(),
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
        )

    async def _scheduled(self) -> None:
        # Noted only here: asking at other times must not hide a dead scheduler. And it only wakes:
        # a stop would cut the scheduler's own task off in the middle of a question, and not wait for it.
        self.ticked_at = asyncio.get_running_loop().time()
        self.wake()

    def hear(self) -> None:
        """Another replica has something to do: ask at once, unless this one has not begun."""
        if self._scheduler.running:
            self.wake()

    async def tick(self) -> None:
        """Wake the workers that have something to do. Never raises."""
        try:
            async with asyncio.timeout(ASKED_WITHIN_S):
                due = await what_is_due(self._bot)
        except Exception as problem:
            self._asking_failed.failed(problem)
            return
        self._asking_failed.went_well()
        now = self._bot.now()
        for worker in self._workers:
            if worker.kind.is_due(due, now) and not (self._bot.behind and worker.kind.name in ACTING):
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

    async def _beat(self) -> None:
        assert self._heartbeat is not None
        await self._heartbeat.beat(self.unwell())

    def unwell(self) -> str | None:
        """What of the workers is not as it should be; None where all is."""
        if self._asking_failed.problem is not None:
            return "what is due cannot be asked"
        timing, now = self._bot.settings.timing, asyncio.get_running_loop().time()
        if now - self.ticked_at > max(30.0, 10 * timing.tick.total_seconds()):
            return "nothing ticks"
        lease_s = timing.lease.total_seconds()
        stuck = [worker.kind.name for worker in self._workers if worker.longest_s() > lease_s]
        return f"stuck: {', '.join(stuck)}" if stuck else None

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way at this moment."""
        return self._asking is None and all(worker.is_idle for worker in self._workers)

    async def stop(self, *, within_s: float = FINISHED_WITHIN_S) -> None:
        """Take nothing new; let what is under way finish, or leave it to its lease."""
        self._stopping = True
        self._bot.wake = lambda: None
        self._scheduler.shutdown(wait=False)
        if self._asking is not None:
            # Not interrupted: the driver may not end where that happens to a statement twice.
            await asyncio.wait({self._asking}, timeout=ASKED_WITHIN_S)
        await asyncio.gather(*(worker.stop(within_s) for worker in self._workers))
