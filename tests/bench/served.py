"""A service as a process of its own, as its users have it, and what the system says of it."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from tests.commands.place import ENVIRON, write_settings

STARTS_WITHIN_S = 60
_TICKS = os.sysconf("SC_CLK_TCK")


class Served:
    """One that listens."""

    def __init__(self, pid: int, port: int) -> None:
        self._at = Path(f"/proc/{pid}")
        self.port = port

    def resident_mib(self) -> float:
        """What of its memory is in the machine's now."""
        (line,) = (one for one in (self._at / "status").read_text().splitlines() if one.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024

    def processor_s(self) -> float:
        """Seconds of processors, in the program and in the system for it."""
        fields = (self._at / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS


def _environ() -> dict[str, str]:
    """Without what is said to the benchmarks, which the service would take for settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PAYRUNBOT_")}


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def served(folder: Path, vendor: str) -> Iterator[Served]:
    """It serves in this folder, with the database that may be there."""
    port = free_port()
    at = ("http://127.0.0.1:1\n", f"{vendor}\n")
    settings = write_settings(folder, port=port, base_url=at)  # type: ignore[arg-type]
    told = [sys.executable, "-m", "bot", "serve", "--config", str(settings)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            told, cwd=folder, stdout=log, stderr=log, env={**_environ(), **ENVIRON}, close_fds=True
        )
        try:
            until = monotonic() + STARTS_WITHIN_S
            while b'"listening"' not in (folder / "log").read_bytes():
                assert process.poll() is None and monotonic() < until, (folder / "log").read_text()[-2000:]
                sleep(0.05)
            yield Served(process.pid, port)
        finally:
            process.terminate()
            process.wait(30)
