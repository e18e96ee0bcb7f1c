"""A lease has one holder, and the one it was taken from cannot write any more."""

from datetime import timedelta

import pytest

from bot.store import leases
from bot.store.database import Database

from .conftest import LEASE, NOW

MOMENT = timedelta(microseconds=1)


async def take(db: Database, holder: str, *, after: timedelta = timedelta(0)) -> int | None:
    wall = NOW + after
    async with db.write() as tx:
        return await leases.take(tx, "seal", holder, until=wall + LEASE, wall=wall)


async def holds(db: Database, holder: str, fence: int) -> bool:
    async with db.write() as tx:
        return await leases.still_holds(tx, "seal", holder, fence)


@pytest.mark.parametrize(
    ("after", "fence"),
    [
        pytest.param(LEASE - MOMENT, None, id="a moment before its end it is another's"),
        pytest.param(LEASE, 2, id="at its end it is free"),
    ],
)
async def test_another_gets_a_lease_only_from_its_end_on(
    db: Database, after: timedelta, fence: int | None
) -> None:
    assert await take(db, "one") == 1

    assert await take(db, "other", after=after) == fence


async def test_its_own_holder_gets_it_again_with_a_fence_of_its_own(db: Database) -> None:
    first = await take(db, "one")
    second = await take(db, "one")

    assert (first, second) == (1, 2)
    assert [await holds(db, "one", 1), await holds(db, "one", 2)] == [False, True]


async def test_one_that_slept_past_its_end_holds_nothing_once_another_has_taken_it(db: Database) -> None:
    await take(db, "one")
    assert await holds(db, "one", 1)

    await take(db, "other", after=LEASE)

    assert not await holds(db, "one", 1)
    assert await holds(db, "other", 2)


async def test_what_was_given_back_is_free_at_once(db: Database) -> None:
    await take(db, "one")
    async with db.write() as tx:
        await leases.give_back(tx, "seal", "one", 1, wall=NOW)

    assert await take(db, "other") == 2


async def test_giving_back_what_another_has_meanwhile_changes_nothing(db: Database) -> None:
    await take(db, "one")
    await take(db, "other", after=LEASE)
    async with db.write() as tx:
        await leases.give_back(tx, "seal", "one", 1, wall=NOW)

    assert await holds(db, "other", 2)
    assert await take(db, "one", after=LEASE) is None


async def test_leases_of_two_names_know_nothing_of_each_other(db: Database) -> None:
    await take(db, "one")

    async with db.write() as tx:
        assert await leases.take(tx, "another", "other", until=NOW + LEASE, wall=NOW) == 1
