"""The database as reading commands have it: beside a running service, never writing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from sqlalchemy.exc import DBAPIError

from bot.app import SystemClock, shipped
from bot.commands.failed import Failed
from bot.engine.bot import Bot
from bot.mail.render import Renderer
from bot.mail.smtp import Mailer
from bot.settings import Settings
from bot.store.database import open_database


@asynccontextmanager
async def reading(settings: Settings) -> AsyncIterator[Bot]:
    """A bot that can look things up and do nothing: it has no accounts and writes nowhere.

    Raises Failed where there is no database yet, or one of another version.
    """
    db = await open_database(settings.database, read_only=True)
    try:
        yield Bot(
            settings=settings,
            clock=SystemClock(),
            db=db,
            accounts={},
            actions={},
            renderer=Renderer(settings.templates, shipped("templates")),
            mailer=Mailer(settings.mail),
            log=structlog.get_logger("payrunbot"),
        )
    except DBAPIError as error:
        raise Failed(
            f"The database cannot be read: {error.orig}. It is made, and brought to this version, "
            "when the service starts."
        ) from None
    finally:
        await db.close()
