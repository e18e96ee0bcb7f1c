"""A copy of the database as it is at one moment, taken while the service writes on.

`VACUUM INTO` reads one snapshot through a connection that can only read, and writes a
whole new file: what was erased is not in it. The copy says of itself that it has no
write-ahead log, so that `Database` can tell a file that was put back from its own.
"""

import os
from contextlib import closing
from pathlib import Path
from sqlite3 import Error, connect


class NoBackup(Exception):
    """The copy was not made, or is not as it should be. Nothing of it is left."""


def make_backup(database: Path, to: Path) -> int:
    """Write the copy, with what it says on the disk before it has its name. Its size in bytes.

    Only its owner may read it. Raises NoBackup.
    """
    if os.path.isdir(to):
        raise NoBackup(f"{to} is a folder: name a new file in it")
    if os.path.lexists(to):  # a link that leads nowhere is there as well
        raise NoBackup(f"{to} is there already, and is not written over: name another file")
    part = to.with_name(to.name + ".part")
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise NoBackup(f"{part} is there already: another backup is under way, or was cut off") from None
    except OSError as error:
        raise NoBackup(f"{to} cannot be written: {error.strerror}") from None
    except ValueError:  # a NUL in it
        raise NoBackup(f"{str(to)!r} is no name of a file") from None
    try:
        _copy(database, part)
        _sync(part)
        part.rename(to)
        _sync(to.parent)
    except Error as error:
        raise NoBackup(f"{database} could not be copied: {error}") from None
    except OSError as error:
        raise NoBackup(f"{to} cannot be written: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
    return to.stat().st_size


def _copy(database: Path, to: Path) -> None:
    with closing(connect(f"{database.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as source:
        source.execute("VACUUM INTO ?", (str(to),))
    with closing(connect(f"{to.absolute().as_uri()}?mode=ro", uri=True)) as copy:
        found = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise NoBackup(f"the copy of {database} is damaged: {found}")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
