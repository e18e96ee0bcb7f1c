"""The vendors' news on its way: one in twenty is lost, others come twice or thrice, all in any order.

What is on its way waits for its moment on the simulated clock and is then posted to the
bot's own web application.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from heapq import heappop, heappush
from random import Random
from typing import Any

from aiohttp import ClientSession

from bot.sandbox import Deliveries
from bot.sandbox.deliveries import Headers, Told
from tests.faults.year.clock import SimClock

LOST_ONE_IN = 20
COPIES = (1, 1, 1, 2, 3)
LATEST_S = 40 * 60


class News(Deliveries):
    """The outgoing events of all vendors, sent when `deliver` is called."""

    def __init__(self, clock: SimClock, seed: str) -> None:
        super().__init__(clock)
        self.lost = 0
        self._sim = clock
        self._random = Random(seed)
        self._heap: list[tuple[datetime, int, Any]] = []
        self._number = 0

    def send(self, event: str, url: str, body: bytes, headers: Headers, told: Told = lambda _: None) -> None:
        if not self._random.randrange(LOST_ONE_IN):
            self.lost += 1
            return
        for _ in range(self._random.choice(COPIES)):
            # Most come at once; some so late that they overtake what followed them.
            late_s = self._random.choice((0, 1, 2, 5, 60, self._random.randrange(LATEST_S)))
            self.put(self._sim.now() + timedelta(seconds=late_s), (event, url, body, headers, told))

    def put(self, at: datetime, told: Any) -> None:
        """It arrives then."""
        self._number += 1
        heappush(self._heap, (at, self._number, told))

    @property
    def next_at(self) -> datetime | None:
        """When the next arrives."""
        return self._heap[0][0] if self._heap else None

    async def deliver(self, session: ClientSession) -> bool:
        """Post what has arrived by now; whether there was any."""
        did = False
        while self._heap and self._heap[0][0] <= self._sim.now():
            _, _, (event, url, body, headers, told) = heappop(self._heap)
            sent = {"Content-Type": "application/json", **headers()}
            async with session.post(url, data=body, headers=sent) as reply:
                told(reply.status)
            self.log.append(
                {
                    "at": self._sim.now().isoformat(),
                    "event": event,
                    "url": url,
                    "sha256": sha256(body).hexdigest(),
                    "status": reply.status,
                }
            )
            did = True
        return did
