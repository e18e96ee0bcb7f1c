"""The connections of the settings, ready to be read and acted on."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from json import dumps, loads
from secrets import token_hex

from aiohttp import ClientSession
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from structlog.typing import FilteringBoundLogger

from bot.connectors import Budget, ConnectionSettings, HeldBack, connectors
from bot.connectors.client import Timed, VendorClient
from bot.core.clock import Clock
from bot.engine.calls import Calls
from bot.engine.measures import Measures
from bot.engine.receiver import Account
from bot.engine.trace import called
from bot.settings import Settings
from bot.store import access, leases
from bot.store.database import Database

TURN_WAITS = 40
TURN_PAUSE_S = 0.25
"""How often, and how long apart, it is tried to renew a login that somebody else is renewing."""


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


def open_accounts(
    settings: Settings,
    names: Iterable[str],
    clock: Clock,
    db: Database,
    session: ClientSession,
    calls: Calls,
    measures: Measures,
    log: FilteringBoundLogger,
) -> dict[str, Account]:
    """Those of the settings' connections that are in use."""
    client = VendorClient(
        session,
        timeout_s=settings.timing.call_time_out.total_seconds(),
        clock=clock,
        log=log,
        gate=calls,
        timed=_timed(measures),
    )
    keys = MultiFernet([Fernet(key.get_secret_value()) for key in settings.keys.tokens])
    accounts = {}
    for name in names:
        one = settings.connection(name)
        assert one is not None, "who takes webhooks is a connection of the settings"
        tokens = SealedTokens(db, one.id, keys, clock, lasts=3 * settings.timing.call_time_out)
        connector = connectors()[one.vendor]
        connection = connector.open(one.part, client, tokens)
        accounts[one.id] = Account(one.id, connector, connection, one.calendar, one.poll, one.guards)
    return accounts
