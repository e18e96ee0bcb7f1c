"""A long list is compared while it comes, and what only the whole list can say is said at its end."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from bot.connectors import Connection, Listed, Listing, VendorProblem
from bot.engine import look
from bot.store import news
from bot.store.tables import look as look_table
from bot.store.tables import resource
from tests.databases import Migrated

from .stand import Stand, stand

PAGE = 100
KIND = "gigapay.payrun"


class LongList:
    """A list of so many, a hundred a page, of which one may be the last that comes."""

    def __init__(self, connection: Connection, count: int) -> None:
        self._connection = connection
        self.rows = [Listed(KIND, f"run-{number}", f"first-{number}", False) for number in range(count)]
        self.fails_after: int | None = None
        self.between: Callable[[int], Any] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def list_by_pages(self, now: datetime, told: Callable[[Sequence[Listed]], None]) -> Listing:
        for number, first in enumerate(range(0, len(self.rows), PAGE)):
            if number == self.fails_after:
                raise VendorProblem("answered 500", is_outage=True)
            told(self.rows[first : first + PAGE])
            if self.between is not None:
                await self.between(number)
            await asyncio.sleep(0.01)
        return Listing(tuple(self.rows))


def pointed_at(made: Stand, count: int) -> LongList:
    account = made.bot.accounts["gigapay-se"]
    long = LongList(account.connection, count)
    made.bot.accounts = {account.id: replace(account, connection=long)}  # type: ignore[arg-type]
    return long


async def poll_only(made: Stand) -> None:
    """One poll, and none of the readings that follow from it."""
    await look.start_polling(made.bot)
    async with made.bot.db.write() as tx:
        await tx.execute(
            update(look_table).where(look_table.c.kind == news.LIST).values(due_at=made.clock.now())
        )
    assert await look.look_once(made.bot)


async def to_read(made: Stand) -> set[str]:
    async with made.bot.db.read() as tx:
        keys = select(look_table.c.key).where(look_table.c.kind != news.LIST)
        return set((await tx.execute(keys)).scalars())


async def remember(made: Stand, rows: Sequence[Listed], *, live: Sequence[str] = ()) -> None:
    """Store them as if each had been read when the list said so, an hour ago."""
    now = made.clock.now()
    async with made.bot.db.write() as tx:
        await tx.execute(
            resource.insert(),
            [
                {
                    "id": f"{KIND}:gigapay-se/{row.vendor_id}",
                    "kind": KIND,
                    "connection": "gigapay-se",
                    "key": f"gigapay-se/{row.vendor_id}",
                    "vendor_id": row.vendor_id,
                    "generation": 1,
                    "fingerprint": row.fingerprint,
                    "snapshot_json": "{}",
                    "is_live": row.vendor_id in live,
                    "run_type": "",
                    "ends_on": "2026-11-01",
                    "observed_at": now,
                    "first_seen_at": now,
                }
                for row in rows
            ],
        )
    made.clock.go_to(now + made.bot.settings.timing.look_gap)


async def observed(made: Stand) -> dict[str, datetime]:
    async with made.bot.db.read() as tx:
        rows = (await tx.execute(select(resource.c.vendor_id, resource.c.observed_at))).all()
    return {row.vendor_id: row.observed_at for row in rows}


async def test_what_changed_or_is_new_is_read_and_the_rest_is_as_fresh_as_the_list(
    tmp_path: Path, migrated: Migrated
) -> None:
    async with stand(tmp_path, database=migrated) as made:
        long = pointed_at(made, 1_250)
        await remember(made, long.rows[:1_200])
        changed = {f"run-{number}" for number in (3, 777, 1_199)}
        long.rows = [
            replace(row, fingerprint="second") if row.vendor_id in changed else row for row in long.rows
        ]

        await poll_only(made)

        new = {f"run-{number}" for number in range(1_200, 1_250)}
        assert await to_read(made) == changed | new
        fresh = {key for key, at in (await observed(made)).items() if at == made.clock.now()}
        assert fresh == {row.vendor_id for row in long.rows[:1_200]} - changed


async def test_of_a_list_that_is_given_up_in_the_middle_what_came_is_not_lost(
    tmp_path: Path, migrated: Migrated
) -> None:
    async with stand(tmp_path, database=migrated) as made:
        long = pointed_at(made, 1_200)
        await remember(made, long.rows[:100], live=["run-7"])
        long.fails_after = 9

        await poll_only(made)

        asked = await to_read(made)
        assert {f"run-{number}" for number in range(100, 500)} <= asked
        assert not asked & {f"run-{number}" for number in range(900, 1_200)}


async def test_what_a_list_no_longer_shows_is_looked_for_only_once_it_was_read_whole(
    tmp_path: Path, migrated: Migrated
) -> None:
    async with stand(tmp_path, database=migrated) as made:
        long = pointed_at(made, 1_200)
        await remember(made, long.rows, live=["run-1199"])
        seen: list[set[str]] = []

        async def look_in(number: int) -> None:
            seen.append(await to_read(made))

        long.rows, long.between = long.rows[:1_199], look_in

        await poll_only(made)

        assert set().union(*seen) == set()
        assert await to_read(made) == {"run-1199"}


async def test_a_reading_that_is_newer_than_the_list_stays_as_new_as_it_is(
    tmp_path: Path, migrated: Migrated
) -> None:
    async with stand(tmp_path, database=migrated) as made:
        long = pointed_at(made, 600)
        await remember(made, long.rows)
        later = made.clock.now() + made.bot.settings.timing.look_gap

        async def read_one(number: int) -> None:
            async with made.bot.db.write() as tx:
                await tx.execute(
                    update(resource).where(resource.c.vendor_id == "run-590").values(observed_at=later)
                )

        long.between = read_one

        await poll_only(made)

        assert (await observed(made))["run-590"] == later
