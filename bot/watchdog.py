"""Alive and working, or out with a reason: a thread that watches the loop and the ticks.

A service whose loop stands still, or whose scheduler has died, looks alive to whoever
runs it and does nothing. This thread ends the process then, so that it is started anew:
start is recovery. It says why first, with what every thread was at.

Two things are not trouble. A process that was stopped whole (a laptop's sleep, a paused
container) finds on waking that this thread was late, too: the loop then gets its full
time again. And a database that is full or locked fails ticks that are asked all the same.
What holds the interpreter itself holds this thread; the container's own check sees that.
"""

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from traceback import extract_stack

from structlog.typing import FilteringBoundLogger

EXIT_CODE = 70
"""Of a process that ended itself because it no longer worked."""

SAYS_WITHIN_S = 2.0
"""A log that nobody reads may be what the loop waits for: it must not hold this thread, too."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many seconds the loop may stand, and how many may pass between two ticks."""

    loop_s: float = 30.0
    tick_s: float = 30.0

    @property
    def look_every_s(self) -> float:
        return min(self.loop_s, self.tick_s) / 20


def limits_for(tick_s: float) -> Limits:
    """The limits of a service that ticks this often: ten ticks may be missed, or 30 s."""
    return Limits(tick_s=max(30.0, 10 * tick_s))


class Watchdog:
    """Watches the loop that starts it. `ticked_at` is the last tick, in the loop's own seconds."""

    def __init__(
        self,
        log: FilteringBoundLogger,
        ticked_at: Callable[[], float],
        limits: Limits,
        *,
        leave: Callable[[int], object] = os._exit,
        seconds: Callable[[], float] = monotonic,
    ) -> None:
        self._log = log
        self._ticked_at = ticked_at
        self._limits = limits
        self._leave = leave
        self._seconds = seconds
        self._turned_at = self._awake_since = self._looked_at = seconds()
        self._ends_at: float | None = None
        self._done = threading.Event()

    def start(self) -> None:
        """Begin to watch; called from within the loop."""
        self._beat(asyncio.get_running_loop())
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def end_within(self, seconds: float) -> None:
        """The service stops: no more ticks are expected, and then the process ends, finished or not."""
        self._ends_at = self._seconds() + seconds

    def stop(self) -> None:
        self._done.set()

    def _beat(self, loop: asyncio.AbstractEventLoop) -> None:
        self._turned_at = self._seconds()
        if not self._done.is_set():
            loop.call_later(self._limits.look_every_s, self._beat, loop)

    def _watch(self) -> None:
        self._looked_at = self._seconds()
        while not self._done.wait(self._limits.look_every_s):
            reason = self.look(self._seconds())
            if reason is not None:
                self._say(reason)
                self._leave(EXIT_CODE)
                return

    def look(self, now: float) -> str | None:
        """Why the process must end; None while it works, or has just been frozen whole."""
        if now - self._looked_at > 10 * self._limits.look_every_s:
            self._awake_since = now
        self._looked_at = now
        if self._ends_at is not None:
            return "it did not stop in time" if now >= self._ends_at else None
        stands_s = now - max(self._turned_at, self._awake_since)
        if stands_s > self._limits.loop_s:
            return f"the loop has stood still for {stands_s:.0f} s"
        silent_s = now - max(self._ticked_at(), self._awake_since)
        if silent_s > self._limits.tick_s:
            return f"nothing has ticked for {silent_s:.0f} s"
        return None

    def _say(self, reason: str) -> None:
        say = threading.Thread(
            target=lambda: self._log.critical("ends itself", why=reason, threads=stacks()), daemon=True
        )
        say.start()
        say.join(SAYS_WITHIN_S)


def stacks() -> dict[str, list[str]]:
    """What every thread is at, innermost last: files, lines and functions, no values."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    return {
        names.get(number, str(number)): [
            f"{frame.filename}:{frame.lineno} {frame.name}" for frame in extract_stack(inner)
        ]
        for number, inner in sys._current_frames().items()
    }
