"""What a run's database says, read past all of the bot's own code; a file's, or a server's.

Statements are written as SQLite takes them, with `?` and `:name`, and only in words that
PostgreSQL knows as well.
"""

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from sqlite3 import connect
from typing import Any

import psycopg
from psycopg import sql

from tests.databases import url_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Address = str
"""Of a database, as the settings hold it."""


class Row(tuple[Any, ...]):
    """Its values in order, and by their names."""

    names: Sequence[str]

    def __getitem__(self, what: Any) -> Any:
        return super().__getitem__(self.names.index(what) if isinstance(what, str) else what)

    def keys(self) -> Sequence[str]:
        return self.names


class Opened:
    """A connection to either kind."""

    def __init__(self, connection: Any, *, is_server: bool) -> None:
        self._connection = connection
        self._is_server = is_server

    def execute(self, query: str, values: Sequence[object] | Mapping[str, object] = ()) -> list[Row]:
        if self._is_server and values:
            query = re.sub(r":(\w+)", r"%(\1)s", query.replace("%", "%%").replace("?", "%s"))
        cursor = self._connection.execute(query, *([values] if values else []))
        if cursor.description is None:
            return []
        names = [one[0] for one in cursor.description]
        found = []
        for values_of_one in cursor.fetchall():
            row = Row(values_of_one)
            row.names = names
            found.append(row)
        return found


def is_file(address: Address) -> bool:
    return address.startswith("sqlite")


def path_of(address: Address) -> Path:
    """The file behind an address that is one."""
    return Path(address.partition(":///")[2])


@contextmanager
def opened(address: Address, *, writes: bool = False) -> Iterator[Opened]:
    """One transaction. Who only reads must not close the log of a bot that was killed, and so empty it."""
    if not is_file(address):
        with psycopg.connect(address) as server:
            server.read_only = not writes
            yield Opened(server, is_server=True)
        return
    mode = "rw" if writes else "ro"
    with closing(connect(f"file:{path_of(address)}?mode={mode}", uri=True, timeout=10)) as file, file:
        file.execute("begin")
        yield Opened(file, is_server=False)


def rows(address: Address, query: str, *values: object) -> list[Row]:
    with opened(address) as db:
        return db.execute(query, values)


def write(address: Address, query: str, *values: object) -> None:
    with opened(address, writes=True) as db:
        db.execute(query, values)


def copy_of(address: Address, folder: Path) -> Address:
    """A database with the same content, that nobody has open."""
    if is_file(address):
        shutil.copy(path_of(address), folder / "bot.db")
        return url_of(folder / "bot.db")
    name = f"bot_{token_hex(6)}"
    return _made(address, name, "CREATE DATABASE {} TEMPLATE {}", name, _name_of(address))


def drop(address: Address) -> None:
    """Let go of one that is not in a folder."""
    if not is_file(address):
        _made(address, "postgres", "DROP DATABASE {} WITH (FORCE)", _name_of(address))


def _name_of(address: Address) -> str:
    return address.partition("?")[0].rpartition("/")[2]


def _made(address: Address, name: str, statement: str, *names: str) -> Address:
    at = address.replace(f"/{_name_of(address)}", "/{}", 1)
    with psycopg.connect(at.format("postgres"), autocommit=True) as server:
        server.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
    return at.format(name)


def content_of(address: Address) -> bytes:
    """Everything that is stored, to look for what must not be."""
    if is_file(address):
        path = path_of(address)
        return b"".join(
            one.read_bytes() for one in (path, path.with_name(path.name + "-wal")) if one.exists()
        )
    found = []
    with opened(address) as db:
        tables = db.execute("select table_name from information_schema.tables where table_schema = 'public'")
        for (table,) in tables:
            found += [
                value if isinstance(value, bytes) else str(value).encode()
                for row in db.execute(f'select * from "{table}"')
                for value in row
            ]
    return b"\n".join(found)


def instant(micros: int) -> datetime:
    return _EPOCH + micros * _MICROSECOND


def micros(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


@dataclass(frozen=True)
class Left:
    """What is left to do: whether something is under way or due, and else when the next is."""

    is_busy: bool
    next_at: datetime | None
    decides_at: datetime | None
    """When time alone may next change a decision, or what waits goes on."""
    asked: Sequence[str]
    """Approvals that wait for a person."""
    paused: Sequence[str]
    """Scopes of pauses that hold an effect back."""


# A mail effect that is confirming waits for its mails; a waiting effect for a person.
_RUNNABLE = """
    state in ('planned', 'intent', 'sent', 'unknown') or (state = 'confirming' and is_vendor)
    or (state = 'waiting' and not_before <= :now)
"""
_READY = """
    after is null or exists (select 1 from effect before
      where before.key = effect.after and before.chain = effect.chain and before.state = 'verified')
"""
_LEASED = " union all ".join(
    f"select 1 from {table} where lease_until is not null" for table in ("effect", "mail", "look")
)

_LATER = """
    select next_at as at from decision union all select next_at from schedule
    union all select not_before from effect where state = 'waiting' and not_before > :now
    union all select rest_until from connection_state where rest_until > :now
"""


def what_is_left(address: Address, now: datetime) -> Left:
    """Read it at one moment, by the clock of the run."""
    with opened(address) as db:
        at = {"now": micros(now) + 300_000}  # what is due within a moment is as good as due
        due = [
            row[0]
            for query in (
                f"select not_before from effect where ({_RUNNABLE}) and ({_READY})",
                "select not_before from mail where state in ('queued', 'data_started')",
                "select due_at from look where kind != '*' or due_at <= :now",
                "select next_at from decision where next_at <= :now",
                "select next_at from schedule where next_at <= :now",
            )
            for row in db.execute(query, at if ":now" in query else ())
        ]
        under_way = db.execute(
            f"{_LEASED} union all select 1 from inbox where state = 'new'"
            " union all select 1 from audit where hash is null"
        )
        asked = db.execute(
            "select a.id from approval a join effect e on e.key = a.effect_key and e.round = a.round"
            " where a.state = 'open' and e.state = 'waiting' order by a.id"
        )
        decides_at = db.execute(f"select min(at) from ({_LATER}) later", at)[0][0]
        paused = db.execute(
            "select scope from pause where exists (select 1 from effect where state = 'waiting'"
            ' and outcome_json like \'%"waits_for":"pause"%\')'
        )
        is_busy = bool(under_way) or any(one <= at["now"] for one in due)
        return Left(
            is_busy,
            instant(min(due)) if due else None,
            instant(decides_at) if decides_at is not None else None,
            [row[0] for row in asked],
            [row[0] for row in paused],
        )
