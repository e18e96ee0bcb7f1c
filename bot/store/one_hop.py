"""SQLite's driver, with one hand-over to its thread for each statement.

A connection lives in a thread of its own, and SQLAlchemy asks it four things for one SELECT: for a
cursor, to execute, for all rows, to close. Each is a hand-over of the interpreter's lock there and
back, which takes longer than most statements do. Here the four are one: a statement comes back
with its rows. Only of one that has very many, further rows are asked for.
"""

import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, Self

import aiosqlite

AT_ONCE = 1_000
"""Rows that come back with the statement; a list or a page of anything has fewer."""


class _Answer(NamedTuple):
    """What a statement came to. `description` is None where it has no rows to give."""

    rows: list[Any]
    description: Any
    rowcount: int
    lastrowid: int | None
    rest: sqlite3.Cursor | None
    """Where further rows are, if there are any."""


_NOTHING = _Answer([], None, -1, None, None)


class Cursor:
    """A statement and its rows."""

    arraysize = 1

    def __init__(self, connection: "OneHop") -> None:
        self._connection = connection
        self._answer = _NOTHING

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Raises sqlite3.Error."""
        self._answer = await self._connection.asked(sqlite3.Connection.execute, sql, parameters)

    async def executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> None:
        """Raises sqlite3.Error."""
        self._answer = await self._connection.asked(sqlite3.Connection.executemany, sql, parameters)

    async def fetchall(self) -> list[Any]:
        rows = self._taken()
        if self._answer.rest is not None:
            rows += await self._connection.done(self._answer.rest.fetchall)
        return rows

    async def fetchmany(self, size: int) -> list[Any]:
        """The rows that are there, which may be more than were asked for, or the next so many."""
        if self._answer.rows or self._answer.rest is None:
            return self._taken()
        rows: list[Any] = await self._connection.done(self._answer.rest.fetchmany, size)
        return rows

    def _taken(self) -> list[Any]:
        rows = self._answer.rows
        self._answer = self._answer._replace(rows=[])
        return rows

    async def close(self) -> None:
        if self._answer.rest is not None:
            await self._connection.done(self._answer.rest.close)

    @property
    def description(self) -> Any:
        return self._answer.description

    @property
    def rowcount(self) -> int:
        return self._answer.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._answer.lastrowid


class OneHop(aiosqlite.Connection):
    """A connection as SQLAlchemy uses one."""

    def cursor(self) -> Cursor:  # type: ignore[override]  # which has what SQLAlchemy asks of one
        return Cursor(self)

    async def asked(self, how: Callable[..., sqlite3.Cursor], sql: str, parameters: Sequence[Any]) -> _Answer:
        """What a statement came to."""
        answer: _Answer = await self.done(_answered, self._conn, how, sql, parameters)
        return answer

    async def done(self, do: Callable[..., Any], *args: Any) -> Any:
        """What is done in the connection's thread, where all that is SQLite's own stays."""
        return await self._execute(do, *args)  # type: ignore[no-untyped-call]

    async def commit(self) -> None:
        await self.done(self._conn.commit)

    async def rollback(self) -> None:
        """SQLAlchemy does so each time a connection is given back: mostly there is nothing left to undo.

        One that was interrupted in the middle of a statement is not given back, but closed.
        """
        if self._conn.in_transaction:
            await self.done(self._conn.rollback)


def _answered(
    connection: sqlite3.Connection, how: Callable[..., sqlite3.Cursor], sql: str, parameters: Sequence[Any]
) -> _Answer:
    cursor = how(connection, sql, parameters)
    rows = cursor.fetchmany(AT_ONCE) if cursor.description else []
    rest = cursor if len(rows) == AT_ONCE else None
    answer = _Answer(rows, cursor.description, cursor.rowcount, cursor.lastrowid, rest)
    if rest is None:
        cursor.close()
    return answer


def connect(database: str, **options: Any) -> OneHop:
    """In `aiosqlite.connect`'s place, as what SQLAlchemy is told to connect with."""
    made = OneHop(partial(sqlite3.connect, database, **options), iter_chunk_size=1)
    made._thread.daemon = True  # as SQLAlchemy has it for the connections it makes itself
    return made
