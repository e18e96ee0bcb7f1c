"""A list of Gigapay's, read through: the first page tells how many there are, then four are on their way.

What is surprising: pages are counted by what the first of them holds, not by what was asked
for, since no document says how long a page may be. And a list that changes meanwhile moves
the others over the edges of its pages, so that one may be missed: what every page counted,
and what was found, say whether that can have happened.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from math import ceil
from typing import Generic, TypeVar

from bot.connectors.client import Reply
from bot.connectors.gigapay.models import Item, Page
from bot.connectors.problem import Gone, NotThere, VendorProblem
from bot.connectors.values import validated
from bot.core.words import say, told_by

AT_ONCE = 4
"""Pages that are on their way at the same time."""
MAX_PAGES = 200
LEAVES_WITHIN_S = 0.006
"""Where a page has come, the next request leaves first, and those of its neighbours, which come
together with it. On one processor they would else wait until its hundred rows are made sense of."""
ROWS_AT_A_TIME = 10
"""Rows that are made sense of before others on the loop have their turn: under a millisecond."""

M = TypeVar("M", bound=Item)
T = TypeVar("T")
Fetch = Callable[[int], Awaitable[Reply]]
"""Asks for the page of this number. Raises Gone for one that is not there."""
Told = Callable[[Sequence[T]], None]
"""Hears of each page as it was read. A list whose pages moved is read again, and told again."""


class Pages(Generic[M, T]):
    """One reading of a list. The next page is asked for before the last is made sense of.

    `made` makes of an item what is kept of it: of ten thousand, the items themselves are much.
    """

    def __init__(
        self,
        fetch: Fetch,
        model: type[M],
        path: str,
        made: Callable[[M], T],
        told: Told[T] = lambda page: None,
    ) -> None:
        self._fetch = fetch
        self._model = model
        self._path = path
        self._made = made
        self._told = told
        self._items: dict[int, dict[str, T]] = {}
        self._most: int | None = None
        """The most that any page said the list has."""

    async def read(self) -> list[T] | None:
        """Every item once, in the list's order; None where its pages moved.

        A page that is gone moved, too. Raises VendorProblem for more pages than are read,
        NotThere where the list itself is not there.
        """
        try:
            first = await self._take(1, await self._fetch(1))
        except Gone as gone:  # the list is not there, which is not what was asked about gone
            raise NotThere(told_by(gone)) from None
        found = dict(self._items[1])
        if not (first.next and first.results):
            return list(found.values())  # of a single page nothing can be missed, whatever it counts
        try:
            is_through = await self._read_further(first)
        except Gone:
            return None
        for number in sorted(self._items):
            found |= self._items[number]
        is_whole = is_through and self._most in (None, len(found))
        return list(found.values()) if is_whole else None

    async def _read_further(self, first: Page) -> bool:
        """All the other pages; False where one before the last says that it is the last."""
        last = 1 if first.count is None else ceil(first.count / len(first.results))
        if last > MAX_PAGES:
            raise self._too_many()
        goes_on = True
        async with aclosing(_side_by_side(self._fetch, range(2, last + 1))) as replies:
            async for number, reply in replies:
                page = await self._take(number, reply)
                is_last = not (page.next and page.results)
                if is_last and number < last:
                    return False
                goes_on = goes_on and not is_last
        # Where nothing was counted, and of a list that has grown: one after the other.
        number = max(last, 1)
        while goes_on:
            number += 1
            if number > MAX_PAGES:
                raise self._too_many()
            page = await self._take(number, await self._fetch(number))
            goes_on = bool(page.next and page.results)
        return True

    def _too_many(self) -> VendorProblem:
        return VendorProblem(say("lists more than {most} pages of {what}", most=MAX_PAGES, what=self._path))

    async def _take(self, number: int, reply: Reply) -> Page:
        page = validated(Page, reply.json(), say("a page of {path}", path=self._path))
        what = say("one of {path}", path=self._path)
        items: dict[str, T] = {}
        for count, row in enumerate(page.results, 1):
            item = validated(self._model, row, what)
            items[item.id] = self._made(item)
            if count % ROWS_AT_A_TIME == 0:
                await asyncio.sleep(0)
        self._items[number] = items
        if page.count is not None:
            self._most = max(page.count, self._most or 0)
        self._told(list(items.values()))
        return page


async def _side_by_side(fetch: Fetch, numbers: range) -> AsyncGenerator[tuple[int, Reply], None]:
    """The pages of these numbers as they come, never more than `AT_ONCE` on their way or waiting.

    The first that fails ends the others.
    """
    came: asyncio.Queue[tuple[int, Reply | Exception]] = asyncio.Queue(AT_ONCE)
    left = iter(numbers)

    async def ask() -> None:
        for number in left:
            try:
                reply: Reply | Exception = await fetch(number)
            except Exception as problem:
                reply = problem
            await came.put((number, reply))

    asking = [asyncio.create_task(ask()) for _ in range(min(AT_ONCE, len(numbers)))]
    try:
        for _ in numbers:
            is_first = came.empty()
            number, reply = await came.get()
            if is_first:
                await asyncio.sleep(LEAVES_WITHIN_S)
            if isinstance(reply, Exception):
                raise reply
            yield number, reply
    finally:
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
