"""One clock for everything in a simulation: the rules' time, the wall's and the vendors'."""

from datetime import UTC, datetime, timedelta


class SimClock:
    """Stands until it is moved. Calls take time on it, and so do time-outs and waits."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    wall = now

    def go_to(self, now: datetime) -> None:
        assert now >= self._now, "a simulation never goes back"
        self._now = now.astimezone(UTC)

    async def sleep(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
