"""What a stand is told the time by, and where its log goes."""

from collections.abc import MutableMapping
from datetime import datetime, timedelta
from typing import Any

import structlog


class TwoClocks:
    """The time of rules and the wall clock, each standing until it is moved."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._wall = now

    def now(self) -> datetime:
        return self._now

    def wall(self) -> datetime:
        return self._wall

    def go_to(self, now: datetime) -> None:
        assert now >= self._now, "the clock never goes back"
        self._now = now

    def set_to(self, now: datetime) -> None:
        """Somebody, or a time server, sets the machine's clock: forward or back."""
        self._now = now

    def pass_wall(self, by: timedelta) -> None:
        """Let real time pass: leases end and quarantines are over, and no rule notices."""
        self._wall += by


class KeptLog:
    """What the engine logged, as (level, event, fields)."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, Any]]] = []

    def __call__(self, _: Any, level: str, line: MutableMapping[str, Any]) -> str:
        self.lines.append((level, str(line.pop("event")), dict(line)))
        raise structlog.DropEvent

    def of(self, level: str) -> list[str]:
        return [event for found, event, _ in self.lines if found == level]
