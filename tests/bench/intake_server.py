"""A server of the intake's benchmark, as a process: `python -m tests.bench.intake_server WAY ADDRESS`.

`stored` is what users have: the application, its server, its log on standard output, its metrics.
Only what is done later with what was stored is not there: nothing is sorted and no vendor is
asked. The other ways are what it is measured beside:

- `unstored` is the same but for the database, which keeps nothing;
- `single` commits each webhook by itself;
- `bare` is the least that aiohttp can do: a handler that reads the body and answers 202.

Its port is the first line on standard error; it ends with its standard input.
"""

import asyncio
import sys
from pathlib import Path
from typing import Any

import structlog
from aiohttp import web

from bot import collector
from bot.app import SystemClock
from bot.connectors import connectors
from bot.connectors.client import VendorClient, open_session
from bot.engine.backlog import Backlog
from bot.engine.bot import Account, Bot
from bot.engine.calls import Calls
from bot.logs import configure_logs
from bot.mail.render import Renderer
from bot.mail.smtp import Mailer
from bot.store.database import Database, open_database
from bot.store.intake import Batch, Delivery, Intake
from bot.web.server import make_web_app
from bot.web.wire import make_runner
from tests.bench.intake_load import HOST, SECRET
from tests.connectors.conftest import MemoryTokens
from tests.web.stand import ROOT, settings

CONNECTION, EVENT = "gigapay-se", "Payrun.created"
PATH = f"/hooks/{CONNECTION}/{EVENT}"
SHARED = "postgresql"


class Unstored:
    """In the database's place: says at once that it has kept what it has not."""

    def __init__(self, db: Database) -> None:
        self._batch = Batch(asyncio.get_running_loop())
        self._batch.is_told = True

    async def take_in(self, delivery: Delivery) -> Batch:
        return self._batch


class OneByOne(Intake):
    """Commits each delivery by itself, one after the other."""

    async def take(self, delivery: Delivery) -> Batch:
        batch = Batch(asyncio.get_running_loop())
        batch.deliveries.append(delivery)
        async with self._turn:
            await self._writer.write((delivery,))
        return batch


async def make_bot(address: str) -> Bot:
    """A bot with one connection, whose vendor nobody asks."""
    clock, db, log = SystemClock(), await open_database(address), structlog.get_logger("payrunbot")
    made = settings(Path(), "http://127.0.0.1:8080")
    client = VendorClient(open_session(), timeout_s=1, clock=clock, log=log)
    connector = connectors()["gigapay"]
    told = {"id": CONNECTION, "vendor": "gigapay", "calendar": "se", "base_url": "http://127.0.0.1:1"}
    secrets = {"token": "t", "integration_id": "i", "webhook_secret": SECRET}
    opened = connector.open(connector.settings.model_validate(told | secrets), client, MemoryTokens())
    account = Account(CONNECTION, connector, opened, "se", made.timing.tick, made.guards.as_guards())
    return Bot(
        settings=made,
        clock=clock,
        db=db,
        accounts={CONNECTION: account},
        actions={},
        renderer=Renderer(ROOT / "templates", ROOT / "templates"),
        mailer=Mailer(made.mail),
        calls=Calls(db, clock, {}),
        log=log,
        backlog=Backlog(at_most=sys.maxsize),
    )


async def bare(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(status=202)


async def runner_of(way: str, address: str) -> web.AppRunner:
    if way == "bare":
        app = web.Application()
        app.router.add_post(PATH, bare)
        return web.AppRunner(app, access_log=None)
    bot = await make_bot(address)
    if way == "unstored":
        bot.db = Unstored(bot.db)  # type: ignore[assignment]
    if way == "single":
        ours: Any = bot.db._intake
        turn = asyncio.Lock() if address.startswith(SHARED) else ours._turn
        bot.db._intake = OneByOne(ours._writer, turn)

    async def reload() -> None:
        pass

    return make_runner(make_web_app(bot, reload))


async def main(way: str, address: str) -> None:
    configure_logs()
    runner = await runner_of(way, address)
    await runner.setup()
    await web.TCPSite(runner, HOST, 0).start()
    collector.set_aside()
    sys.stderr.write(f"{runner.addresses[0][1]}\n")
    sys.stderr.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
