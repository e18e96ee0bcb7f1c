"""A database file as a start takes it: locked, looked at, and ready for webhooks, without SQLAlchemy.

Importing that takes as long as all else that the first webhook needs. Nothing is left out for
it: where the file is not as this program left it (new, of other tables, moved, without its log),
it is not taken here, and `open_database` says or mends what is wrong. That also goes on from
what was taken, once there is time, and asserts again what it asserts of every database.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote

from bot.store.home import GONE, UNDER_WAY
from bot.store.intake import Batch, Delivery, Intake
from bot.store.newest import newest
from bot.store.sqlite_inbox import LOCKED_FOR_S, SqliteInbox
from bot.store.sqlite_lock import SqliteLock
from bot.store.turn import Turn

_FILE = "sqlite+aiosqlite:///"


class TakenFile:
    """A file that is this service's, and its inbox."""

    def __init__(self, path: Path, lock: SqliteLock, removed: frozenset[str]) -> None:
        self.path = path
        self.lock = lock
        self.turn = Turn()
        self.intake = Intake(SqliteInbox(path, LOCKED_FOR_S), self.turn)
        self._removed = removed

    @property
    def wrote(self) -> Callable[[float], None]:
        """Told how long each commit took."""
        return self.intake.wrote

    @wrote.setter
    def wrote(self, told: Callable[[float], None]) -> None:
        self.intake.wrote = told

    async def removed(self) -> frozenset[str]:
        """The connections that were removed, as `health.removed` says."""
        return self._removed

    async def take_in(self, delivery: Delivery) -> Batch:
        """Keep one webhook, as `Database.take_in` does."""
        return await self.intake.take(delivery)

    async def close(self) -> None:
        await self.intake.close()
        self.lock.let_go()


async def take_file(url: str) -> TakenFile | None:
    """What the settings' address names; None where `open_database` has something to do or to say first.

    Raises DatabaseInUse, DatabaseUnsafe.
    """
    path = Path(unquote(url.removeprefix(_FILE)))
    return await asyncio.to_thread(_taken, path) if url.startswith(_FILE) else None


def _taken(path: Path) -> TakenFile | None:
    if not path.is_file():
        return None
    lock = SqliteLock(path)
    try:
        lock.take()
        removed = _removed(path)
    except BaseException:
        lock.let_go()
        raise
    if removed is None:
        lock.let_go()
        return None
    return TakenFile(path, lock, removed)


def _removed(path: Path) -> frozenset[str] | None:
    """The connections that were removed; None where this file cannot be written to as it is."""
    moved = "SELECT name FROM house_fact WHERE name IN (?, ?)"
    removed = "SELECT connection FROM connection_state WHERE removed_at IS NOT NULL"
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            versions = db.execute("SELECT version_num FROM alembic_version").fetchall()
            (journal,) = db.execute("PRAGMA journal_mode").fetchone()
            if (
                versions != [(newest(),)]
                or journal != "wal"
                or db.execute(moved, (UNDER_WAY, GONE)).fetchall()
            ):
                return None
            return frozenset(connection for (connection,) in db.execute(removed))
    except sqlite3.Error:
        return None
