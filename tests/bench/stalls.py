"""For how long the event loop stands still at most, while much is due at once.

What is measured is one round of the loop: from the moment at which it has waited until it waits
again, by the clock, as somebody whose webhook waits meanwhile would. What a busy machine adds
is in it; the same by the processor time of the loop's own thread stands beside it.
"""

import asyncio
import sys
from asyncio import SelectorEventLoop, subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from selectors import DefaultSelector, SelectorKey
from tempfile import TemporaryDirectory
from time import perf_counter, thread_time

from bot import collector
from bot.app import reload_of
from bot.connectors.client import VendorClient, open_session
from bot.engine import look
from bot.engine.bot import Bot
from bot.jobs import Jobs
from tests.bench import sync
from tests.bench.measure import Figure
from tests.bench.rulebooks import never_meet, write_rules
from tests.bench.vendor import long_list
from tests.engine.stand import Stand, stand

ASKED_S = 0.020
OCCURRENCES, RULES = 300, 1_000
STORED = 10_000
TIMED = """\
  - id: timed-{number}
    title: Payruns at a set time {number}
    every: day at 14:00
    if_missed: tell
    watch: gigapay.payrun
    when: [payouts is at least {number}]
    then:
      - send_mail: {{template: scheduled, to: finance}}
    mode: act
"""
BACKUP = """\
import sys
from pathlib import Path
from bot.store.backup import make_backup
make_backup(Path(sys.argv[1]), Path(sys.argv[2]))
"""


class Longest(DefaultSelector):
    """A selector that knows how long the loop was away from it."""

    def __init__(self) -> None:
        super().__init__()
        self._left = (perf_counter(), thread_time())
        self.by_clock = self.by_processor = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        at, busy = self._left
        self.by_clock = max(self.by_clock, perf_counter() - at)
        self.by_processor = max(self.by_processor, thread_time() - busy)
        found = super().select(timeout)
        self._left = (perf_counter(), thread_time())
        return found

    def begin(self) -> None:
        self._left = (perf_counter(), thread_time())
        self.by_clock = self.by_processor = 0.0


@asynccontextmanager
async def ticking(made: Stand) -> AsyncIterator[Jobs]:
    jobs = Jobs(made.bot)
    jobs.start()
    try:
        yield jobs
    finally:
        await jobs.stop()


async def _idle(jobs: Jobs) -> None:
    """Until nothing has been under way for a while."""
    for _ in range(20):
        await asyncio.sleep(0.01)
        while not jobs.is_idle:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def _occurrences(folder: Path, begin: Callable[[], None]) -> None:
    async with stand(folder) as made:
        rules = "".join(TIMED.format(number=number) for number in range(1, OCCURRENCES + 1))
        made.write_rule("timed.yaml", f"rules:\n{rules}")
        await made.reload()
        await made.sign()
        async with ticking(made) as jobs:
            await _idle(jobs)
            made.clock.go_to(made.clock.now() + timedelta(hours=3))
            begin()
            made.bot.wake()
            await _idle(jobs)


async def _reload(folder: Path, begin: Callable[[], None]) -> None:
    async with stand(folder / "stand") as made:
        write_rules(folder / "rules", RULES, never_meet)
        made.bot.settings = made.bot.settings.model_copy(update={"rules": folder / "rules"})
        async with ticking(made) as jobs:
            await _idle(jobs)
            begin()
            await reload_of(made.bot)()


async def _backup(folder: Path, begin: Callable[[], None]) -> None:
    async with stand(folder) as made:
        await sync.fill(made.bot, STORED)
        async with ticking(made) as jobs:
            await _idle(jobs)
            begin()
            told = [sys.executable, "-c", BACKUP, str(folder / "bot.db"), str(folder / "copy.db")]
            process = await subprocess.create_subprocess_exec(*told)
            while process.returncode is None:
                await _news(made.bot)
                await asyncio.sleep(0.01)
            assert process.returncode == 0


async def _news(bot: Bot) -> None:
    await look.start_polling(bot)
    bot.wake()


async def _sync(folder: Path, begin: Callable[[], None]) -> None:
    with long_list(sync.COUNT, 0.01) as address:
        async with stand(folder, budget=sync.BUDGET) as made, open_session() as session:
            bot = made.bot
            await sync.fill(bot, sync.COUNT)
            client = VendorClient(session, timeout_s=30, clock=made.clock, log=bot.log, gate=bot.calls)
            sync.point_at(bot, client, f"{address}/1")
            await look.start_polling(bot)
            begin()
            assert await look.look_once(bot)


SCENES: dict[str, Callable[[Path, Callable[[], None]], Awaitable[None]]] = {
    f"{OCCURRENCES} occurrences due at once": _occurrences,
    "a backup": _backup,
    f"a reload of {RULES:,} rules": _reload,
    "a sync of 10,000 pay runs": _sync,
}


def _seen(scene: Callable[[Path, Callable[[], None]], Awaitable[None]]) -> tuple[float, float]:
    """The longest by the clock and by the thread's own processor time."""
    selector = Longest()

    def begin() -> None:
        collector.set_aside()
        selector.begin()

    async def play() -> None:
        with TemporaryDirectory() as folder, collector.aside():
            (Path(folder) / "stand").mkdir()
            await scene(Path(folder), begin)
            seen.append((selector.by_clock, selector.by_processor))

    seen: list[tuple[float, float]] = []
    with asyncio.Runner(loop_factory=lambda: SelectorEventLoop(selector)) as runner:
        runner.run(play())
    return seen[0]


async def bench() -> list[Figure]:
    figures = []
    for what, scene in SCENES.items():
        by_clock, by_processor = await asyncio.to_thread(_seen, scene)
        figures.append(Figure(f"longest stall in seconds with {what}", ASKED_S, [by_clock], decimals=3))
        own = f"longest stall in seconds with {what}, by the loop's own processor time"
        figures.append(Figure(own, ASKED_S, [by_processor], decimals=3))
    return figures
