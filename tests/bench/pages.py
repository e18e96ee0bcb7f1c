"""Each page's server time with 100,000 pay runs stored, beside the same page with 100.

With each run ten lines of the record are stored, so that there are a million. What is counted is
the time of the processors in this process while a request is in the service, the database's
own thread included. PAYRUNBOT_BENCH_RUNS=5000 makes the large one smaller, for a machine
that has other things to do.
"""

import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

from aiohttp import web

from bot.engine.quiet import what_is_due
from bot.store import decisions
from tests.bench.filled import RUN, Site, site, vendor_id_of
from tests.bench.measure import Figure, ratios

FEW, MANY = 100, 100_000
ROUNDS, TIMES = 7, 3
ASKED = 1.5

OLD = vendor_id_of(FEW // 2)
"""A run that is over, in both."""
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
)
OLDER: Sequence[str] = ("/payruns", "/approvals", "/mails", "/audit")
"""Lists of which a page further back is asked for too."""


@dataclass
class Spent:
    """Seconds of the processors while requests were in the service."""

    seconds: float = 0.0

    def middleware(self) -> Any:
        @web.middleware
        async def timed(
            request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
        ) -> web.StreamResponse:
            began = process_time()
            try:
                return await handler(request)
            finally:
                self.seconds += process_time() - began

        return timed


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


async def _beside(many: Site, few: Site, spent: tuple[Spent, Spent], paths: tuple[str, str]) -> list[float]:
    """How many times as long a page takes, a ratio for each round; they take turns."""

    async def seconds(which: int) -> float:
        before = spent[which].seconds
        for _ in range(TIMES):
            await ask((many, few)[which], paths[which])
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
    with TemporaryDirectory() as folder:
        async with (
            site(Path(folder) / "many", count, [spent[0].middleware()]) as many,
            site(Path(folder) / "few", FEW, [spent[1].middleware()]) as few,
        ):
            paths = zip(await every_path(many), await every_path(few), strict=True)
            for here, there in paths:
                name = "an older page of " + here.partition("?")[0] if "cursor=" in here else here
                seen = await _beside(many, few, spent, (here, there))
                figures.append(Figure(f"{name}, with {count:,} pay runs beside {FEW}", ASKED, seen))
            figures.append(
                Figure(
                    f"a tick with {count:,} pay runs beside {FEW}",
                    ASKED,
                    await ratios(lambda: _tick(many), lambda: _tick(few), times=20),
                )
            )
    return figures


async def _tick(at: Site) -> None:
    """What is asked each second, and once more where the time of something has come."""
    await what_is_due(at.bot)
    async with at.bot.db.read() as tx:
        await decisions.due(tx, at.bot.now(), at_most=25)
