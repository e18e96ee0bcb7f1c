"""A changed rule file in the place of the old one, whole or not at all.

It is only put there where the old one is still what somebody was shown. Whoever reads the
folder meanwhile finds the old file or the new one, with the old one's permissions. A link is
not followed: what it leads to is not ours to replace.
"""

import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from stat import S_IMODE
from tempfile import mkstemp
from threading import Lock

_ONE_AT_A_TIME = Lock()


class Moved(Exception):
    """The file is not what was shown any more: somebody changed it meanwhile."""


class CannotWrite(Exception):
    """The file cannot be replaced here. The text says why."""


def fingerprint(content: bytes) -> str:
    return sha256(content).hexdigest()


def can_write(file: Path) -> bool:
    """Whether it looks as if a file could be replaced; only trying it tells."""
    return not file.is_symlink() and os.access(file.parent, os.W_OK | os.X_OK) and os.access(file, os.W_OK)


def save(file: Path, text: str, *, instead_of: str) -> None:
    """Replace a file whose fingerprint is `instead_of`. Raises Moved, CannotWrite."""
    with _ONE_AT_A_TIME:
        try:
            if file.is_symlink():
                raise CannotWrite(f"{file.name} is a link to another file.")
            if fingerprint(file.read_bytes()) != instead_of:
                raise Moved
            _replace(file, text.encode())
        except OSError as error:
            raise CannotWrite(f"{file.name}: {os.strerror(error.errno or 0)}.") from None


def _replace(file: Path, content: bytes) -> None:
    # Its name does not end as those of rule files do, so that nobody reads half of it.
    handle, name = mkstemp(dir=file.parent, prefix=f".{file.name}.", suffix=".new")
    try:
        with os.fdopen(handle, "wb") as new:
            os.fchmod(new.fileno(), S_IMODE(file.stat().st_mode))
            new.write(content)
            new.flush()
            os.fsync(new.fileno())
        os.replace(name, file)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
