"""Time in a run: one clock for every process, which can be moved on while they live.

The shift lies in a file that all of them have mapped. `now` is the machine's time and the
shift; `wall` is the machine's alone, so that leases and quarantine are waited out for real.
"""

import mmap
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

_SHIFT = struct.Struct("<q")


class SharedClock:
    """The clock of a run. Give each process one of its own over the same file."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(_SHIFT.pack(0))
        with path.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), _SHIFT.size)
        self.path = path

    def now(self) -> datetime:
        return self.wall() + timedelta(microseconds=_SHIFT.unpack(self._shared[:])[0])

    def wall(self) -> datetime:
        return datetime.now(UTC)

    def set(self, to: datetime) -> None:
        """Let it be this instant now; time goes on from there."""
        self._shared[:] = _SHIFT.pack((to - self.wall()) // timedelta(microseconds=1))

    def close(self) -> None:
        self._shared.close()


class WitnessClock:
    """The machine's time alone, for ledgers: a quarantine is checked against real seconds."""

    def now(self) -> datetime:
        return datetime.now(UTC)
