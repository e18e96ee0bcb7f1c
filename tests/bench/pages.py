"""What is stored makes nothing slower: pages, why, a webhook taken, a decision, a tick.

Each with 10,000 pay runs stored, or a million as `size` says, beside the same with 1,000. With
each run ten lines of the record are stored. What is counted is the time of the processors in
this process while a request is in the service, the database's own thread included.
PAYRUNBOT_BENCH_RUNS=5000 makes the large one smaller, for a machine that has other things to do.
"""

import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from json import dumps as to_json
from pathlib import Path
from secrets import token_hex
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.engine import plan, sort
from bot.engine.quiet import what_is_due
from bot.store import decisions
from bot.web.wire import DOOR
from tests.bench.filled import RUN, Site, site, vendor_id_of
from tests.bench.measure import Figure, ratios
from tests.bench.size import size
from tests.web.stand import SECRET

Deed = Callable[[], Awaitable[object]]

FEW, MANY = 1_000, size(full=1_000_000, small=10_000)
ROUNDS, TIMES = 6, 2
ASKED = 1.3
HOOKS, DECISIONS = 20, 20
"""So many in one round."""

OLD = vendor_id_of(50)
"""A run that is over, however many there are."""
PAGES: Sequence[str] = (
    "/",
    "/payruns",
    "/payruns?status=closed",
    "/payruns?connection=gigapay-se&state=closed",
    "/payruns?vendor=gigapay",
    "/payruns?needs=somebody",
    f"/payruns?q={OLD}",
    "/payruns?q=2026-11-12",
    "/payruns?paid_from=2026-11-18&paid_to=2026-11-19",
    f"/payruns/gigapay-se/{RUN}",
    f"/payruns/gigapay-se/{OLD}",
    f"/payruns/gigapay-se/{OLD}/evidence",
    "/approvals",
    "/rules",
    "/rules/gigapay-weekly-close",
    "/calendar",
    "/connections",
    "/mails",
    "/mails?state=sent",
    "/mails?state=failed",
    "/mails?q=finance-1",
    f"/mails?q={OLD}",
    "/audit",
    "/audit?person=finance-1",
    "/audit?what=approved",
    "/audit?rule=gigapay-weekly-close",
    f"/audit?payrun={OLD}",
    "/audit?since=2026-11-12&until=2026-11-12",
    "/people",
    "/readyz",
)
API: Sequence[str] = (
    "/api/payruns",
    "/api/approvals",
    "/api/approvals?state=approved",
    "/api/mails",
    "/api/audit",
    "/api/today",
    f"/api/payruns/gigapay-se/{OLD}",
    f"/api/payruns/gigapay-se/{OLD}/why",
    f"/api/payruns/gigapay-se/{RUN}/why",
)
OLDER: Sequence[str] = ("/payruns", "/approvals", "/mails", "/audit")
"""Lists of which a page further back is asked for too."""


@dataclass
class Spent:
    """Seconds of the processors while requests were in the service."""

    seconds: float = 0.0

    def watch(self, app: web.Application) -> None:
        """Count what the application spends from now on, on webhooks at its door as well."""
        door = app[DOOR]

        @web.middleware
        async def routed(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._timed(handler(request))

        def at_the_door(request: web.BaseRequest) -> Awaitable[web.StreamResponse] | None:
            answered = door(request)
            return answered and self._timed(answered)

        app.middlewares.insert(0, routed)
        app[DOOR] = at_the_door

    async def _timed(self, answered: Awaitable[web.StreamResponse]) -> web.StreamResponse:
        began = process_time()
        try:
            return await answered
        finally:
            self.seconds += process_time() - began


async def ask(at: Site, path: str) -> str:
    """One request, by a session or by a token."""
    headers = {"Authorization": f"Bearer {at.token}"} if path.startswith("/api/") else None
    reply = await at.browser.get(path, headers=headers)
    text: str = await reply.text()
    assert reply.status == 200, (path, reply.status, text)
    return text


async def every_path(at: Site) -> list[str]:
    """All that is asked of a service; the further pages are found by its own links."""
    found = list(PAGES)
    for path in OLDER:
        text = await ask(at, path)
        older = text.partition('rel="next" href="')[2].partition('"')[0]
        found.append(older.replace("&amp;", "&"))
    return [*found, *API]


async def _beside(spent: tuple[Spent, Spent], many: Deed, few: Deed) -> list[float]:
    """How many times as long a service takes for something, a ratio for each round; they take turns."""

    async def seconds(which: int) -> float:
        before = spent[which].seconds
        await (many, few)[which]()
        return spent[which].seconds - before

    await seconds(0)
    await seconds(1)
    found = []
    for number in range(ROUNDS):
        first, second = (0, 1) if number % 2 else (1, 0)
        took = {first: await seconds(first)}
        took[second] = await seconds(second)
        found.append(took[0] / took[1])
    return found


async def bench() -> list[Figure]:
    count = int(os.environ.get("PAYRUNBOT_BENCH_RUNS", MANY))
    spent, figures = (Spent(), Spent()), []
    stored = f"with {count:,} pay runs beside {FEW:,}"
    with TemporaryDirectory() as folder:
        async with (
            site(Path(folder) / "many", count, spent[0].watch) as many,
            site(Path(folder) / "few", FEW, spent[1].watch) as few,
        ):
            paths = zip(await every_path(many), await every_path(few), strict=True)
            pages = {
                "an older page of " + here.partition("?")[0] if "cursor=" in here else here: await _beside(
                    spent, partial(_pages, many, here), partial(_pages, few, there)
                )
                for here, there in paths
            }
            worst = max(pages, key=lambda name: median(pages[name]))
            what = f"a page, {stored}: {worst}, the worst of {len(pages)}"
            figures.append(Figure(what, ASKED, pages[worst]))
            hooks = await _beside(spent, partial(_hooks, many), partial(_hooks, few))
            figures.append(Figure(f"a webhook taken, {stored}", ASKED, hooks))
            for what, do in (("a decision", _decide), ("a tick", _tick)):
                seen = await ratios(partial(do, many), partial(do, few), times=DECISIONS)
                figures.append(Figure(f"{what}, {stored}", ASKED, seen))
    return figures


async def _pages(at: Site, path: str) -> None:
    for _ in range(TIMES):
        await ask(at, path)


async def _hooks(at: Site) -> None:
    """Each another one; and they are sorted when the round is over, so that no round finds more."""
    for _ in range(HOOKS):
        body = to_json({"number": token_hex(8)})
        reply = await at.browser.client.post(f"/hooks/gigapay-se/Payrun.created/{SECRET}", data=body)
        assert reply.status == 200
    while await sort.sort_inbox(at.bot):
        pass


async def _decide(at: Site) -> None:
    """About the run that waits, by all the rules that ship."""
    async with at.bot.db.write() as tx:
        await plan.decide_about(at.bot, tx, f"gigapay.payrun:gigapay-se/{RUN}", correlation="bench")


async def _tick(at: Site) -> None:
    """What is asked each second, and once more where the time of something has come."""
    await what_is_due(at.bot)
    async with at.bot.db.read() as tx:
        await decisions.due(tx, at.bot.now(), at_most=25)
