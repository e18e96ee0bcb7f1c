"""Wiring: settings in, a running service out.

What is started here is exactly what `serve` runs and what the demo runs; the demo
hands in a Clock of its own and nothing else.
"""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ClientSession, web

from bot.connecting import SealedTokens as SealedTokens
from bot.connecting import budgets as budgets
from bot.connecting import open_accounts
from bot.connectors import vendor_actions
from bot.connectors.client import open_session
from bot.core.clock import Clock
from bot.engine import credentials, look, older_copy, post, settings_seen, versions
from bot.engine.bot import Bot
from bot.engine.calls import Calls
from bot.engine.check import check_journal
from bot.engine.fit import Fitness
from bot.engine.heartbeat import Heartbeat
from bot.engine.measures import Measures
from bot.engine.replicas import Replicas, ServerClock
from bot.engine.rule_files import RuleFiles
from bot.engine.rule_folder import read_rules as read_rules
from bot.engine.rule_folder import setup_now
from bot.engine.rule_folder import setup_of as setup_of
from bot.engine.templates import check_templates
from bot.jobs import Jobs
from bot.mail.render import Renderer
from bot.mail.smtp import Mailer
from bot.mail.template_files import stamp
from bot.receiving import Receiving, take_webhooks
from bot.receiving import SystemClock as SystemClock
from bot.receiving import connection_models as connection_models
from bot.rulebook import Rulebook, Setup
from bot.rulebook.lint import lint
from bot.settings import Settings
from bot.store.database import Database, open_database
from bot.store.taken_file import TakenFile
from bot.web.server import make_web_app

SHIPPED = Path(__file__).resolve().parent.parent
"""Where rules/ and templates/ lie in a checkout."""


NOT_LINTED = "Whether something is wrong with it could not be told: payrunbot met an error of its own."
SENDS_ON_S = 2.0
"""As long as a balancer may take to see that a replica is not ready any more."""
MAIL_SESSION_S = 5.0
"""How long a session at the mail server waits for the next mail."""


def shipped(name: str) -> Path:
    """The shipped `rules` or `templates`: beside the package in a checkout, inside it in a wheel."""
    inside = Path(__file__).resolve().parent / "shipped" / name
    return inside if inside.is_dir() else SHIPPED / name


def make_mailer(settings: Settings) -> Mailer:
    """The mailer, within the lease of whoever sends."""
    lease_s = settings.timing.lease.total_seconds()
    return Mailer(settings.mail, time_out_s=lease_s / 2, data_time_out_s=lease_s, kept_for_s=MAIL_SESSION_S)


def reload_of(bot: Bot) -> versions.Reload:
    """What reads the rule files again, and puts in force what they and the signatures say.

    One after the other: what was read first must not replace what was read after it.
    """
    turn = asyncio.Lock()

    async def reload() -> None:
        async with turn:
            setup = setup_now(bot)
            book = await asyncio.to_thread(read_rules, bot.settings.rules, setup)
            # Before anybody can sign what it is about.
            bot.wrong = await asyncio.to_thread(_wrong_with, bot, book, setup)
            await versions.put_in_force(bot, book, setup)

    return reload


def templates_of(bot: Bot, reload: versions.Reload) -> versions.Reload:
    """What checks the mail templates again; and reads the rules again where there are others to name."""

    async def check() -> None:
        before = bot.renderer.names()
        await check_templates(bot)
        if bot.renderer.names() != before:
            await reload()

    return check


def _wrong_with(bot: Bot, book: Rulebook, setup: Setup) -> Mapping[str, tuple[str, ...]]:
    """What `lint` finds wrong, by rule. An error of ours in it keeps no rule from running."""
    try:
        return lint(book, setup, bot.settings.rules, bot.now()).wrong()
    except Exception:
        bot.log.exception("lint failed")
        return dict.fromkeys(book.rules, (NOT_LINTED,))


@dataclass(slots=True)
class Service:
    """A service that runs. `url` is where it listens."""

    bot: Bot
    jobs: Jobs
    session: ClientSession
    runner: web.AppRunner
    fitness: Fitness
    reload: versions.Reload
    replicas: Replicas | None = None
    url: str = ""

    async def stop(self) -> None:
        """Refuse what is new, finish or leave what is under way, let go of everything.

        It listens to the last, so that whoever asks is told to come again elsewhere.
        """
        self.bot.is_stopping = True
        # Where others serve beside it, whoever is connected here is sent to them before it hangs up.
        await asyncio.gather(self.jobs.stop(), asyncio.sleep(0 if self.replicas is None else SENDS_ON_S))
        await self.runner.cleanup()
        await self.fitness.stop()
        await self.bot.mailer.close()
        await self.session.close()
        if self.replicas is not None:
            await self.replicas.stop()
        await self.bot.db.close()


async def start(settings: Settings, clock: Clock | None = None) -> Service:
    """Start everything; it is ready when this returns.

    Raises DatabaseInUse, DatabaseUnsafe, OSError where the port is taken.
    """
    return await complete(await take_webhooks(settings, clock))


async def complete(receiving: Receiving) -> Service:
    """Make a whole service of one that takes webhooks, which it goes on doing meanwhile."""
    async with AsyncExitStack() as undone:
        undone.push_async_callback(receiving.stop)
        session = open_session()
        undone.push_async_callback(session.close)
        service = await _complete(receiving, session, undone)
        undone.pop_all()
    return service


async def _opened(receiving: Receiving) -> Database:
    """The whole database, of what was taken of it."""
    if isinstance(receiving.database, TakenFile):
        receiving.database = await open_database(
            receiving.receiver.settings.database, taken=receiving.database
        )
    return receiving.database


async def _complete(receiving: Receiving, session: ClientSession, undone: AsyncExitStack) -> Service:
    receiver = receiving.receiver
    settings, log, clock = receiver.settings, receiver.log, receiver.clock
    db = await _opened(receiving)
    measures = Measures()
    receiving.tally.tell(measures)
    receiver.measures = measures
    db.wrote = measures.wrote
    replicas = None
    if db.is_shared:
        clock = shared = ServerClock(clock)
        calls = Calls(db, clock, budgets(settings))
        replicas = Replicas(db, shared, log, calls.share)
        undone.push_async_callback(replicas.stop)
    else:
        calls = Calls(db, clock, budgets(settings))
    bot = Bot(
        settings=settings,
        clock=clock,
        db=db,
        accounts=open_accounts(settings, receiver.accounts, clock, db, session, calls, measures, log),
        actions=vendor_actions(),
        renderer=Renderer(settings.templates, shipped("templates")),
        mailer=make_mailer(settings),
        calls=calls,
        log=log,
        backlog=receiver.backlog,
        measures=measures,
        started_at=receiver.now(),
    )
    fitness = Fitness(bot)
    heartbeat = Heartbeat(bot, session, fitness, settings.heartbeat.url) if settings.heartbeat else None
    reload = bot.reload = reload_of(bot)
    templates = RuleFiles(
        settings.templates, templates_of(bot, reload), log, stamp=stamp, what="mail templates"
    )
    jobs = Jobs(bot, heartbeat, RuleFiles(settings.rules, reload, log), templates)
    if replicas is not None:
        replicas.start(jobs.hear)
        await replicas.known()
    await older_copy.say_so(bot)
    await credentials.seal_anew(bot)
    await settings_seen.note(bot)
    await check_journal(bot)
    await check_templates(bot)
    await reload()
    await look.start_polling(bot)
    await post.start_posting(bot)
    await receiving.runner.hand_over(await asyncio.to_thread(make_web_app, bot, reload, fitness=fitness))
    jobs.start(replicas.ring if replicas is not None else lambda: None)
    return Service(bot, jobs, session, receiving.runner, fitness, reload, replicas, receiving.url)
