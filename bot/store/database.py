"""The database: engines, transactions, and who may have it open.

Two things about SQLite shape the file. Its driver begins a transaction only at the
first write, so that a read before it sees something else than the write is based on:
we begin every writing transaction ourselves, with `BEGIN IMMEDIATE`. And its locks are
between connections, not programs, so that a second service on one file would share the
work by halves: a lock beside the file refuses it.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Insert, Row, Table, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoTurn
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.store.damage import Damaged, refuse_damaged

Tx = AsyncConnection
AnyRow = Row[*tuple[Any, ...]]
"""A row whose columns are taken by name."""


LOCKED_FOR_S = 5
"""How long a statement waits for somebody else's lock. It cannot be interrupted while it does."""
WAITS_S = 15
"""How long one waits for its turn. Whoever sends a webhook then is told to come again, in time to hear it."""

BUSY = "no turn at the database"
"""What the log calls it where that was in vain."""


class DatabaseInUse(Exception):
    """Another payrunbot has this database open. Only one service may."""


class DatabaseUnsafe(Exception):
    """The database would not keep what it says it has kept."""


class Database:
    """A place for one process to read and write. Make it with `open_database`."""

    def __init__(self, url: URL, *, read_only: bool) -> None:
        self._lock: int | None = None
        self.wrote: Callable[[float], None] = lambda _seconds: None
        """Told how long each transaction took that wrote, waiting for its turn included."""
        self.path = Path(url.database) if url.database else None
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self._reader = _engine(_read_only(url) if self.is_sqlite else url, writes=False)
        self._writer = None if read_only else _engine(url, writes=True)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        """One transaction, committed at the end, rolled back by any exception."""
        assert self._writer is not None, "this database was opened for reading"
        loop = asyncio.get_running_loop()
        began = loop.time()
        with _no_turn_is_no_database():
            async with self._writer.begin() as tx:
                yield tx
        self.wrote(loop.time() - began)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """A consistent look at what is committed."""
        with _no_turn_is_no_database():
            async with self._reader.connect() as tx:
                yield tx

    async def close(self) -> None:
        await self._reader.dispose()
        if self._writer is not None:
            await self._writer.dispose()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def take_lock(self) -> None:
        """Become the one service on this file. Raises DatabaseInUse."""
        if self.path is None or not self.is_sqlite:
            return
        handle = os.open(self.path.with_name(self.path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            raise DatabaseInUse(
                f"{self.path} is in use by another payrunbot. Stop that one, or give this one its own."
            ) from None
        self._lock = handle

    async def migrate(self) -> None:
        """Bring the tables to this version, and assert that commits are kept."""
        assert self._writer is not None
        async with self._writer.begin() as tx:
            await tx.run_sync(_upgrade)
        async with self._writer.connect() as connection:
            await self._assert_safe(connection)

    async def _assert_safe(self, connection: AsyncConnection) -> None:
        if not self.is_sqlite:
            return
        journal = (await connection.execute(text("PRAGMA journal_mode"))).scalar_one()
        synchronous = (await connection.execute(text("PRAGMA synchronous"))).scalar_one()
        if (journal, synchronous) != ("wal", 2):
            raise DatabaseUnsafe(
                f"{self.path}: journal_mode is {journal} and synchronous is {synchronous}; "
                "wal and 2 (FULL) are needed, so this file system cannot hold the database."
            )


@contextmanager
def _no_turn_is_no_database() -> Iterator[None]:
    """Who waited for a turn in vain has met a database that can't be used, and no bug of ours.

    Nobody may take it for one: what fails by a bug is handed to a person, and this is tried again.
    """
    try:
        yield
    except NoTurn as waited:
        raise OperationalError(None, None, TimeoutError(f"{BUSY}: {waited}")) from waited


async def open_database(url: str, *, read_only: bool = False, beside: bool = False) -> Database:
    """Open the database of the settings.

    For writing it takes the lock, migrates and asserts safety before returning, so
    that nobody ever works on tables of another version. `beside` leaves both to the
    service that has it open: for one small write of a command. Raises DatabaseInUse,
    DatabaseUnsafe.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database and not read_only:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        # Pay is nobody's business but the service's: SQLite would take the machine's default.
        os.close(os.open(parsed.database, os.O_RDWR | os.O_CREAT, 0o600))
    database = Database(parsed, read_only=read_only)
    if not (read_only or beside):
        try:
            database.take_lock()
            if database.is_sqlite and database.path is not None:
                await asyncio.to_thread(refuse_damaged, database.path)
            await database.migrate()
        except Damaged as damage:
            await database.close()
            raise DatabaseUnsafe(str(damage)) from None
        except BaseException:
            await database.close()
            raise
    return database


@asynccontextmanager
async def set_apart(tx: Tx) -> AsyncIterator[None]:
    """Part of a transaction that an exception undoes alone. The exception comes through."""
    failed: DBAPIError | None = None
    try:
        async with tx.begin_nested():
            try:
                yield
            except DBAPIError as error:
                failed = error
                raise
    except DBAPIError:
        if failed is None:
            raise
        # SQLite gives the whole transaction up where the disk is full, the savepoint with it:
        # that it cannot be gone back to would then be told instead of why.
        raise failed from None


def upsert(tx: Tx, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """An INSERT that can say ON CONFLICT, in the words of the engine at hand."""
    return sqlite.insert(table) if tx.dialect.name == "sqlite" else postgresql.insert(table)


def insert_once(tx: Tx, table: Table, **values: Any) -> Insert:
    """INSERT that does nothing where the key is already there."""
    return upsert(tx, table).values(**values).on_conflict_do_nothing()


def _read_only(url: URL) -> URL:
    return url.set(database=f"file:{url.database}", query={**url.query, "mode": "ro", "uri": "true"})


def _engine(url: URL, *, writes: bool) -> AsyncEngine:
    if url.get_backend_name() != "sqlite":
        return create_async_engine(url, pool_size=8, pool_pre_ping=True, hide_parameters=True)
    # One writer: SQLite has one anyway, and waiting in the pool is cheaper than "database is locked".
    engine = create_async_engine(
        url, pool_size=1 if writes else 4, max_overflow=0, pool_timeout=WAITS_S, hide_parameters=True
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


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
