"""A disk that is full from the n-th write on, and has room again when the test says so.

SQLite makes its system calls through a table that its own tests replace (`xSetSystemCall`),
and so does this, with ctypes: the call that writes answers ENOSPC. Everything above it is
as it ships, and the errors are those of a real full disk (SQLITE_FULL, or SQLITE_IOERR for
the index of the log). The count lies in a file that the test has mapped, too.
"""

import ctypes
import errno
import mmap
import struct
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

NAME = "disk"
_STATE = struct.Struct("<qqq")
_ROOM = -1


class Disk:
    """How many writes are left, how many were refused, and when the first of them was."""

    def __init__(self, folder: Path) -> None:
        path = folder / NAME
        if not path.exists():
            path.write_bytes(_STATE.pack(_ROOM, 0, 0))
        with path.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), _STATE.size)

    @property
    def refused(self) -> int:
        return self._get()[1]

    @property
    def full_since(self) -> float:
        """By the machine's clock, in seconds; 0 where it never was full."""
        return self._get()[2] / 1e9

    def full_after(self, writes: int) -> None:
        self._set(writes, 0, 0)

    def has_room(self) -> None:
        _, refused, since = self._get()
        self._set(_ROOM, refused, since)

    def may_write(self) -> bool:
        left, refused, since = self._get()
        if left == 0:
            self._set(left, refused + 1, since or time.time_ns())
            return False
        if left > 0:
            self._set(left - 1, refused, since)
        return True

    def _get(self) -> tuple[int, int, int]:
        left, refused, since = _STATE.unpack(self._shared[:])
        return left, refused, since

    def _set(self, left: int, refused: int, since: int) -> None:
        self._shared[:] = _STATE.pack(left, refused, since)


_Write = ctypes.CFUNCTYPE(
    ctypes.c_ssize_t, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64, use_errno=True
)
_Get = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)
_Set = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
_METHODS = [
    "xOpen",
    "xDelete",
    "xAccess",
    "xFullPathname",
    "xDlOpen",
    "xDlError",
    "xDlSym",
    "xDlClose",
    "xRandomness",
    "xSleep",
    "xCurrentTime",
    "xGetLastError",
    "xCurrentTimeInt64",
]


class _Vfs(ctypes.Structure):
    """`sqlite3_vfs` of sqlite3.h, version 3. https://www.sqlite.org/c3ref/vfs.html"""

    _fields_: ClassVar[list[Any]] = [
        ("iVersion", ctypes.c_int),
        ("szOsFile", ctypes.c_int),
        ("mxPathname", ctypes.c_int),
        ("pNext", ctypes.c_void_p),
        ("zName", ctypes.c_char_p),
        ("pAppData", ctypes.c_void_p),
        *((name, ctypes.c_void_p) for name in _METHODS),
        ("xSetSystemCall", _Set),
        ("xGetSystemCall", _Get),
        ("xNextSystemCall", ctypes.c_void_p),
    ]


@dataclass
class _Installed:
    """What must live as long as the process: SQLite holds only the address."""

    write: Any = None


_installed = _Installed()


def install(disk: Disk) -> None:
    """Let this process write on that disk. For a process of its own: it cannot be undone."""
    import _sqlite3

    library = ctypes.CDLL(getattr(_sqlite3, "__file__", None))
    library.sqlite3_vfs_find.restype = ctypes.c_void_p
    address = library.sqlite3_vfs_find(None)
    vfs = _Vfs.from_address(address)
    assert (vfs.zName, vfs.iVersion >= 3) == (b"unix", True), "this is another SQLite than we know"
    name = b"pwrite64" if sys.platform == "linux" else b"pwrite"
    real = _Write(vfs.xGetSystemCall(address, name))

    def write(handle: int, buffer: int, count: int, offset: int) -> int:
        if disk.may_write():
            written: int = real(handle, buffer, count, offset)
            return written
        ctypes.set_errno(errno.ENOSPC)
        return -1

    _installed.write = _Write(write)
    code = vfs.xSetSystemCall(address, name, ctypes.cast(_installed.write, ctypes.c_void_p))
    assert code == 0, f"SQLite did not take the call ({code})"
