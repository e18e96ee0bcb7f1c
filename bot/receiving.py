"""A service that takes webhooks, before anything else of it is there. The only place that reads the clock.

A start is two things. This one opens the database and the port with as few imports as that
takes; `app` then brings what looks, decides and acts, and shows pages. A webhook that comes
between the two is stored, answered, and sorted once the rest stands.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from json import dumps, loads
from secrets import token_hex

import structlog
from aiohttp import ClientSession, web
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bot.connectors import Budget, ConnectionSettings, HeldBack, connectors
from bot.connectors.client import Timed, VendorClient, open_session
from bot.core.clock import Clock
from bot.engine.calls import Calls
from bot.engine.measures import Measures
from bot.engine.receiver import Account, Receiver
from bot.engine.replicas import Replicas, ServerClock
from bot.engine.trace import called
from bot.settings import Settings
from bot.store import access, health, leases
from bot.store.database import Database, open_database
from bot.web.front import make_front
from bot.web.wire import Runner, make_runner

TURN_WAITS = 40
TURN_PAUSE_S = 0.25
"""How often, and how long apart, it is tried to renew a login that somebody else is renewing."""


class SystemClock:
    """The machine's clock, for both readings."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    wall = now


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


def _timed(measures: Measures) -> Timed:
    def timed(connection: str, operation: str, outcome: str, took_s: float) -> None:
        measures.called(connection, operation, outcome, took_s)
        called(connection, operation, outcome, took_s)

    return timed


@dataclass(slots=True)
class Receiving:
    """A service that takes webhooks and does nothing else yet. `url` is where it listens."""

    receiver: Receiver
    session: ClientSession
    calls: Calls
    replicas: Replicas | None
    runner: Runner
    url: str = ""

    async def stop(self) -> None:
        """Let go of everything. What was taken is kept for the next start."""
        self.receiver.is_stopping = True
        await self.runner.cleanup()
        await self.session.close()
        await self.receiver.db.close()


async def take_webhooks(settings: Settings, clock: Clock | None = None) -> Receiving:
    """Open the database, and the port.

    Raises DatabaseInUse, DatabaseUnsafe, OSError where the port is taken.
    """
    db = await open_database(settings.database)
    session = open_session()
    try:
        receiving = await _made(settings, clock or SystemClock(), db, session)
    except BaseException:
        await session.close()
        await db.close()
        raise
    try:
        await receiving.runner.setup()
        await web.TCPSite(receiving.runner, settings.http.host, settings.http.port).start()
    except BaseException:
        await receiving.stop()
        raise
    host, port = receiving.runner.addresses[0][:2]
    receiving.url = f"http://{host}:{port}"
    return receiving


async def _made(settings: Settings, clock: Clock, db: Database, session: ClientSession) -> Receiving:
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
    receiver = Receiver(settings=settings, clock=clock, db=db, accounts=accounts, log=log, measures=measures)
    return Receiving(receiver, session, calls, replicas, make_runner(make_front(receiver)))
