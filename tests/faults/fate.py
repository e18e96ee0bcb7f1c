"""What becomes of a bot at the fault points: it is delayed at all of them, and struck at one.

To strike is `kill -9`, sent by the process to itself between two of its own steps; or to
freeze: the one worker that came by, while the others go on, or the whole process (SIGSTOP),
which its parent lets go on later.
"""

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Freeze = Literal["worker", "process"]

STRUCK, THAWED = "struck", "thawed"
"""Files in the run's folder: a freeze has begun, and it is over."""


@dataclass(frozen=True)
class Orders:
    """What one process is to do: live on `folder`, and be struck at the `nth` passage of `point`.

    `passage` strikes at that passage of whatever point instead, counted from the start. At
    all other passages it waits up to `delay_ms`, drawn with `seed`.
    """

    folder: str
    environ: Mapping[str, str]
    log: str
    point: str | None = None
    nth: int = 1
    passage: int = 0
    seed: int = 0
    delay_ms: int = 0
    freezes: Freeze | None = None
    """What is frozen where it would else be killed, for `freeze_s`."""
    freeze_s: float = 0
    breaks: str | None = None
    """The protection of the bot that is taken out; see `breaks`."""
    naive: bool = False
    """To work event by event, without a journal; see `naive`."""
    is_fresh: bool = False
    """To be a new interpreter instead of a fork."""
    has_disk: bool = False
    """To write on a disk that the test can fill; see `disk`."""
    registers: bool = False
    """To register its webhooks at the vendors first."""
    warms: bool = False
    """To be started and stopped by the nursery itself, so that its forks find everything ready."""

    @property
    def is_fated(self) -> bool:
        return bool(self.point or self.passage or self.delay_ms)


@dataclass
class Fate:
    """The hook of one process."""

    orders: Orders
    passed: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._random = random.Random(self.orders.seed)

    async def __call__(self, point: str) -> None:
        self.passed[point] += 1
        orders = self.orders
        is_named = point == orders.point and self.passed[point] == orders.nth
        if is_named or self.passed.total() == orders.passage:
            await self._strike()
        elif orders.delay_ms:
            await asyncio.sleep(self._random.uniform(0, orders.delay_ms) / 1000)

    async def _strike(self) -> None:
        folder = Path(self.orders.folder)
        match self.orders.freezes:
            case None:
                os.kill(os.getpid(), signal.SIGKILL)
            case "worker":
                (folder / STRUCK).touch()
                await asyncio.sleep(self.orders.freeze_s)
                (folder / THAWED).touch()
            case "process":
                (folder / STRUCK).touch()
                os.kill(os.getpid(), signal.SIGSTOP)
                (folder / THAWED).touch()
