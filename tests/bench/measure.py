"""Measuring two ways of doing something beside each other, and saying what came of it."""

import gc
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from inspect import isawaitable
from statistics import median
from time import process_time

Way = Callable[[], Awaitable[object] | object]
ROUNDS = 9


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure that was asked for. `seen` has the ratio, or the rate, of each round."""

    what: str
    asked: float | None
    """None for what nobody asked for, and is worth knowing."""
    seen: Sequence[float]
    at_least: bool = False
    """Whether more is better."""
    decimals: int = 2

    @property
    def middle(self) -> float:
        return median(self.seen)

    @property
    def is_reached(self) -> bool:
        if self.asked is None:
            return True
        return self.middle >= self.asked if self.at_least else self.middle <= self.asked


async def ratios(one: Way, other: Way, *, rounds: int = ROUNDS, times: int = 1) -> list[float]:
    """How many times as long `one` takes as `other`, a ratio for each round.

    They take turns, and who begins takes turns, so that what else the machine does meets both.
    What is counted is the time of the processors in this process, not the time it waited for them.
    """
    await _seconds(one, 1)
    await _seconds(other, 1)
    found = []
    for number in range(rounds):
        if number % 2:
            long, short = await _seconds(one, times), await _seconds(other, times)
        else:
            short, long = await _seconds(other, times), await _seconds(one, times)
        found.append(long / short)
    return found


async def rates(way: Way, count: int, *, rounds: int = ROUNDS) -> list[float]:
    """How many of `count` a second, for each round."""
    await _seconds(way, 1)
    return [count / await _seconds(way, 1) for _ in range(rounds)]


async def _seconds(way: Way, times: int) -> float:
    gc.collect()  # what was left before is nobody's here
    began = process_time()
    for _ in range(times):
        done = way()
        if isawaitable(done):
            await done
    return process_time() - began
