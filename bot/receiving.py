"""A service that takes webhooks, before anything else of it is there. The only place that reads the clock.

A start is two things. This one takes the database and opens the port with as few imports as
that takes; `app` then brings what looks, decides and acts, and shows pages. A webhook that
comes between the two is stored, answered, and sorted once the rest stands.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog
from aiohttp import web
from structlog.typing import FilteringBoundLogger

from bot.connectors import ConnectionSettings, connectors
from bot.core.clock import Clock
from bot.engine.receiver import Account, Receiver
from bot.engine.tally import Tally
from bot.settings import Settings
from bot.store.taken_file import TakenFile, take_file
from bot.web.front import make_front
from bot.web.wire import Runner, make_runner

if TYPE_CHECKING:
    from bot.store.database import Database

_NOBODY: Any = None
"""Whom a connection calls that only checks webhooks."""


class SystemClock:
    """The machine's clock, for both readings."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    wall = now


class _ConnectionModels(Mapping[str, type[ConnectionSettings]]):
    """Each is imported when it is asked for."""

    def __getitem__(self, vendor: str) -> type[ConnectionSettings]:
        return connectors()[vendor].settings

    def __iter__(self) -> Iterator[str]:
        return iter(connectors())

    def __len__(self) -> int:
        return len(connectors())


def connection_models() -> Mapping[str, type[ConnectionSettings]]:
    """What each connector wants to know of a connection, by vendor."""
    return _ConnectionModels()


@dataclass(slots=True)
class Receiving:
    """A service that takes webhooks and does nothing else yet. `url` is where it listens."""

    receiver: Receiver
    tally: Tally
    database: "TakenFile | Database"
    runner: Runner
    url: str = ""

    async def stop(self) -> None:
        """Let go of everything. What was taken is kept for the next start."""
        self.receiver.is_stopping = True
        await self.runner.cleanup()
        await self.database.close()


async def take_webhooks(settings: Settings, clock: Clock | None = None) -> Receiving:
    """Take the database, and open the port.

    Raises DatabaseInUse, DatabaseUnsafe, OSError where the port is taken.
    """
    database: TakenFile | Database | None = await take_file(settings.database)
    if database is None:
        from bot.store.database import open_database  # with SQLAlchemy: there is no quicker way into this one

        database = await open_database(settings.database)
    try:
        receiving = await _made(settings, clock or SystemClock(), database)
    except BaseException:
        await database.close()
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


async def _made(settings: Settings, clock: Clock, database: "TakenFile | Database") -> Receiving:
    log, tally = structlog.get_logger("payrunbot"), Tally()
    database.wrote = tally.wrote
    accounts = _accounts(settings, await database.removed(), log)
    receiver = Receiver(
        settings=settings, clock=clock, db=database, accounts=accounts, log=log, measures=tally
    )
    return Receiving(receiver, tally, database, make_runner(make_front(receiver)))


def _accounts(
    settings: Settings, removed: frozenset[str], log: FilteringBoundLogger
) -> Mapping[str, Account]:
    """The connections, ready to check their webhooks, and for nothing else."""
    accounts = {}
    for one in settings.connections:
        if one.id in removed:
            log.warning("not used, since it was removed: take it out of bot.yaml", connection=one.id)
            continue
        connector = connectors()[one.vendor]
        connection = connector.open(one.part, _NOBODY, _NOBODY)
        accounts[one.id] = Account(one.id, connector, connection, one.calendar, one.poll, one.guards)
    return accounts
