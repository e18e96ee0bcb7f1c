"""`serve`: the service, until SIGTERM or SIGINT."""

import asyncio
from argparse import Namespace

import structlog
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from bot import collector
from bot.app import Service, start
from bot.commands.failed import Failed
from bot.commands.given import read_settings
from bot.commands.signals import stop_asked
from bot.logs import configure_logs
from bot.settings import Settings
from bot.spans import spans_sent
from bot.store.home import DatabaseInUse, DatabaseUnsafe
from bot.watchdog import Limits, Watchdog, limits_for

STOP_WITHIN_S = 24
ENDS_WITHIN_S = 25
"""Container hosts kill after 30 s; what is still under way then is picked up at the next start."""


def run(args: Namespace) -> int:
    settings = read_settings(args.config)
    configure_logs()
    return asyncio.run(serve(settings, limits_for(settings.timing.tick.total_seconds())))


async def serve(settings: Settings, limits: Limits) -> int:
    """Serve until a signal says stop; the exit code. Raises Failed."""
    log = structlog.get_logger("payrunbot")
    with spans_sent(log), stop_asked() as asked:
        service = await _start(settings, asked)
        if service is None:
            return 0
        collector.set_aside()
        watchdog = Watchdog(log, lambda: service.jobs.ticked_at, limits)
        watchdog.start()
        log.info("listening", url=service.url, connections=[one.id for one in settings.connections])
        await asked.wait()
        log.info("stopping")
        # It watches to the end of the process, whose last threads may be what does not end.
        watchdog.end_within(ENDS_WITHIN_S)
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
        raise Failed(
            f"The database {make_url(settings.database).database} cannot be opened: {error.orig}. "
            "Make room where its disk is full, end what holds it where it is locked, and start again."
        ) from None
    except OSError as error:
        where = f"{settings.http.host}:{settings.http.port}"
        raise Failed(f"The service cannot start on {where}: {error.strerror or error}.") from None
