"""The database: transactions that read, and transactions that write one after the other.

Which kind of database keeps the tables is known to `sqlite_file` and `postgres_server`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Insert, Row, Table, make_url
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.current import is_current
from bot.store.home import BUSY, Home, Line
from bot.store.intake import Batch, Delivery, Intake
from bot.store.moved import refuse_moved
from bot.store.sqlite_file import SqliteFile
from bot.store.taken_file import TakenFile
from bot.store.turn import Turn

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

Tx = AsyncConnection
AnyRow = Row[*tuple[Any, ...]]
"""A row whose columns are taken by name."""


class CutOff(OperationalError):
    """The database was lost in a transaction: it stood still for too long, or its server stops.

    Where that was at the commit, it may be kept or not. It can be done again: whoever writes
    finds by its own rows what is done already.
    """


class Database:
    """A place for one process to read and write. Make it with `open_database`."""

    def __init__(self, home: Home, *, read_only: bool, taken: TakenFile | None = None) -> None:
        self._home = home
        self._reader = home.engine(writes=False)
        self._writer = None if read_only else home.engine(writes=True)
        self._turn = taken.turn if taken else Turn()
        self._intake = (
            taken.intake
            if taken
            else Intake(home.inbox(), self._turn if home.has_one_writer else nullcontext())
        )

    @property
    def path(self) -> Path | None:
        """The file, where it is one; None for a server, which several replicas may share."""
        return self._home.path

    @property
    def wrote(self) -> Callable[[float], None]:
        """Told how long each transaction took that wrote, waiting for its turn included."""
        return self._intake.wrote

    @wrote.setter
    def wrote(self, told: Callable[[float], None]) -> None:
        self._intake.wrote = told

    @property
    def is_shared(self) -> bool:
        """Whether other replicas may be serving it as well."""
        return self._home.path is None

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        """One transaction, committed at the end, rolled back by any exception."""
        assert self._writer is not None, "this database was opened for reading"
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with self._turn:
            with self._named():
                async with self._writer.begin() as tx:
                    yield tx
        self.wrote(loop.time() - began)

    async def take_in(self, delivery: Delivery) -> Batch:
        """Keep one webhook. Returns once it is committed, with all that were in one commit with it.

        The same body again counts a delivery, and is sorted again. Raises OperationalError.
        """
        assert self._writer is not None, "this database was opened for reading"
        return await self._intake.take(delivery)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """A consistent look at what is committed."""
        with self._named():
            async with self._reader.connect() as tx:
                yield tx

    async def removed(self) -> frozenset[str]:
        """The connections that were removed, as `health.removed` says."""
        from bot.store import health  # which is made of transactions of this module

        async with self.read() as tx:
            return await health.removed(tx)

    async def others(self) -> int:
        """How many other replicas serve it at this moment."""
        if not self.is_shared:
            return 0
        async with self.read() as tx:
            return await self._home.others(tx)

    async def listen(self, heard: Callable[[], None]) -> Line | None:
        """A line to the other replicas; None where there can be none. Raises DBAPIError."""
        return await self._home.listen(heard)

    async def close(self) -> None:
        await self._intake.close()
        await self.hang_up()
        self._home.let_go()

    async def hang_up(self) -> None:
        """End all connections but the inbox's own."""
        await self._reader.dispose()
        if self._writer is not None:
            await self._writer.dispose()

    async def take(self) -> None:
        """Become one that serves here. Raises DatabaseInUse, DatabaseUnsafe."""
        await self._home.take()

    async def migrate(self) -> None:
        """Bring the tables to this version, and assert that commits are kept. Raises DatabaseUnsafe."""
        assert self._writer is not None
        async with self._writer.begin() as tx:
            if not await tx.run_sync(is_current):
                from bot.store.upgrade import upgrade  # which is slow to import, and seldom needed

                await tx.run_sync(upgrade)
        await self.assert_safe()

    async def assert_safe(self) -> None:
        """Raises DatabaseUnsafe where commits would not be kept."""
        assert self._writer is not None
        async with self._writer.connect() as connection:
            await self._home.assert_safe(connection)

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Who waited for a turn in vain has met a database that can't be used, and no bug of ours.

        Nobody may take it for one: what fails by a bug is handed to a person, and this is tried again.
        """
        try:
            yield
        except Exception as problem:
            if self._home.is_late(problem):
                raise OperationalError(None, None, TimeoutError(f"{BUSY}: {problem}")) from problem
            if self._home.was_cut_off(problem):
                raise CutOff(None, None, problem) from problem
            raise


def home_of(url: str, taken: TakenFile | None = None) -> Home:
    """What the settings' address names. Nothing is opened."""
    if not url.startswith("postgresql://"):
        return SqliteFile(make_url(url), taken.lock if taken else None)
    from bot.store.postgres_server import PostgresServer  # whose driver nobody else needs

    return PostgresServer(url)


async def open_database(
    url: str,
    *,
    read_only: bool = False,
    beside: bool = False,
    serves: bool = True,
    taken: TakenFile | None = None,
) -> Database:
    """Open the database of the settings.

    For writing it becomes one that serves there, migrates and asserts safety before
    returning, so that nobody ever works on tables of another version. `beside` leaves all
    that to the service that has it open: for one small write of a command. Where it is not
    to serve, it may be one that another is being moved to. What was `taken` already is gone on
    from, and left as it is where this fails. Raises DatabaseInUse, DatabaseUnsafe.
    """
    home = home_of(url, taken)
    if isinstance(home, SqliteFile) and not read_only:
        home.make()
    database = Database(home, read_only=read_only, taken=taken)
    if not (read_only or beside):
        try:
            await database.take()
            await database.migrate()
            if serves:
                async with database.read() as tx:
                    await refuse_moved(tx)
        except BaseException:
            await (database.hang_up() if taken else database.close())
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
    if tx.dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # imported already, where that is the engine

    return postgresql.insert(table)


def insert_once(tx: Tx, table: Table, **values: Any) -> Insert:
    """INSERT that does nothing where the key is already there."""
    return upsert(tx, table).values(**values).on_conflict_do_nothing()
