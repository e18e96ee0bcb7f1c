"""PostgreSQL: a server that any number of replicas share.

The statements were written for one writer, and keep it: a transaction that writes begins
with one advisory lock, the writers' turn. What is read in it is then still so when it is
written, as with SQLite's `BEGIN IMMEDIATE`, whichever replica it is in. Work at vendors
and mail servers happens outside of transactions, so that a turn lasts a few milliseconds.

A replica that is frozen in its turn would hold up all others. The server ends such a
session (`idle_in_transaction_session_timeout`), and with it the turn; what it had written
is then undone, and whoever wakes up in it hears so at the next statement.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

import asyncpg
from sqlalchemy import Connection, event, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as NoTurn
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.settings.values import without_login
from bot.store import home
from bot.store.home import DatabaseUnsafe
from bot.store.postgres_inbox import PostgresInbox

TURN = 0x70617972756E
"""The advisory lock that whoever writes holds until the commit: "payrun" in ASCII."""

CHANNEL = "payrunbot"
"""On which replicas wake each other."""

STILL_FOR_S = 10
"""How long a transaction may stand still before the server ends it."""

ANSWERS_WITHIN_S = 30
"""How long one statement may take; one that changes the tables is not bounded."""

AT_LEAST = 150000
"""The oldest version of the server that is tested, as it numbers itself: 15.0."""

_LATE = "55P03"
_CUT_OFF = ("25P03", "57P01")
"""Ended for standing still; or by an administrator's command, as a server is that stops."""

_SERVING = "payrunbot serving "
"""How a replica's line to the others is called, with a name of its own behind it. Commands have none."""

_OTHERS = text("""
    SELECT count(DISTINCT application_name) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE :like AND application_name <> :own
""")

_SAFE = text("""
    SELECT current_setting('server_version_num')::int AS version,
           current_setting('fsync') AS fsync,
           current_setting('synchronous_commit') AS synchronous_commit,
           current_setting('full_page_writes') AS full_page_writes,
           current_setting('server_encoding') AS server_encoding,
           pg_is_in_recovery() AS is_standby
""")


class Unreached(Exception):
    """The server cannot be reached, or lets nobody in by that name."""

    def __init__(self, name: str, problem: Exception) -> None:
        super().__init__(f"{name} cannot be reached: {problem or type(problem).__name__}")


class PostgresServer:
    """A database on a server. It has no file, and no one service."""

    path: Path | None = None
    has_one_writer = False

    def __init__(self, address: str) -> None:
        self._address = address
        self._called = _SERVING + token_hex(8)
        self.name = without_login(address.partition("?")[0])

    def engine(self, *, writes: bool) -> AsyncEngine:
        engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=self.connect,
            # One of them has the turn anyway; waiting here is cheaper than at the server.
            pool_size=1 if writes else 4,
            max_overflow=0,
            pool_timeout=home.WAITS_S,
            pool_pre_ping=True,
            hide_parameters=True,
            isolation_level="READ COMMITTED" if writes else "REPEATABLE READ",
        )
        event.listen(engine.sync_engine, "before_cursor_execute", _without_nul, retval=True)
        event.listen(engine.sync_engine, "handle_error", _gone)
        if writes:
            event.listen(engine.sync_engine, "begin", _take_turn)
            return engine
        return engine.execution_options(postgresql_readonly=True)

    async def connect(self) -> asyncpg.Connection:
        """A connection of one's own; the address is the driver's to read, which knows libpq's words.

        Raises OperationalError.
        """
        anywhere = {} if "target_session_attrs" in self._address else {"target_session_attrs": "primary"}
        try:
            return await asyncpg.connect(
                self._address,
                timeout=home.WAITS_S,
                command_timeout=ANSWERS_WITHIN_S + home.WAITS_S,
                server_settings=_session(),
                **anywhere,
            )
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as problem:
            raise OperationalError(None, None, Unreached(self.name, problem)) from problem

    def inbox(self) -> PostgresInbox:
        return PostgresInbox(self.connect)

    async def take(self) -> None:
        """Any number of replicas serve."""

    async def assert_safe(self, connection: AsyncConnection) -> None:
        found = (await connection.execute(_SAFE)).one()
        wrong = [
            f"{name} is {is_}, and {wanted} is needed"
            for name, is_, wanted, is_right in (
                ("its version", found.version, f"{AT_LEAST // 10000} or newer", found.version >= AT_LEAST),
                ("fsync", found.fsync, "on", found.fsync == "on"),
                (
                    "synchronous_commit",
                    found.synchronous_commit,
                    "on, local, remote_write or remote_apply",
                    found.synchronous_commit != "off",
                ),
                ("full_page_writes", found.full_page_writes, "on", found.full_page_writes == "on"),
                ("its encoding", found.server_encoding, "UTF8", found.server_encoding == "UTF8"),
            )
            if not is_right
        ]
        if found.is_standby:
            wrong.append("it is a standby, and the primary is needed")
        if wrong:
            raise DatabaseUnsafe(f"{self.name}: {'; '.join(wrong)}.")

    async def others(self, connection: AsyncConnection) -> int:
        found = await connection.execute(_OTHERS, {"like": f"{_SERVING}%", "own": self._called})
        return int(found.scalar_one())

    async def listen(self, heard: Callable[[], None]) -> "ServerLine":
        connection = await self.connect()
        own = connection.get_server_pid()

        def told(_connection: object, sender: int, _channel: str, _payload: object) -> None:
            if sender != own:
                heard()

        with _as_database_trouble():
            await connection.execute(f"SET application_name = '{self._called}'")
            await connection.add_listener(CHANNEL, told)
        return ServerLine(connection, self._called)

    def is_late(self, problem: BaseException) -> bool:
        return isinstance(problem, NoTurn) or _code(problem) == _LATE

    def was_cut_off(self, problem: BaseException) -> bool:
        return isinstance(problem, DBAPIError) and problem.connection_invalidated

    def let_go(self) -> None:
        """Nothing is held between two transactions."""


class ServerLine:
    """A session that listens, and tells."""

    def __init__(self, connection: asyncpg.Connection, called: str) -> None:
        self._connection = connection
        self._called = called

    async def ring(self) -> None:
        with _as_database_trouble():
            await self._connection.execute(f"NOTIFY {CHANNEL}")

    async def ask(self) -> tuple[datetime, int]:
        with _as_database_trouble():
            row = await self._connection.fetchrow(
                "SELECT clock_timestamp() AS at, count(DISTINCT application_name) AS others"
                " FROM pg_stat_activity WHERE datname = current_database()"
                " AND application_name LIKE $1 AND application_name <> $2",
                f"{_SERVING}%",
                self._called,
            )
        return row["at"], row["others"]

    async def close(self) -> None:
        try:
            await self._connection.close(timeout=1)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            self._connection.terminate()


@contextmanager
def _as_database_trouble() -> Iterator[None]:
    """What the driver raises, in the words in which the rest of the program expects it."""
    try:
        yield
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as problem:
        raise OperationalError(None, None, problem) from problem


def _session() -> dict[str, str]:
    """How the server treats every session of ours."""
    return {
        "application_name": "payrunbot",
        "lock_timeout": f"{round(home.WAITS_S * 1000)}ms",
        "statement_timeout": f"{ANSWERS_WITHIN_S}s",
        "idle_in_transaction_session_timeout": f"{round(STILL_FOR_S * 1000)}ms",
        "jit": "off",  # it costs more than it saves for statements as short as ours
    }


def _take_turn(connection: Connection) -> None:
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({TURN})")


def _gone(context: ExceptionContext) -> None:
    """A session that the server has ended is no connection any more; the driver may learn it later."""
    problem = context.original_exception
    cause = problem.__cause__
    is_lost = isinstance(cause, (asyncpg.ConnectionDoesNotExistError, OSError)) or (
        isinstance(cause, asyncpg.InterfaceError) and "closed" in str(cause)
    )
    if is_lost or _code(problem) in _CUT_OFF:
        context.is_disconnect = True
        context.invalidate_pool_on_disconnect = False


def _without_nul(
    _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, is_many: bool
) -> tuple[str, Any]:
    """PostgreSQL's text holds every character but NUL, which strangers send and nobody needs."""
    cleaned = [_cleaned(one) for one in parameters] if is_many else _cleaned(parameters)
    return statement, cleaned


def _cleaned(parameters: Sequence[Any]) -> Sequence[Any]:
    if any(isinstance(one, str) and "\0" in one for one in parameters):
        return tuple(one.replace("\0", "\ufffd") if isinstance(one, str) else one for one in parameters)
    return parameters


def _code(problem: BaseException) -> str | None:
    """The server's own word for what is wrong, behind the layers that have handed it on."""
    found: Any = problem.orig if isinstance(problem, DBAPIError) else problem
    return getattr(found, "sqlstate", None)
