"""The lock beside a database file: one service has it."""

import fcntl
import os
from pathlib import Path

from bot.store.damage import Damaged, refuse_damaged
from bot.store.home import DatabaseInUse, DatabaseUnsafe


class SqliteLock:
    """SQLite's own locks are between connections: two services on one file would share the work by halves."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    @property
    def is_ours(self) -> bool:
        return self._handle is not None

    def take(self) -> None:
        """Become the one service on this file, which is then read whole.

        Raises DatabaseInUse, DatabaseUnsafe.
        """
        handle = os.open(self._path.with_name(self._path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            raise DatabaseInUse(
                f"{self._path} is in use by another payrunbot. Stop that one, or give this one its own."
            ) from None
        self._handle = handle
        try:
            refuse_damaged(self._path)
        except Damaged as damage:
            raise DatabaseUnsafe(str(damage)) from None

    def let_go(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
