"""The connections of the settings, each tried at its vendor by reading alone.

A token that must be renewed to find out is kept where the service keeps it, because one that
is thrown away may be a lost login; so where there is no database yet, a connection that needs
such a token is left alone.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parsedate_to_datetime

import structlog
from cryptography.fernet import Fernet, MultiFernet

from bot.app import SealedTokens, budgets
from bot.connectors import Connection, connectors
from bot.connectors.client import Reply, VendorClient, open_session
from bot.core.clock import Clock
from bot.engine.calls import Calls
from bot.settings import Settings
from bot.settings.models import ConfiguredConnection
from bot.store import health
from bot.store.database import Database

CLOCKS_WITHIN = timedelta(seconds=30)
"""How far this machine's clock may be from a vendor's: half of what a signature is given."""


@dataclass(frozen=True, slots=True)
class Checked:
    """One thing that was tried, in its part of the set-up. `ok` is None where it can't be told."""

    part: str
    what: str
    ok: bool | None
    said: str = ""
    mend: str = ""


@dataclass(slots=True)
class _Heard:
    """Whose vendor answered at all, and how far our clock was ahead of theirs."""

    clock: Clock
    ahead: dict[str, list[timedelta]] = field(default_factory=lambda: defaultdict(list))

    def __call__(self, connection: str, reply: Reply) -> None:
        times = self.ahead[connection]
        try:
            times.append(self.clock.wall() - parsedate_to_datetime(reply.headers.get("Date", "")))
        except (ValueError, TypeError, OverflowError):
            return  # it does not say its time

    @property
    def worst(self) -> tuple[str, timedelta] | None:
        every = [(connection, one) for connection, times in self.ahead.items() for one in times]
        return max(every, key=lambda one: abs(one[1]), default=None)


class _NothingKept:
    """Tokens of a vendor that gives a new one for the asking, for as long as this takes."""

    async def load(self) -> dict[str, str] | None:
        return None

    async def save(self, values: Mapping[str, str], *, instead_of: Mapping[str, str] | None = None) -> bool:
        return True

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        yield


async def examine_connections(settings: Settings, database: Database | None, clock: Clock) -> list[Checked]:
    """Every connection, side by side, and this machine's clock beside the vendors'."""
    removed: frozenset[str] = frozenset()
    if database is not None:
        async with database.read() as tx:
            removed = await health.removed(tx)
    heard = _Heard(clock)
    async with open_session() as session:
        client = VendorClient(
            session,
            timeout_s=settings.timing.call_time_out.total_seconds(),
            clock=clock,
            log=structlog.get_logger("payrunbot"),
            gate=Calls(database, clock, budgets(settings)) if database is not None else None,
            heard=heard,
        )

        async def one(configured: ConfiguredConnection) -> list[Checked]:
            if configured.id in removed:
                mend = f"Take {configured.id} out of bot.yaml."
                return [Checked(configured.id, "used", False, "it was removed", mend)]
            connection = _open(settings, configured, client, database, clock)
            return await _examine(connection, heard)

        every = await asyncio.gather(*map(one, settings.connections))
    return [*(checked for each in every for checked in each), *_clock(heard.worst)]


def _open(
    settings: Settings,
    one: ConfiguredConnection,
    client: VendorClient,
    database: Database | None,
    clock: Clock,
) -> Connection | str:
    """The connection, or the id of one that is not tried without a database."""
    connector = connectors()[one.vendor]
    if database is None:
        return one.id if connector.keeps_tokens else connector.open(one.part, client, _NothingKept())
    keys = MultiFernet([Fernet(key.get_secret_value()) for key in settings.keys.tokens])
    return connector.open(one.part, client, SealedTokens(database, one.id, keys, clock))


async def _examine(connection: Connection | str, heard: _Heard) -> list[Checked]:
    if isinstance(connection, str):
        said = "not tried: what it is logged in with is kept in the database"
        return [Checked(connection, "access", None, said, "Start the service once, and ask again.")]
    found = await connection.check_access()
    answers = connection.id in heard.ahead
    reached = Checked(
        connection.id,
        "reach the vendor",
        answers,
        "" if answers else "nobody answers at its address",
        "See its base_url, the network from here, and the vendor's status page.",
    )
    return [reached, *(Checked(connection.id, one.what, one.ok, one.said, one.mend) for one in found)]


def _clock(worst: tuple[str, timedelta] | None) -> Iterator[Checked]:
    """Signatures, deadlines and tokens go by the clock: a wrong one makes all of them wrong."""
    what = "this machine's clock"
    if worst is None:
        yield Checked("machine", what, None, "nobody was heard to compare it with")
        return
    connection, ahead = worst
    if abs(ahead) <= CLOCKS_WITHIN:
        yield Checked("machine", what, True, "as the vendors' clocks")
        return
    way = "ahead of" if ahead > timedelta(0) else "behind"
    said = f"{abs(round(ahead.total_seconds()))} s {way} the clock of {connection}'s vendor"
    yield Checked("machine", what, False, said, "Set it by a time server (NTP).")
