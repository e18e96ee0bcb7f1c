"""How a vendor's news reaches its receivers: late, twice and in any order, if asked.

The vendors say little about it (Gigapay: up to 10 times, with growing pauses, while
the receiver is unavailable). Assumed for all: no answer, 429 and 5xx are
"unavailable"; every other answer ends it. Pauses are real time and short, since no
test waits an hour.
"""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from aiohttp import ClientError, ClientSession, ClientTimeout

from bot.sandbox.clock import Clock
from bot.sandbox.exact import Json
from bot.sandbox.ledger import instant

Headers = Callable[[], Mapping[str, str]]
Told = Callable[[int | None], None]


@dataclass
class _Letter:
    event: str
    url: str
    body: bytes
    headers: Headers
    told: Told
    attempts: int = 0


class Deliveries:
    """The outgoing events of one vendor. `copies` and `shuffle` may be changed at any time.

    With `shuffle`, what waits is sent in random order: each event is held for
    `hold_s` so that there is something to change places with. `at_once` is how many are
    on their way side by side.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        copies: int = 1,
        at_once: int = 1,
        shuffle: random.Random | None = None,
        attempts: int = 10,
        pause_s: float = 0.05,
        longest_pause_s: float = 2.0,
        timeout_s: float = 5.0,
        hold_s: float = 0.01,
    ) -> None:
        self.copies = copies
        self.shuffle = shuffle
        self.log: list[Json] = []
        self._clock = clock
        self._at_once = at_once
        self._attempts = attempts
        self._pause_s = pause_s
        self._longest_pause_s = longest_pause_s
        self._timeout = ClientTimeout(total=timeout_s)
        self._hold_s = hold_s
        self._waiting: list[_Letter] = []
        self._later: set[asyncio.TimerHandle] = set()
        self._unfinished = 0
        self._workers: set[asyncio.Task[None]] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def pending(self) -> int:
        """How many deliveries are neither made nor given up, retries that wait included."""
        return self._unfinished

    def send(self, event: str, url: str, body: bytes, headers: Headers, told: Told = lambda _: None) -> None:
        """Queue one event, in as many copies as set; `headers` is asked anew for each attempt.

        `told` is called with the final status of each copy, None where nobody answered.
        """
        for _ in range(self.copies):
            self._unfinished += 1
            self._idle.clear()
            self._enqueue(_Letter(event, url, body, headers, told))

    async def settle(self) -> None:
        """Wait until nothing is pending."""
        await self._idle.wait()

    async def close(self) -> None:
        """Stop sending; what is pending is given up."""
        for handle in self._later:
            handle.cancel()
        self._later.clear()
        self._waiting.clear()
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        self._unfinished = 0
        self._idle.set()

    def _enqueue(self, letter: _Letter) -> None:
        self._waiting.append(letter)
        if len(self._workers) < self._at_once:
            self._start()

    def _start(self) -> None:
        worker = asyncio.get_running_loop().create_task(self._deliver())
        self._workers.add(worker)
        worker.add_done_callback(self._ended)

    def _ended(self, worker: asyncio.Task[None]) -> None:
        self._workers.discard(worker)
        # What was queued while its session closed found it still there.
        if self._waiting and not worker.cancelled():
            self._start()

    async def _deliver(self) -> None:
        async with ClientSession(timeout=self._timeout) as session:
            while self._waiting:
                if self.shuffle is not None:
                    await asyncio.sleep(self._hold_s)
                    if not self._waiting:
                        break
                at = self.shuffle.randrange(len(self._waiting)) if self.shuffle else 0
                letter = self._waiting.pop(at)
                letter.attempts += 1
                status = await self._attempt(session, letter)
                if (status is None or status == 429 or status >= 500) and letter.attempts < self._attempts:
                    self._again(letter)
                else:
                    letter.told(status)
                    self._finished()

    async def _attempt(self, session: ClientSession, letter: _Letter) -> int | None:
        headers = {"Content-Type": "application/json", **letter.headers()}
        status: int | None = None
        said = ""
        try:
            async with session.post(
                letter.url, data=letter.body, headers=headers, allow_redirects=False
            ) as reply:
                status = reply.status
        except (ClientError, TimeoutError, OSError) as error:
            said = type(error).__name__
        self.log.append(
            {
                "at": instant(self._clock.now()),
                "event": letter.event,
                "url": letter.url,
                "sha256": sha256(letter.body).hexdigest(),
                "attempt": letter.attempts,
                "status": status,
                "error": said,
            }
        )
        return status

    def _again(self, letter: _Letter) -> None:
        pause = min(self._pause_s * 2 ** (letter.attempts - 1), self._longest_pause_s)

        def now() -> None:
            self._later.discard(handle)
            self._enqueue(letter)

        handle = asyncio.get_running_loop().call_later(pause, now)
        self._later.add(handle)

    def _finished(self) -> None:
        self._unfinished -= 1
        if self._unfinished == 0:
            self._idle.set()
