"""The service, until SIGTERM or SIGINT."""

import asyncio
from argparse import Namespace
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, TypeVar

import structlog
from structlog.typing import FilteringBoundLogger

from bot import collector
from bot.commands.failed import Failed
from bot.commands.given import read_settings
from bot.commands.signals import stop_asked
from bot.logs import configure_logs
from bot.receiving import Receiving, take_webhooks
from bot.settings import Settings
from bot.spans import spans_sent
from bot.store.home import DatabaseInUse, DatabaseUnsafe
from bot.watchdog import Limits, Watchdog, limits_for

if TYPE_CHECKING:
    from bot.app import Service

T = TypeVar("T")

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
        with _said(settings):
            service = await _started(settings, asked, log)
        if service is None:
            return 0
        collector.set_aside()
        watchdog = Watchdog(log, lambda: service.jobs.ticked_at, limits)
        watchdog.start()
        log.info("ready")
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


async def _started(settings: Settings, asked: asyncio.Event, log: FilteringBoundLogger) -> "Service | None":
    """The service, or None where it was asked to stop before it stood."""
    receiving = await _unless_stopped(take_webhooks(settings), asked, log)
    if receiving is None:
        return None
    log.info("listening", url=receiving.url, connections=[one.id for one in settings.connections])
    return await _unless_stopped(_completed(receiving), asked, log)


async def _completed(receiving: Receiving) -> "Service":
    """The whole service. What it is made of is imported beside the webhooks that come meanwhile."""
    try:
        app = await asyncio.to_thread(import_module, "bot.app")
    except BaseException:
        await receiving.stop()
        raise
    service: Service = await app.complete(receiving)
    return service


async def _unless_stopped(
    starting: Coroutine[object, object, T], asked: asyncio.Event, log: FilteringBoundLogger
) -> T | None:
    """What was started, or None where it was asked to stop before it stood."""
    task = asyncio.create_task(starting)
    stopping = asyncio.create_task(asked.wait())
    await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not task.done():
        log.info("stopping")
        task.cancel()
        await asyncio.wait({task})
        log.info("stopped")
        return None
    return task.result()


@contextmanager
def _said(settings: Settings) -> Iterator[None]:
    """Why it could not start, to whoever runs it. Raises Failed."""
    try:
        yield
    except (DatabaseInUse, DatabaseUnsafe) as error:
        raise Failed(str(error)) from None
    except OSError as error:
        where = f"{settings.http.host}:{settings.http.port}"
        raise Failed(f"The service cannot start on {where}: {error.strerror or error}.") from None
    except Exception as error:
        said = _not_opened(settings, error)
        if said is None:
            raise
        raise Failed(said) from None


def _not_opened(settings: Settings, error: Exception) -> str | None:
    """What is wrong with the database; None where it is not that."""
    from sqlalchemy.exc import DBAPIError  # slow to import, and there already where it was raised

    from bot.store.database import home_of

    if not isinstance(error, DBAPIError):
        return None
    home = home_of(settings.database)
    said = f"The database {home.name} cannot be opened: {error.orig}."
    if home.path is None:
        return f"{said} See that its server runs and that this login may use it, and start again."
    return f"{said} Make room where its disk is full, end what holds it where it is locked, and start again."
