"""SQLite: one file, one service.

Two things about SQLite shape this file. Its driver begins a transaction only at the
first write, so that a read before it sees something else than the write is based on:
we begin every writing transaction ourselves, with `BEGIN IMMEDIATE`. And its locks are
between connections, not programs, so that a second service on one file would share the
work by halves: a lock beside the file refuses it.
"""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, event, text
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import TimeoutError as NoTurn
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.store import home
from bot.store.home import DatabaseUnsafe
from bot.store.one_hop import connect
from bot.store.sqlite_inbox import LOCKED_FOR_S, SqliteInbox
from bot.store.sqlite_lock import SqliteLock


class SqliteFile:
    """A database that is a file, and the lock beside it."""

    has_one_writer = True

    def __init__(self, url: URL, lock: SqliteLock | None = None) -> None:
        assert url.database, "the settings name no database in memory"
        self._url = url
        self.path = Path(url.database)
        self._lock = lock or SqliteLock(self.path)
        self.name = str(self.path)

    def make(self) -> None:
        """Make the file where there is none."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # Pay is nobody's business but the service's: SQLite would take the machine's default.
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))

    def engine(self, *, writes: bool) -> AsyncEngine:
        url = self._url if writes else _read_only(self._url)
        # One writer: SQLite has one anyway, and waiting in the pool is cheaper than "database is locked".
        engine = create_async_engine(
            url,
            pool_size=1 if writes else 4,
            max_overflow=0,
            pool_timeout=home.WAITS_S,
            hide_parameters=True,
            connect_args={"async_creator_fn": connect},
        )

        @event.listens_for(engine.sync_engine, "connect")
        def _prepare(connection: DBAPIConnection, _record: object) -> None:
            # The driver must not begin transactions by itself: we do, below.
            connection.isolation_level = None
            cursor = connection.cursor()
            if writes:
                cursor.execute("PRAGMA journal_mode=WAL")
                cursor.execute("PRAGMA synchronous=FULL")
            cursor.execute(f"PRAGMA busy_timeout={LOCKED_FOR_S * 1000}")
            cursor.close()

        @event.listens_for(engine.sync_engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

        return engine

    def inbox(self) -> SqliteInbox:
        return SqliteInbox(self.path, LOCKED_FOR_S)

    async def take(self) -> None:
        """Become the one service on this file, which is looked at first."""
        if not self._lock.is_ours:
            await asyncio.to_thread(self._lock.take)

    async def assert_safe(self, connection: AsyncConnection) -> None:
        journal = (await connection.execute(text("PRAGMA journal_mode"))).scalar_one()
        synchronous = (await connection.execute(text("PRAGMA synchronous"))).scalar_one()
        if (journal, synchronous) != ("wal", 2):
            raise DatabaseUnsafe(
                f"{self.path}: journal_mode is {journal} and synchronous is {synchronous}; "
                "wal and 2 (FULL) are needed, so this file system cannot hold the database."
            )

    async def others(self, connection: AsyncConnection) -> int:
        return 0

    async def listen(self, heard: Callable[[], None]) -> None:
        """There is nobody else."""

    def is_late(self, problem: BaseException) -> bool:
        return isinstance(problem, NoTurn)

    def was_cut_off(self, problem: BaseException) -> bool:
        return False  # whoever stands still here holds up nobody else's program

    def let_go(self) -> None:
        self._lock.let_go()


def _read_only(url: URL) -> URL:
    return url.set(database=f"file:{url.database}", query={**url.query, "mode": "ro", "uri": "true"})
