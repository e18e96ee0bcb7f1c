"""One week of a number of companies, counted: calls, events, rows, writes and mails.

The second week counts: in the first all is read for the first time. It needs a process of its own,
and says what it counted, and which table keeps how many rows of it:

    python -m tests.bench.growth_counted FOLDER GIGAPAY STAFFOLOGY XERO ROUBLER POLL_HOURS
"""

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from json import dumps
from pathlib import Path
from typing import Any

from sqlalchemy import event, func, select

from bot.sandbox import Gigapay, Roubler, Staffology, Xero
from bot.store.tables import metadata
from tests.bench.growth_model import VENDORS, WEEK, Companies, Cost
from tests.bench.plain_week import (
    PlainGigapay,
    PlainNews,
    PlainPeople,
    PlainRoubler,
    PlainStaffology,
    PlainXero,
)
from tests.faults.simulation import BEGINS, World, founded
from tests.faults.year.place import ENVIRON, Scale, employer_of
from tests.faults.year.threadless import run_statements_at_once

APART = timedelta(minutes=7)
"""Between one company and the next."""


@dataclass
class Writes:
    """Transactions that changed something. One that found nothing to do leaves nothing to be synced."""

    count: int = 0
    _changes: dict[int, int] = field(default_factory=dict)

    def of(self, world: World) -> "Writes":
        assert world.bot.db._writer is not None
        event.listen(world.bot.db._writer.sync_engine, "commit", self._committed)
        return self

    def _committed(self, connection: Any) -> None:
        driver = connection.connection.dbapi_connection.driver_connection
        if driver.total_changes > self._changes.get(id(driver), 0):
            self._changes[id(driver)] = driver.total_changes
            self.count += 1


async def week(folder: Path, companies: Companies, poll: timedelta) -> tuple[Cost, Mapping[str, int]]:
    """What the second week came to, and by table the rows that it left."""
    scale = Scale(days=14, has_faults=False, **companies)
    async with founded(folder, 1, scale, news=PlainNews, people=PlainPeople) as world:
        world.bot.accounts = {name: replace(one, poll=poll) for name, one in world.bot.accounts.items()}
        _begin_lives(world)
        await world.set_up()
        writes = Writes().of(world)
        await world.until(BEGINS + WEEK)
        before, rows = await _counted(world, writes)
        await world.until(BEGINS + 2 * WEEK)
        after, more = await _counted(world, writes)
    return after - before, {name: more[name] - rows[name] for name in more if more[name] > rows[name]}


def _begin_lives(world: World) -> None:
    for number, (name, host) in enumerate(world.scale.connections().items()):
        vendor, at = world.vendors[host], BEGINS + number * APART
        how = (world.clock, world.agenda, name, BEGINS + 3 * WEEK)
        match vendor:
            case Gigapay():
                PlainGigapay(*how).begin(vendor, at)
            case Xero():
                PlainXero(*how).begin(vendor, at)
            case Staffology():
                PlainStaffology(*how).begin(vendor, employer_of(name), at)
            case Roubler():
                vendor.allow_refresh_token(ENVIRON["REFRESH"])
                PlainRoubler(*how).begin(vendor, at)


async def _counted(world: World, writes: Writes) -> tuple[Cost, Mapping[str, int]]:
    tables = {}
    async with world.bot.db.read() as tx:
        for table in metadata.sorted_tables:
            tables[table.name] = (await tx.execute(select(func.count()).select_from(table))).scalar_one()
    mails = len(world.inbox.messages)
    return (
        Cost(world.luck.taken - mails, len(world.news.log), sum(tables.values()), writes.count, mails),
        tables,
    )


if __name__ == "__main__":
    run_statements_at_once()
    where, *counts, hours = sys.argv[1:]
    asked = dict(zip(VENDORS, map(int, counts), strict=True))
    cost, tables = asyncio.run(week(Path(where), asked, timedelta(hours=float(hours))))
    sys.stdout.write(dumps({"cost": cost.named(), "tables": tables}))
