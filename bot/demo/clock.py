"""The demo's clock: it stands still while something is under way, and jumps to what is due.

`wall` stays the machine's, for leases and quarantine. After the story `run` lets it
go on in real time from where it stands.
"""

from datetime import datetime

from bot.app import SystemClock


class DemoClock:
    def __init__(self, start: datetime) -> None:
        self._machine = SystemClock()
        self._now = start
        self._running_since: datetime | None = None

    def now(self) -> datetime:
        if self._running_since is None:
            return self._now
        return self._now + (self._machine.now() - self._running_since)

    def wall(self) -> datetime:
        return self._machine.now()

    def jump(self, to: datetime) -> None:
        """Move on to an instant; never back."""
        self._now = max(self._now, to)

    def run(self) -> None:
        """Go on in real time from here."""
        self._running_since = self._machine.now()
