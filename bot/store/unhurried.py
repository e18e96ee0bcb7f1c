"""Many rows, a hundred at a time: between them other tasks have their turn."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

T = TypeVar("T")

AT_ONCE = 100
"""A few milliseconds' worth of rows."""


def parts(items: Iterable[T]) -> Iterator[Sequence[T]]:
    """All of them, in order: a statement for each of these is over soon, and names no more than it may."""
    rest = iter(items)
    while several := list(islice(rest, AT_ONCE)):
        yield several


async def unhurried(items: Iterable[T]) -> AsyncIterator[T]:
    """Each of them, for work that waits for nothing by itself."""
    for several in parts(items):
        for one in several:
            yield one
        await asyncio.sleep(0)
