"""A changed rule file in the place of the old one, whole or not at all.

It is only put there where the old one is still what somebody was shown, which is looked at
under a lock of the folder: two services that share it, on one machine or on a volume that
knows locks, never replace each other's change unseen. Whoever reads the folder meanwhile
finds the old file or the new one, with the old one's permissions. A link is not followed:
what it leads to is not ours to replace.
"""

import errno
import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from stat import S_IMODE
from tempfile import mkstemp

WAITS_S = 5.0
"""How long somebody else may be at it before whoever comes second is told so."""
_LOOKS_EVERY_S = 0.02
_NO_LOCKS = (errno.EBADF, errno.EINVAL, errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
"""What file systems say that cannot lock a folder: there the comparison is all there is."""


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
    try:
        with _alone_in(file.parent):
            if file.is_symlink():
                raise CannotWrite(f"{file.name} is a link to another file.")
            if fingerprint(file.read_bytes()) != instead_of:
                raise Moved
            _replace(file, text.encode())
    except OSError as error:
        raise CannotWrite(f"{file.name}: {os.strerror(error.errno or 0)}.") from None


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Hold the folder's lock, against threads and processes alike. Raises CannotWrite.

    It is the folder's own and leaves no file there; a process that ends lets go of it.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        until_s = time.monotonic() + WAITS_S
        while not _locked(handle):
            if time.monotonic() >= until_s:
                raise CannotWrite(
                    f"Another payrunbot is changing a file of {folder.name} just now. "
                    "Nothing was changed; try again."
                )
            time.sleep(_LOOKS_EVERY_S)
        yield
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    """Whether it is ours now, or cannot be anybody's."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
    return True


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
