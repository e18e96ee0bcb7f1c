"""So many calls at once to one connection, for all replicas together."""

import asyncio
from collections import deque


class Places:
    """Places that are taken in the order of asking. Each replica has its part of them, and at least one."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._replicas = 1
        self._taken = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def own(self) -> int:
        """How many of them are this replica's."""
        return max(1, self._at_once // self._replicas)

    def share(self, replicas: int) -> None:
        """There are so many replicas now. Who has a place keeps it."""
        self._replicas = replicas
        self._let_in()

    async def acquire(self) -> None:
        if self._taken < self.own and not self._waiting:
            self._taken += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.release()  # it was let in just as it gave up
            raise

    def release(self) -> None:
        self._taken -= 1
        self._let_in()

    def _let_in(self) -> None:
        while self._waiting and self._taken < self.own:
            turn = self._waiting.popleft()
            if not turn.done():
                self._taken += 1
                turn.set_result(None)

    async def __aenter__(self) -> None:
        await self.acquire()

    async def __aexit__(self, *_: object) -> None:
        self.release()
