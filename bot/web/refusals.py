"""Wrong tokens by the address that they came from, in memory: on the sign-in page, and on the API apart."""

from collections import OrderedDict, deque

from aiohttp import web

TRIES = 10
WITHIN_S = 300.0
MOST_ADDRESSES = 1_000


class Refusals:
    """Refused sign-ins by address, in memory: ten in five minutes, and wrong ones there must wait.

    A right token is taken all the same: behind a proxy everybody has one address, and one
    stranger would lock them all out.
    """

    def __init__(self) -> None:
        self._at: OrderedDict[str, deque[float]] = OrderedDict()

    def left(self, address: str, now_s: float) -> int:
        """How many more tries this address has."""
        tries = self._at.get(address, deque())
        while tries and now_s - tries[0] >= WITHIN_S:
            tries.popleft()
        return TRIES - len(tries)

    def add(self, address: str, now_s: float) -> None:
        self._at.setdefault(address, deque(maxlen=TRIES)).append(now_s)
        self._at.move_to_end(address)
        while len(self._at) > MOST_ADDRESSES:
            self._at.popitem(last=False)

    def take_back(self, address: str, now_s: float) -> None:
        """A try that was added at this time was none after all."""
        tries = self._at.get(address)
        if tries is not None and now_s in tries:
            tries.remove(now_s)


REFUSALS = web.AppKey("refusals", Refusals)
API_REFUSALS = web.AppKey("api refusals", Refusals)
"""A program that goes on with a token that has expired must not use up its people's tries."""
