"""Wrong tokens by the address that they came from and all together, in memory: of the page, and of the API.

What is promised: from one address ten wrong tokens in five minutes are looked at as they
come, and from all addresses together a hundred, however many addresses there are. Beyond
either, tokens are looked at one by one, five a second, whoever sends them. Nobody is locked
out by that. A token that was right here before, since the service started, never waits. One
that was not waits its turn, ten seconds at most; only while others fill these ten seconds is
it answered 429 without being looked at, and has to come again.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable

from aiohttp import web

TRIES = 10
ALL_TRIES = 100
WITHIN_S = 300.0
MOST_ADDRESSES = 1_000
PACE_S = 0.2
LONGEST_WAIT_S = 10.0
MOST_KNOWN = 1_000
"""Tokens that were right, and go on without waiting."""


class Refusals:
    """Refused tokens, and who has to wait for their turn.

    Behind a proxy everybody has one address: one stranger there must not lock them all out.
    """

    def __init__(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._sleep = sleep
        self._at: OrderedDict[str, deque[float]] = OrderedDict()
        self._all: deque[float] = deque(maxlen=2 * ALL_TRIES)
        """The newest wrong tokens of all addresses: more than count, since some are taken back."""
        self._waiting: set[str] = set()
        self._turn_s = 0.0
        self._right: OrderedDict[str, None] = OrderedDict()

    def left(self, address: str, now_s: float) -> int:
        """How many more tries this address has."""
        tries = self._at.get(address, deque())
        while tries and now_s - tries[0] >= WITHIN_S:
            tries.popleft()
        return TRIES - len(tries)

    def add(self, address: str, now_s: float) -> None:
        self._at.setdefault(address, deque(maxlen=TRIES)).append(now_s)
        self._at.move_to_end(address)
        self._all.append(now_s)
        while len(self._at) > MOST_ADDRESSES:
            self._at.popitem(last=False)

    def take_back(self, address: str, now_s: float) -> None:
        """A try that was added at this time was none after all."""
        tries = self._at.get(address)
        if tries is not None and now_s in tries:
            tries.remove(now_s)
            if now_s in self._all:
                self._all.remove(now_s)

    async def may_be_looked_at(self, token: str, address: str, now_s: float) -> bool:
        """Wait for this token's turn: none where few were wrong, or where it was right before.

        False where there is no place to wait: where too many do, or the same token does. `token`
        is a keyed hash of it.
        """
        while self._all and now_s - self._all[0] >= WITHIN_S:
            self._all.popleft()
        if token in self._right or (self.left(address, now_s) > 0 and len(self._all) < ALL_TRIES):
            return True
        at_s = max(now_s, self._turn_s)
        if at_s - now_s > LONGEST_WAIT_S or token in self._waiting:
            return False
        self._turn_s = at_s + PACE_S
        self._waiting.add(token)
        try:
            await self._sleep(at_s - now_s)
        finally:
            self._waiting.discard(token)
        return True

    def was_right(self, token: str) -> None:
        """It never has to wait from now on."""
        self._right[token] = None
        self._right.move_to_end(token)
        while len(self._right) > MOST_KNOWN:
            self._right.popitem(last=False)


REFUSALS = web.AppKey("refusals", Refusals)
API_REFUSALS = web.AppKey("api refusals", Refusals)
"""A program that goes on with a token that has expired must not use up its people's tries."""
