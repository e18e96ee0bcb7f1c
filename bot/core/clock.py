"""The clock as everything but `app` sees it: something that is asked.

Two readings, because a demo or a simulation moves the one and not the other. `now`
is the time that rules, deadlines and people live in. `wall` is for what guards one
process against another (leases, quarantine), which must not jump when a story does.
"""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The time of rules and deadlines, aware, in UTC."""

    def wall(self) -> datetime:
        """The machine's own time, aware, in UTC: for leases and quarantine only."""
