"""The inbox's own writer where the database is a file: a thread with a plain connection.

It speaks to the driver directly. What a batch costs besides the disk is handing the
interpreter's lock to another thread and back, once for each call of the driver that does
something. So a batch is one statement and nothing else: SQLite commits a statement that
stands alone by itself, and begins it with the same lock as `BEGIN IMMEDIATE`.
"""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from itertools import chain
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

from bot.store.intake import AT_MOST, Delivery, Ending

LOCKED_FOR_S = 5
"""How long a statement waits for somebody else's lock. It cannot be interrupted while it does."""

_Order = tuple[Sequence[Delivery], Ending]


class SqliteInbox:
    """Commits batches in a thread of its own, which begins with the first of them."""

    def __init__(self, path: Path, locked_for_s: float) -> None:
        self._path = path
        self._locked_for_s = locked_for_s
        self._orders: SimpleQueue[_Order | None] = SimpleQueue()
        self._thread: Thread | None = None
        self._connection: sqlite3.Connection | None = None

    async def write(self, deliveries: Sequence[Delivery]) -> None:
        """Raises sqlite3.Error."""
        if self._thread is None:
            self._thread = Thread(target=self._work, name="inbox", daemon=True)
            self._thread.start()
        ended = Ending(loop=asyncio.get_running_loop())
        self._orders.put((deliveries, ended))
        problem = await ended
        if problem is not None:
            raise problem

    async def close(self) -> None:
        if self._thread is not None:
            self._orders.put(None)
            await asyncio.to_thread(self._thread.join)
            self._thread = None

    def _work(self) -> None:
        while (order := self._orders.get()) is not None:
            deliveries, ended = order
            problem: Exception | None = None
            try:
                self._commit(deliveries)
            except Exception as raised:
                problem = raised
                self._hang_up()
            with suppress(RuntimeError):  # the loop is gone, and with it whoever asked
                ended.get_loop().call_soon_threadsafe(ended.set_result, problem)
            del order, deliveries, ended, problem  # nothing is kept of them while the next is waited for
        self._hang_up()

    def _commit(self, deliveries: Sequence[Delivery]) -> None:
        if self._connection is None:
            self._connection = self._connect()
        self._connection.execute(_statement(len(deliveries)), list(chain.from_iterable(deliveries)))

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=self._locked_for_s, isolation_level=None, cached_statements=AT_MOST
        )
        # The file is in WAL mode; that is asserted at start, as is what is set here for each connection.
        connection.execute("PRAGMA synchronous=FULL")
        return connection

    def _hang_up(self) -> None:
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None


@cache
def _statement(rows: int) -> str:
    row = f"({', '.join('?' * len(Delivery._fields))})"
    return f"""
        INSERT INTO inbox (connection, event, dedupe_key, received_at, deliveries, headers_redacted,
                           raw, sha256, signature, correlation, delivered_at, about_json, state)
        SELECT column1, column2, column3, column4, column5, column6,
               column7, column8, column9, column10, column4, '', 'new'
        FROM (VALUES {", ".join([row] * rows)}) WHERE true
        ON CONFLICT (connection, dedupe_key) DO UPDATE SET
            deliveries = inbox.deliveries + excluded.deliveries,
            delivered_at = max(inbox.delivered_at, excluded.delivered_at),
            state = 'new'
    """  # noqa: S608 - nothing in it comes from anybody
