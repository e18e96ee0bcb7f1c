"""The database as reading commands have it: beside a running service, never writing.

The bot they get has its accounts, since a pay run's words and work calendar come from
there; but their connections reach no vendor, whatever is asked of them.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime

import structlog
from sqlalchemy.exc import DBAPIError

from bot.app import SystemClock, read_rules, setup_of, shipped
from bot.commands.failed import Failed
from bot.connectors import Access, Hook, HookRefused, Listing, VendorProblem, connectors
from bot.core.action import Outcome, Refused
from bot.core.resource import Snapshot
from bot.engine.bot import Account, Bot
from bot.engine.calls import Calls
from bot.mail.render import Renderer
from bot.mail.smtp import Mailer
from bot.settings import Settings
from bot.store import health
from bot.store.database import open_database

NOT_HERE = "a command that only reads reaches no vendor"


class NotReached:
    """A connection that can be named and not used."""

    def __init__(self, id: str) -> None:
        self.id = id

    async def list(self, now: datetime) -> Listing:
        raise VendorProblem(NOT_HERE)

    async def read(self, kind: str, vendor_id: str, now: datetime, *, lines: bool) -> Snapshot:
        raise VendorProblem(NOT_HERE)

    async def act(self, action: str, request: Mapping[str, str], idempotency_key: str) -> Outcome:
        return Refused(NOT_HERE)

    async def check_access(self) -> tuple[Access, ...]:
        return ()

    async def register_hooks(self, public_url: str) -> tuple[str, ...]:
        raise VendorProblem(NOT_HERE)

    async def unregister_hooks(self, public_url: str) -> tuple[str, ...]:
        raise VendorProblem(NOT_HERE)

    def check_hook(self, event: str, token: str | None, headers: Mapping[str, str], body: bytes) -> Hook:
        raise HookRefused(NOT_HERE)


@asynccontextmanager
async def reading(settings: Settings) -> AsyncIterator[Bot]:
    """A bot that can look things up and do nothing else.

    Raises Failed where there is no database yet, or one of another version.
    """
    renderer = Renderer(settings.templates, shipped("templates"))
    clock = SystemClock()
    db = await open_database(settings.database, read_only=True)
    # Asked first, because the driver's own thread outlives the loop where opening fails.
    if db.path is not None and not db.path.is_file():
        raise Failed(f"There is no database {db.path} yet: the service makes it when it starts.")
    try:
        async with db.read() as tx:
            removed = await health.removed(tx)
        yield Bot(
            settings=settings,
            clock=clock,
            db=db,
            accounts={
                one.id: Account(
                    one.id, connectors()[one.vendor], NotReached(one.id), one.calendar, one.poll, one.guards
                )
                for one in settings.connections
                if one.id not in removed
            },
            actions={},
            renderer=renderer,
            mailer=Mailer(settings.mail),
            calls=Calls(db, clock, {}),
            log=structlog.get_logger("payrunbot"),
            calendars=read_rules(settings.rules, setup_of(settings, renderer.names())).calendars,
        )
    except DBAPIError as error:
        raise Failed(
            f"The database cannot be read: {error.orig}. "
            "It is brought to this version when the service starts."
        ) from None
    finally:
        await db.close()
