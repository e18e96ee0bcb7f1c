"""What it takes to take webhooks, and nothing else: it stands long before the rest of a service does.

A start that had to read rules and make pages before it took a webhook would lose those that
come meanwhile to their senders' patience. Few modules are imported here, and none that are slow to.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from structlog.typing import FilteringBoundLogger

from bot.connectors import Connection, Connector
from bot.core import connection
from bot.core.clock import Clock
from bot.core.limits import Guards
from bot.core.resource import Kind
from bot.core.watched import CONNECTION
from bot.engine.backlog import Backlog
from bot.engine.tally import Counts, Tally
from bot.settings import Settings
from bot.store.intake import Batch, Delivery


@dataclass(frozen=True, slots=True)
class Account:
    """One configured connection with everything that is needed to use it."""

    id: str
    connector: Connector
    connection: Connection
    calendar: str
    poll: timedelta
    guards: Guards

    def kind(self, name: str) -> Kind:
        """A kind of what there is here: its vendor's, or the connection itself."""
        return connection.KIND if name == CONNECTION else self.connector.kinds[name]


class Inbox(Protocol):
    """The database, as far as a webhook needs it."""

    async def take_in(self, delivery: Delivery) -> Batch:
        """Keep one webhook. Returns once it is committed. Raises OperationalError."""


@dataclass(slots=True, kw_only=True)
class Receiver:
    """The parts by which a webhook is verified, stored and told of. `Bot` has them and all others."""

    settings: Settings
    clock: Clock
    db: Inbox
    accounts: Mapping[str, Account]
    log: FilteringBoundLogger
    backlog: Backlog = field(default_factory=Backlog)
    measures: Counts = field(default_factory=Tally)
    wake: Callable[[], None] = lambda: None
    """Make the workers look for work at once instead of at their next tick."""
    is_stopping: bool = False
    """Asked to end: nothing new is begun, and what is new is refused."""

    def now(self) -> datetime:
        return self.clock.now()
