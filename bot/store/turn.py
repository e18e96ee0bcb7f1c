"""The turn of this process's writers, in the order they came."""

import asyncio

from bot.store import home
from bot.store.failure import as_failure


class Turn:
    """Entered by whoever writes. Raises OperationalError where that takes too long.

    A file's own lock is no queue: whoever asks for it again and again would keep out the others.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def __aenter__(self) -> None:
        try:
            async with asyncio.timeout(home.WAITS_S):
                await self._lock.acquire()
        except TimeoutError as late:
            raise as_failure(TimeoutError(f"{home.BUSY} in {home.WAITS_S} s")) from late

    async def __aexit__(self, *_problem: object) -> None:
        self._lock.release()
