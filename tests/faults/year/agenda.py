"""What is going to happen in a simulation, by its instant; equal instants in the order they were put in."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from heapq import heappop, heappush

Deed = Callable[[], Awaitable[None]]


class Agenda:
    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, Deed]] = []
        self._number = 0

    def at(self, when: datetime, do: Deed) -> None:
        self._number += 1
        heappush(self._heap, (when, self._number, do))

    @property
    def next_at(self) -> datetime | None:
        return self._heap[0][0] if self._heap else None

    async def do_next(self, now: datetime) -> bool:
        """Do the oldest deed that is due; False where none is."""
        if not self._heap or self._heap[0][0] > now:
            return False
        await heappop(self._heap)[2]()
        return True
