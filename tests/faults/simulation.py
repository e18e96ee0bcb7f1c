"""A simulated year: the engine's own steps, four vendors and a company of people, on one clock.

Nothing ticks and nothing waits here. The steps are called one at a time until none finds
anything due, then the clock goes to the next instant at which something is. Everything
that happens by chance is drawn from one seed, so that the same seed gives the same
ledgers, byte for byte, in any process. Run by itself it plays one simulation into a folder:

    python -m tests.faults.simulation FOLDER SEED month|year|calm DAYS
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from json import dumps as to_json
from pathlib import Path
from time import monotonic
from typing import Any

import aiohttp
import structlog
from aiohttp import web
from pydantic import SecretStr

from bot.app import read_rules, setup_of, shipped
from bot.engine import look, versions
from bot.engine.bot import Bot
from bot.engine.quiet import what_is_due
from bot.jobs import KINDS
from bot.mail.render import Renderer
from bot.sandbox import VENDORS, Gigapay, Inbox, Ledger, Roubler, Staffology, Vendor, Xero
from bot.sandbox.exact import dumps
from bot.settings import Settings
from bot.store import rules
from bot.store.database import open_database
from bot.web.server import make_web_app
from tests.engine.ahead import next_after
from tests.engine.stand import wire
from tests.faults.year.agenda import Agenda
from tests.faults.year.clock import SimClock
from tests.faults.year.lives import GigapayLife, RoublerLife, StaffologyLife, XeroLife
from tests.faults.year.luck import Calls, Luck, Post
from tests.faults.year.news import News
from tests.faults.year.people import People
from tests.faults.year.pipe import Pipes
from tests.faults.year.place import (
    CALM,
    ENVIRON,
    MONTH,
    PUBLIC_URL,
    YEAR,
    Scale,
    employer_of,
    make_settings,
)
from tests.faults.year.threadless import run_statements_at_once

BEGINS = datetime(2026, 4, 6, 4, tzinfo=UTC)
"""A Monday, on which a tax year begins."""
DRAIN = timedelta(days=5)
"""Without faults and without new weeks at the end: every question has an answer or is over by then."""
TOO_MANY = 3000


@dataclass
class World:
    """Everything of one simulation."""

    folder: Path
    scale: Scale
    settings: Settings
    clock: SimClock
    agenda: Agenda
    vendors: Mapping[str, Any]
    """By host."""
    inbox: Inbox
    news: News
    luck: Luck
    session: aiohttp.ClientSession
    bot: Bot
    people: People

    async def settle(self) -> None:
        """Do everything that is due at this moment."""
        for _ in range(TOO_MANY):
            due, now = await what_is_due(self.bot), self.clock.now()
            did = [await kind.step(self.bot) for kind in KINDS if kind.is_due(due, now)]
            if not any(did):
                return
        raise AssertionError(f"still something to do after {TOO_MANY} rounds at {self.clock.now()}")

    async def until(self, ends: datetime) -> None:
        while True:
            await self.settle()
            now = self.clock.now()
            if await self.agenda.do_next(now) or await self.news.deliver(self.session):
                continue
            await self.people.look()
            if now >= ends:
                return
            ahead = (await next_after(self.bot, now, wall=True), self.agenda.next_at, self.news.next_at, ends)
            self.clock.go_to(min(at for at in ahead if at is not None and at > now))
            for vendor in self.vendors.values():
                vendor.advance()

    async def set_up(self) -> None:
        """Rules in force, webhooks registered, every list read once; nothing goes wrong meanwhile."""
        self.luck.is_over = True
        await self.sign()
        for account in self.bot.accounts.values():
            await account.connection.register_hooks(PUBLIC_URL)
        await look.start_polling(self.bot)
        await self.settle()

    async def sign(self) -> None:
        """The shipped rules are proposed and signed off."""
        setup = setup_of(self.settings, self.bot.renderer.names())
        book = read_rules(self.settings.rules, setup)
        await versions.put_in_force(self.bot, book, setup)
        hashes = [one.rule.hash for one in self.bot.rules.values()]
        async with self.bot.db.write() as tx:
            await rules.propose(tx, hashes, "payroll-1", self.clock.now())
            for one in hashes:
                await rules.sign(tx, one, "finance-1", self.clock.now())
        await versions.put_in_force(self.bot, book, setup)


async def simulate(folder: Path, seed: int, scale: Scale) -> dict[str, int]:
    """Play it to its end; the ledgers and the database lie in the folder then. Says what it came to."""
    started = monotonic()
    async with founded(folder, seed, scale) as world:
        await _play(world, seed)
        return _figures(world, monotonic() - started)


@asynccontextmanager
async def founded(
    folder: Path, seed: int, scale: Scale, *, news: type[News] = News, people: type[People] = People
) -> AsyncIterator[World]:
    """A world in which nothing has happened yet; closed at the end."""
    settings = make_settings(folder, scale)
    clock, agenda = SimClock(BEGINS), Agenda()
    told, luck = news(clock, f"{seed} news"), Luck(f"{seed} calls")
    vendors = _vendors(scale, folder, clock, told)
    inbox = Inbox(clock, path=folder / "inbox.jsonl")
    servers: dict[str, Any] = {}
    db = await open_database(settings.database)
    session = aiohttp.ClientSession(connector=Pipes(servers), cookie_jar=aiohttp.DummyCookieJar())
    calls = Calls(session, vendors, clock, luck, settings.timing.call_time_out.total_seconds())
    bot = wire(settings, clock, db, calls, _errors_only, sleep=clock.sleep)
    bot.renderer = Renderer(settings.templates, shipped("templates"), time_out_s=60)
    bot.mailer = Post(settings.mail, inbox, clock, luck)

    def log_in(connection: str, token: SecretStr) -> None:
        """What a restart with a new token in the settings does."""
        vendor = vendors[f"{connection}.test"]
        assert isinstance(vendor, Roubler), "nobody else logs in with a refresh token"
        vendor.allow_refresh_token(token.get_secret_value())
        fresh = wire(
            _with_token(settings, connection, token), clock, db, calls, _errors_only, sleep=clock.sleep
        )
        bot.accounts = {**bot.accounts, connection: fresh.accounts[connection]}

    apps = {host: vendor.app for host, vendor in vendors.items()} | {
        "payrunbot.test": make_web_app(bot, _no_reload)
    }
    runners = {host: web.AppRunner(app, access_log=None) for host, app in apps.items()}
    try:
        for host, runner in runners.items():
            await runner.setup()
            servers[host] = runner.server
        they = people(bot, clock, agenda, f"{seed} people", log_in)
        yield World(folder, scale, settings, clock, agenda, vendors, inbox, told, luck, session, bot, they)
    finally:
        await session.close()
        for runner in runners.values():
            await runner.cleanup()
        for vendor in vendors.values():
            vendor.ledger.close()
        inbox.ledger.close()
        await db.close()


def _with_token(settings: Settings, connection: str, token: SecretStr) -> Settings:
    changed = [
        replace(one, part=one.part.model_copy(update={"refresh_token": token}))
        if one.id == connection
        else one
        for one in settings.connections
    ]
    return settings.model_copy(update={"connections": tuple(changed)})


async def _play(world: World, seed: int) -> None:
    ends = BEGINS + timedelta(days=world.scale.days)
    await begin(world, seed)
    await world.until(ends)
    world.luck.is_over = True
    await world.until(ends + DRAIN)


async def begin(world: World, seed: int) -> None:
    """Everything is set up, and people and vendors live from now on as long as the scale says."""
    ends = BEGINS + timedelta(days=world.scale.days)
    _begin_lives(world, seed, ends)
    await world.set_up()
    world.luck.is_over = not world.scale.has_faults
    world.people.begin(BEGINS + timedelta(hours=5), ends)


def _begin_lives(world: World, seed: int, ends: datetime) -> None:
    def life(kind: Any, name: str) -> Any:
        return kind(world.clock, world.agenda, f"{seed} {name}", ends)

    for name, host in world.scale.connections().items():
        vendor = world.vendors[host]
        match vendor:
            case Gigapay():
                vendor.seed_history((BEGINS - timedelta(days=45)).date())
                life(GigapayLife, name).begin(vendor, BEGINS)
            case Xero():
                life(XeroLife, name).begin(vendor, BEGINS)
            case Roubler():
                vendor.allow_refresh_token(ENVIRON["REFRESH"])
                life(RoublerLife, name).begin(vendor, BEGINS)
            case Staffology():
                number = seed + int(name.rpartition("-")[2])
                one = life(StaffologyLife, name)
                one.begin(vendor, employer_of(name), BEGINS, opens=number % 2 == 1, pilot=number % 4 == 3)


def _vendors(scale: Scale, folder: Path, clock: SimClock, news: News) -> dict[str, Vendor[Any]]:
    made: dict[str, Vendor[Any]] = {}
    for name, host in scale.connections().items():
        if host not in made:
            kind = VENDORS[name.partition("-")[0]]
            ledger = Ledger(clock, folder / f"{host}.jsonl")
            made[host] = kind(clock, ledger=ledger, deliveries=news)
            made[host].root_url = f"http://{host}"
    return made


def _errors_only(_: Any, level: str, line: Any) -> str:
    """A bug of ours fails a simulation; the rest of the log is of no use to it."""
    if level in ("exception", "error", "critical") and line.get("exc_info"):
        sys.stderr.write(f"{line.pop('event')}: {sys.exc_info()[1]!r} {line}\n")
    raise structlog.DropEvent


async def _no_reload() -> None:
    """Nobody changes a rule here."""


def _figures(world: World, took_s: float) -> dict[str, int]:
    payruns = 0
    for vendor in world.vendors.values():
        match vendor:
            case Gigapay():
                payruns += len(vendor.state.payruns) - 6
            case Xero():
                payruns += len(vendor.state.pay_runs)
            case Roubler():
                payruns += len(vendor.state.runs) - 5
            case Staffology():
                payruns += sum(len(employer.runs) - 6 for employer in vendor.state.values())
    (world.folder / "deliveries.json").write_text(dumps(world.news.log))
    (world.folder / "faults.json").write_text(dumps(dict(sorted(world.luck.faulty.items()))))
    return {
        "days": world.scale.days,
        "pay_runs": payruns,
        "calls": world.luck.calls,
        "faulty": sum(world.luck.faulty.values()),
        "webhooks": len(world.news.log),
        "webhooks_lost": world.news.lost,
        "mails": len(world.inbox.messages),
        "answers": world.people.answered,
        "seconds": round(took_s),
    }


if __name__ == "__main__":
    run_statements_at_once()
    where, number, name, days = sys.argv[1:5]
    asked = replace({"month": MONTH, "year": YEAR, "calm": CALM}[name], days=int(days))
    came_to = asyncio.run(simulate(Path(where), int(number), asked))
    (Path(where) / "figures.json").write_text(to_json(came_to))
