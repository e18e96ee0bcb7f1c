"""A real service and a real vendor, in a thread: the commands under test have loops of their own."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import connect
from threading import Thread
from time import monotonic, sleep
from typing import Any

from bot.app import SystemClock, start
from bot.commands.given import read_settings
from bot.sandbox import Gigapay


@contextmanager
def loop_in_a_thread() -> Iterator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    """What runs a coroutine there and waits for it."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    try:
        yield lambda work: asyncio.run_coroutine_threadsafe(work, loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@contextmanager
def gigapay_running() -> Iterator[str]:
    """The base URL of a Gigapay with the pay runs of its documents."""
    with loop_in_a_thread() as run:
        vendor = Gigapay(SystemClock(), examples=True)
        run(vendor.start())
        try:
            yield vendor.base_url
        finally:
            run(vendor.stop())


@contextmanager
def service_running(settings: Path) -> Iterator[None]:
    """The service of these settings, as `serve` starts it."""
    with loop_in_a_thread() as run:
        service = run(start(read_settings(str(settings))))
        try:
            yield
        finally:
            run(service.stop())


def rows(settings: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    """What a statement finds in the service's database, past all of our own code."""
    db = connect(settings.parent / "data" / "bot.db")
    try:
        with db:
            return db.execute(query, values).fetchall()
    finally:
        db.close()


def wait_for(settings: Path, query: str) -> Any:
    """The first value that is there once the service has done its work."""
    until = monotonic() + 5
    while monotonic() < until:
        found = rows(settings, query)
        if found and found[0][0]:
            return found[0][0]
        sleep(0.02)
    raise AssertionError(f"there was never an answer to {query}")
