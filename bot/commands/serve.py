"""`serve`: the service, until SIGTERM or SIGINT."""

import asyncio
from argparse import Namespace

import structlog
from sqlalchemy.exc import DBAPIError

from bot.app import Service, start
from bot.commands.failed import Failed
from bot.commands.given import read_settings
from bot.commands.signals import stop_asked
from bot.logs import configure_logs
from bot.settings import Settings
from bot.store.database import DatabaseInUse, DatabaseUnsafe

STOP_WITHIN_S = 25
"""Container hosts kill after 30 s; what is still under way then is picked up at the next start."""


def run(args: Namespace) -> int:
    settings = read_settings(args.config)
    configure_logs()
    return asyncio.run(_serve(settings))


async def _serve(settings: Settings) -> int:
    log = structlog.get_logger("payrunbot")
    with stop_asked() as asked:
        service = await _start(settings, asked)
        if service is None:
            return 0
        log.info("listening", url=service.url, connections=[one.id for one in settings.connections])
        await asked.wait()
        log.info("stopping")
        try:
            async with asyncio.timeout(STOP_WITHIN_S):
                await service.stop()
        except TimeoutError:
            log.warning("stopped before everything was finished", within_s=STOP_WITHIN_S)
            return 1
        log.info("stopped")
    return 0


async def _start(settings: Settings, asked: asyncio.Event) -> Service | None:
    """The running service, or None where it was asked to stop before it stood. Raises Failed."""
    starting = asyncio.create_task(start(settings))
    stopping = asyncio.create_task(asked.wait())
    await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not starting.done():
        starting.cancel()
        await asyncio.wait({starting})
        return None
    try:
        return starting.result()
    except (DatabaseInUse, DatabaseUnsafe) as error:
        raise Failed(str(error)) from None
    except DBAPIError as error:
        raise Failed(f"The database cannot be opened: {error.orig}.") from None
    except OSError as error:
        where = f"{settings.http.host}:{settings.http.port}"
        raise Failed(f"The service cannot start on {where}: {error.strerror or error}.") from None
