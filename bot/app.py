"""Wiring: settings in, a running service out. The only place that reads the machine's clock.

What is started here is exactly what `serve` runs and what the demo runs; the demo
hands in a Clock of its own and nothing else.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from json import dumps, loads
from pathlib import Path
from secrets import token_hex

import structlog
from aiohttp import ClientSession, web
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bot.connectors import Budget, ConnectionSettings, HeldBack, connectors, vendor_actions
from bot.connectors.client import Timed, VendorClient, open_session
from bot.core.clock import Clock
from bot.engine import credentials, look, older_copy, post, versions
from bot.engine.bot import Account, Bot
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
from bot.engine.trace import called
from bot.jobs import Jobs
from bot.mail.render import Renderer
from bot.mail.smtp import Mailer
from bot.mail.template_files import stamp
from bot.rulebook import Rulebook, Setup
from bot.rulebook.lint import lint
from bot.settings import Settings
from bot.store import access, health, leases
from bot.store.database import Database, open_database
from bot.web.server import make_web_app
from bot.web.wire import make_runner

SHIPPED = Path(__file__).resolve().parent.parent
"""Where rules/ and templates/ lie in a checkout."""


NOT_LINTED = "Whether something is wrong with it could not be told: payrunbot met an error of its own."
MAIL_SESSION_S = 5.0
"""How long a session at the mail server waits for the next mail."""
TURN_WAITS = 40
TURN_PAUSE_S = 0.25
"""How often, and how long apart, it is tried to renew a login that somebody else is renewing."""


class SystemClock:
    """The machine's clock, for both readings."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    wall = now


def shipped(name: str) -> Path:
    """The shipped `rules` or `templates`: beside the package in a checkout, inside it in a wheel."""
    inside = Path(__file__).resolve().parent / "shipped" / name
    return inside if inside.is_dir() else SHIPPED / name


def connection_models() -> Mapping[str, type[ConnectionSettings]]:
    """What each connector wants to know of a connection, by vendor."""
    return {vendor: connector.settings for vendor, connector in connectors().items()}


class SealedTokens:
    """A connection's OAuth values in the database, sealed with the token keys.

    `lasts` is how long a turn is kept for whoever has it: longer than any renewing takes.
    """

    def __init__(
        self,
        db: Database,
        connection: str,
        keys: MultiFernet,
        clock: Clock,
        *,
        lasts: timedelta = timedelta(minutes=1),
    ) -> None:
        self._db = db
        self._connection = connection
        self._keys = keys
        self._clock = clock
        self._lasts = lasts

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Raises HeldBack where somebody else is still in there after `TURN_WAITS` pauses."""
        lease, holder = f"login:{self._connection}", token_hex(8)
        for _ in range(TURN_WAITS):
            wall = self._clock.wall()
            async with self._db.write() as tx:
                fence = await leases.take(tx, lease, holder, until=wall + self._lasts, wall=wall)
            if fence is not None:
                break
            await asyncio.sleep(TURN_PAUSE_S)
        else:
            raise HeldBack("its login is being renewed by somebody else", self._clock.now() + self._lasts)
        try:
            yield
        finally:
            async with self._db.write() as tx:
                await leases.give_back(tx, lease, holder, fence, wall=self._clock.wall())

    async def load(self) -> dict[str, str] | None:
        async with self._db.read() as tx:
            return self._opened(await access.load_credential(tx, self._connection))

    def _opened(self, kept: tuple[bytes, int] | None) -> dict[str, str] | None:
        if kept is None:
            return None
        try:
            values: dict[str, str] = loads(self._keys.decrypt(kept[0]))
        except InvalidToken:
            return None  # sealed with a key that is gone: as if there had never been one
        return values

    async def save(self, values: Mapping[str, str], *, instead_of: Mapping[str, str] | None = None) -> bool:
        sealed = self._keys.encrypt(dumps(dict(values)).encode())
        async with self._db.write() as tx:
            if instead_of is not None:
                # Frozen past the end of its turn, it may find that somebody has renewed since.
                there = self._opened(await access.load_credential(tx, self._connection, is_to_change=True))
                if (there or {}) != instead_of:
                    return False
            await access.save_credential(tx, self._connection, sealed, self._clock.now())
        return True


def budgets(settings: Settings) -> Mapping[str, Budget]:
    """How often each connection may be called: as its vendor allows, or as the settings say."""
    found = {}
    for one in settings.connections:
        assert isinstance(one.part, ConnectionSettings), "settings are filled by the connector's own model"
        found[one.id] = connectors()[one.vendor].budget.within(one.part.budget)
    return found


def make_mailer(settings: Settings) -> Mailer:
    """The mailer, within the lease of whoever sends."""
    lease_s = settings.timing.lease.total_seconds()
    return Mailer(settings.mail, time_out_s=lease_s / 2, data_time_out_s=lease_s, kept_for_s=MAIL_SESSION_S)


def _timed(measures: Measures) -> Timed:
    def timed(connection: str, operation: str, outcome: str, took_s: float) -> None:
        measures.called(connection, operation, outcome, took_s)
        called(connection, operation, outcome, took_s)

    return timed


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
        await self.jobs.stop()
        await self.runner.cleanup()
        await self.fitness.stop()
        await self.bot.mailer.close()
        await self.session.close()
        if self.replicas is not None:
            await self.replicas.stop()
        await self.bot.db.close()


async def start(settings: Settings, clock: Clock | None = None) -> Service:
    """Start everything, ready to take webhooks when it returns.

    Raises DatabaseInUse, DatabaseUnsafe, OSError where the port is taken.
    """
    clock = clock or SystemClock()
    db = await open_database(settings.database)
    session = open_session()
    try:
        return await _start(settings, clock, db, session)
    except BaseException:
        await session.close()
        await db.close()
        raise


async def _start(settings: Settings, clock: Clock, db: Database, session: ClientSession) -> Service:
    log = structlog.get_logger("payrunbot")
    measures = Measures()
    db.wrote = measures.wrote
    replicas = None
    if db.is_shared:
        clock = shared = ServerClock(clock)
        calls = Calls(db, clock, budgets(settings))
        replicas = Replicas(db, shared, log, calls.share)
    else:
        calls = Calls(db, clock, budgets(settings))
    client = VendorClient(
        session,
        timeout_s=settings.timing.call_time_out.total_seconds(),
        clock=clock,
        log=log,
        gate=calls,
        timed=_timed(measures),
    )
    keys = MultiFernet([Fernet(key.get_secret_value()) for key in settings.keys.tokens])
    async with db.read() as tx:
        removed = await health.removed(tx)
    accounts = {}
    for one in settings.connections:
        if one.id in removed:
            log.warning("not used, since it was removed: take it out of bot.yaml", connection=one.id)
            continue
        connector = connectors()[one.vendor]
        tokens = SealedTokens(db, one.id, keys, clock, lasts=3 * settings.timing.call_time_out)
        connection = connector.open(one.part, client, tokens)
        accounts[one.id] = Account(one.id, connector, connection, one.calendar, one.poll, one.guards)
    bot = Bot(
        settings=settings,
        clock=clock,
        db=db,
        accounts=accounts,
        actions=vendor_actions(),
        renderer=Renderer(settings.templates, shipped("templates")),
        mailer=make_mailer(settings),
        calls=calls,
        log=log,
        measures=measures,
        started_at=clock.now(),
    )
    fitness = Fitness(bot)
    heartbeat = Heartbeat(bot, session, fitness, settings.heartbeat.url) if settings.heartbeat else None
    reload = bot.reload = reload_of(bot)
    templates = RuleFiles(
        settings.templates, templates_of(bot, reload), log, stamp=stamp, what="mail templates"
    )
    jobs = Jobs(bot, heartbeat, RuleFiles(settings.rules, reload, log), templates)
    service = Service(bot, jobs, session, web.AppRunner(web.Application()), fitness, reload, replicas)
    if replicas is not None:
        replicas.start(jobs.hear)
        await replicas.known()
    await older_copy.say_so(bot)
    await credentials.seal_anew(bot)
    await check_journal(bot)
    await check_templates(bot)
    await reload()
    await look.start_polling(bot)
    await post.start_posting(bot)
    service.runner = make_runner(make_web_app(bot, reload, fitness=fitness))
    await service.runner.setup()
    site = web.TCPSite(service.runner, settings.http.host, settings.http.port)
    await site.start()
    host, port = service.runner.addresses[0][:2]
    service.url = f"http://{host}:{port}"
    service.jobs.start(replicas.ring if replicas is not None else lambda: None)
    return service
