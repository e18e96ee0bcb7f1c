"""A poll of 10,000 pay runs at 50 ms a page, four at once, beside the bytes of these pages alone.

Those are fetched four at once by a bare client, in turns with the poll: what the latency makes
of it, and nothing else. The vendor is a process of its own. Logs and what is measured are kept
as in service, and so is the collector.
"""

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from aiohttp import ClientSession
from sqlalchemy import delete

from bot import collector
from bot.connectors.budget import BudgetLimits
from bot.connectors.client import VendorClient, open_session
from bot.connectors.gigapay import Gigapay, resources
from bot.connectors.gigapay.models import Payrun
from bot.connectors.gigapay.pages import AT_ONCE
from bot.connectors.gigapay.settings import GigapaySettings
from bot.connectors.values import validated
from bot.core.resource import Unread
from bot.engine import look
from bot.engine.bot import Bot
from bot.store import news
from bot.store.codec import canonical, snapshot_to_json
from bot.store.tables import look as look_table
from bot.store.tables import resource
from tests.bench.measure import Figure
from tests.bench.vendor import ONE_IN, PAGE, long_list, payrun
from tests.engine.stand import stand

COUNT = 10_000
DELAY_S = 0.05
ROUNDS = 6
NO_TERM = Unread("not asked for here")
WHAT = ("unchanged", "with one in ten changed")
BUDGET = BudgetLimits(per_minute=100_000, per_day=1_000_000)


@dataclass
class Polled:
    ratios: list[float]
    transactions: list[float]


async def fill(bot: Bot, count: int) -> None:
    """Store them as if each had been read when the list said so."""
    account = bot.accounts["gigapay-se"]
    now = bot.now()
    rows = []
    for number in range(count):
        sent = validated(Payrun, payrun(number, 0), "a payrun")
        one = resources.listed(sent)
        snapshot = replace(
            resources.snapshot(account.id, sent, (), NO_TERM, now), values={}, lines=None, notes=()
        )
        rows.append(
            {
                "id": f"{one.kind}:{account.id}/{one.vendor_id}",
                "kind": one.kind,
                "connection": account.id,
                "key": f"{account.id}/{one.vendor_id}",
                "vendor_id": one.vendor_id,
                "generation": 1,
                "fingerprint": one.fingerprint,
                "snapshot_json": canonical(snapshot_to_json(snapshot)),
                "is_open": False,
                "is_live": False,
                "run_type": "SEK",
                "ends_on": "2016-01-04",
                "observed_at": now,
                "first_seen_at": now,
            }
        )
    async with bot.db.write() as tx:
        await tx.execute(resource.insert(), rows)


async def bench() -> list[Figure]:
    seen = {what: Polled([], []) for what in WHAT}
    with TemporaryDirectory() as folder, long_list(COUNT, DELAY_S) as address:
        async with stand(Path(folder), budget=BUDGET) as made, open_session() as session:
            bot = made.bot
            await fill(bot, COUNT)
            bot.db.wrote = bot.measures.wrote
            client = VendorClient(
                session,
                timeout_s=30,
                clock=made.clock,
                log=bot.log,
                gate=bot.calls,
                timed=bot.measures.called,
            )
            with collector.aside():
                for number in range(-1, ROUNDS):  # the first is not counted
                    for turn in (0, 1) if number % 2 else (1, 0):
                        point_at(bot, client, f"{address}/{turn}")
                        await look.start_polling(bot)
                        floor = await _bare(session, f"{address}/{turn}")
                        before, began = _transactions(bot), perf_counter()
                        assert await look.look_once(bot)
                        took, made_of = perf_counter() - began, _transactions(bot) - before
                        assert await _forget_asked(bot) == (COUNT // ONE_IN if turn else 0)
                        if number >= 0:
                            seen[WHAT[turn]].ratios.append(took / floor)
                            seen[WHAT[turn]].transactions.append(made_of)
    figures = []
    for what, polled in seen.items():
        figures.append(
            Figure(f"a poll of 10,000 pay runs {what}, beside its latency floor", 1.1, polled.ratios)
        )
        a_page = [count / (COUNT / PAGE) for count in polled.transactions]
        figures.append(Figure(f"write transactions a page of a poll of 10,000 pay runs {what}", 1, a_page))
    return figures


async def _bare(session: ClientSession, address: str) -> float:
    """Seconds for the bytes of the same pages alone, asked for four at once from the first on."""
    left = iter(range(1, COUNT // PAGE + 1))

    async def ask() -> None:
        for number in left:
            async with session.get(f"{address}/payruns/", params={"page": str(number)}) as reply:
                await reply.read()

    began = perf_counter()
    await asyncio.gather(*(ask() for _ in range(AT_ONCE)))
    return perf_counter() - began


def _transactions(bot: Bot) -> float:
    """How many have been committed by the service so far."""
    found = bot.measures.registry.get_sample_value("payrunbot_db_write_seconds_count")
    assert found is not None
    return found


def point_at(bot: Bot, client: VendorClient, address: str) -> None:
    """The one connection is to this vendor from here on."""
    (account,) = bot.accounts.values()
    part = bot.settings.connection(account.id)
    assert part is not None and isinstance(part.part, GigapaySettings)
    there = Gigapay(part.part.model_copy(update={"base_url": address}), client)
    bot.accounts = {account.id: replace(account, connection=there)}


async def _forget_asked(bot: Bot) -> int:
    """How many pay runs are to be read; they are not, or they would be no news in the next round."""
    async with bot.db.write() as tx:
        return (await tx.execute(delete(look_table).where(look_table.c.kind != news.LIST))).rowcount
