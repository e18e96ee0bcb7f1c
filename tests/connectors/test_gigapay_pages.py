"""A list that is read with several pages on their way: nothing is missed, and never too much is asked."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from bot.connectors.client import Reply
from bot.connectors.gigapay.models import Item
from bot.connectors.gigapay.pages import AT_ONCE, MAX_PAGES, Pages
from bot.connectors.problem import Gone, NotThere, VendorProblem

EACH = 3


class Shelf:
    """A list of so many items, three a page. `before` is called before each page is answered."""

    def __init__(self, count: int, before: Callable[[int], None] = lambda number: None) -> None:
        self.items = [{"id": str(number)} for number in range(count)]
        self.before = before
        self.asked: list[int] = []
        self.told: list[list[str]] = []
        self.under_way = 0
        self.most_under_way = 0

    async def fetch(self, number: int) -> Reply:
        self.asked.append(number)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(0.002 * (5 - number % 5))  # the later ones are the sooner
            self.before(number)
            return Reply(200, {}, json.dumps(self.page(number)).encode())
        finally:
            self.under_way -= 1

    def page(self, number: int) -> dict[str, Any]:
        rows = self.items[(number - 1) * EACH : number * EACH]
        if not rows and number > 1:
            raise Gone("there is no such page")
        more = number * EACH < len(self.items)
        return {"count": len(self.items), "next": "…" if more else None, "results": rows}


def reading(shelf: Shelf) -> Pages[Item, str]:
    return Pages(
        shelf.fetch, Item, "payruns/", lambda item: item.id, lambda page: shelf.told.append(list(page))
    )


@pytest.mark.parametrize("count", [0, 1, EACH, EACH + 1, 4 * EACH, 40])
async def test_every_item_comes_once_in_the_lists_order_however_the_pages_come(count: int) -> None:
    shelf = Shelf(count)

    found = await reading(shelf).read()

    assert found == [str(number) for number in range(count)]
    assert sorted(shelf.asked) == list(range(1, max(1, -(-count // EACH)) + 1))
    assert sorted(one for page in shelf.told for one in page) == sorted(found)


async def test_the_first_page_is_asked_for_alone_and_then_four_at_once() -> None:
    shelf = Shelf(40)
    first: list[list[int]] = []
    shelf.before = lambda number: first.append(list(shelf.asked)) if number == 1 else None

    await reading(shelf).read()

    assert first == [[1]]
    assert shelf.most_under_way == AT_ONCE


@pytest.mark.parametrize("at", [1, 2, 5, 14])
async def test_a_list_from_which_one_was_taken_meanwhile_is_not_taken_for_whole(at: int) -> None:
    shelf = Shelf(40)

    def take(number: int) -> None:
        if number == at:
            shelf.before = lambda number: None
            del shelf.items[0]

    shelf.before = take

    found = await reading(shelf).read()

    # Right where it was taken before the first page was answered, and else it is to be read again.
    assert found == ([str(number) for number in range(1, 40)] if at == 1 else None)


async def test_a_list_that_lost_one_and_none_of_its_pages_is_not_taken_for_whole() -> None:
    """Only its count tells: each page is there, and the last one says that it is."""
    shelf = Shelf(14 * EACH - 1)

    def take(number: int) -> None:
        if number == 6:
            shelf.before = lambda number: None
            del shelf.items[0]

    shelf.before = take

    assert await reading(shelf).read() is None


@pytest.mark.parametrize("at", [2, 5, 14])
async def test_what_was_added_at_the_end_meanwhile_is_in_it_or_it_is_read_again(at: int) -> None:
    shelf = Shelf(39)

    def add(number: int) -> None:
        if number == at:
            shelf.items.append({"id": f"new-{at}"})

    shelf.before = add

    found = await reading(shelf).read()

    assert found is None or found == [one["id"] for one in shelf.items]


async def test_a_page_that_is_gone_moved() -> None:
    shelf = Shelf(40)

    def shrink(number: int) -> None:
        del shelf.items[10:]

    shelf.before = lambda number: shrink(number) if number == 2 else None

    assert await reading(shelf).read() is None


async def test_a_list_that_is_not_there_is_said_so() -> None:
    async def nothing(number: int) -> Reply:
        raise Gone("answered 404")

    with pytest.raises(NotThere, match="answered 404"):
        await Pages(nothing, Item, "payruns/", lambda item: item.id).read()


async def test_a_page_that_fails_ends_the_others() -> None:
    shelf = Shelf(40)

    def fail(number: int) -> None:
        if number == 3:
            raise VendorProblem("answered 500")

    shelf.before = fail

    with pytest.raises(VendorProblem, match="answered 500"):
        await reading(shelf).read()
    asked = len(shelf.asked)
    await asyncio.sleep(0.03)

    assert (shelf.under_way, len(shelf.asked)) == (0, asked)


async def test_more_pages_than_are_read_are_refused_before_they_are() -> None:
    shelf = Shelf(MAX_PAGES * EACH + 1)

    with pytest.raises(VendorProblem, match=f"lists more than {MAX_PAGES} pages of payruns/"):
        await reading(shelf).read()

    assert shelf.asked == [1]


async def test_where_nothing_is_counted_one_page_follows_the_other() -> None:
    shelf = Shelf(20)
    counted = shelf.page
    shelf.page = lambda number: {**counted(number), "count": None}  # type: ignore[method-assign]

    found = await reading(shelf).read()

    assert (found, shelf.most_under_way) == ([str(number) for number in range(20)], 1)
