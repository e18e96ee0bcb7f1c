"""The bot of one run, as a process that dies when it is told to.

It is the service that `serve` starts, on the settings of the run, with two things added:
the shared clock, and a hook at the fault points that delays, and kills at one of them.
"""

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from datetime import timedelta
from io import StringIO
from pathlib import Path

from bot.app import connection_models, start
from bot.core.fault import set_fault_hook
from bot.logs import configure_logs
from bot.settings import Timing, load
from tests.faults.machine import SharedClock

READY = "ready"
QUARANTINE = timedelta(seconds=1.5)
TIMING = Timing(
    lease=timedelta(seconds=0.9),
    call_time_out=timedelta(seconds=0.3),
    quarantine=QUARANTINE,
    tick=timedelta(seconds=0.1),
    look_gap=timedelta(seconds=0.05),
)
"""Shorter than settings may say: a run waits all of these out for real.

The quarantine is the longer one, so that a lease that runs out does not look like it.
"""


@dataclass(frozen=True)
class Orders:
    """What one process is to do: live on `folder`, and die at the `nth` passage of `point`.

    At all other points it waits up to `delay_ms`, drawn with `seed`. With `registers`, it
    registers its webhooks at the vendors first.
    """

    folder: str
    environ: Mapping[str, str]
    log: str
    point: str | None = None
    nth: int = 1
    seed: int = 0
    delay_ms: int = 0
    registers: bool = False
    warms: bool = False
    """To be started and stopped by the nursery itself, so that its forks find everything ready."""


@dataclass
class Fate:
    """The hook: `kill -9`, sent by the process to itself, between two of its own steps."""

    orders: Orders
    passed: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._random = random.Random(self.orders.seed)

    async def __call__(self, point: str) -> None:
        self.passed[point] += 1
        if point == self.orders.point and self.passed[point] == self.orders.nth:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.orders.delay_ms:
            await asyncio.sleep(self._random.uniform(0, self.orders.delay_ms) / 1000)


def live(orders: Orders) -> None:
    """Serve until SIGTERM, or until the fault point."""
    configure_logs()
    set_fault_hook(Fate(orders) if orders.point or orders.delay_ms else None)
    asyncio.run(_serve(orders))


def warm_up(orders: Orders) -> None:
    """Start a service and stop it: what is loaded and compiled on the way stays."""
    with redirect_stdout(StringIO()):
        asyncio.run(_serve(orders))


async def _serve(orders: Orders) -> None:
    asked = asyncio.Event()
    if orders.warms:
        asked.set()
    else:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asked.set)
    folder = Path(orders.folder)
    settings = load(folder / "bot.yaml", orders.environ, connection_models())
    settings = settings.model_copy(update={"timing": TIMING})
    service = await start(settings, SharedClock(folder / "clock"))
    if orders.registers:
        for account in service.bot.accounts.values():
            await account.connection.register_hooks(settings.http.public_url)
    (folder / READY).touch()
    await asked.wait()
    await service.stop()
