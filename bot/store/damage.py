"""What is looked at before a database file is opened for writing: is it whole, and is it one?

One trap of SQLite shapes the file. A `-wal` file beside a database is played into it
whichever database it belonged to: whoever puts a backup in place and leaves the log of
the file that it replaces gets a mixture of both. A backup says in its header that it has
no such log, and a database that the service has had open says that it has one.
"""

from contextlib import closing
from pathlib import Path
from sqlite3 import DatabaseError, OperationalError, connect

_MAGIC = b"SQLite format 3\0"
_HAS_LOG = b"\x02\x02"


class Damaged(Exception):
    """The file must not be opened; says which, why, and what to do."""


def refuse_damaged(path: Path) -> None:
    """Read a database file whole, as the next start of the service would find it.

    A file that is not there or empty is a new one. Raises Damaged.
    """
    log = path.with_name(path.name + "-wal")
    has_log = log.is_file() and log.stat().st_size > 0
    begins = _begins(path)
    if begins and not begins.startswith(_MAGIC):
        raise Damaged(f"{path} is no database. Put a backup in its place, without {log.name}.")
    if has_log and begins[18:20] != _HAS_LOG:
        raise Damaged(
            f"{log} belongs to another database than {path}, which is a backup or new. "
            f"Remove {log.name}, then start again."
        )
    if begins:
        wrong = _wrong(path)
        if wrong is not None:
            raise Damaged(f"{path} is damaged: {wrong}. Put a backup in its place, without {log.name}.")


def _begins(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(100)
    except FileNotFoundError:
        return b""


def _wrong(path: Path) -> str | None:
    try:
        with closing(connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
            found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    except OperationalError:
        return None  # locked, or a full disk: nothing about the file, and told by whoever opens it next
    except DatabaseError as error:
        return str(error)
    return None if found == "ok" else " ".join(str(found).split())
