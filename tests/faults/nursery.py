"""Where the bots of the runs are born: a process that has imported everything and runs no loop.

A fork of it starts a service many times sooner than a new interpreter. It takes one line of
orders for each process, answers with its pid, and writes how each ended beside its log.
It has no threads and no sockets, so a fork of it is as clean as a new process.
"""

import asyncio
import gc
import json
import os
import select
import signal
import subprocess
import sys
import traceback
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from tests.faults.child import live, warm_up
from tests.faults.fate import Orders

ROOT = Path(__file__).resolve().parents[2]


class Born:
    """One process, seen from the tests."""

    def __init__(self, pid: int, orders: Orders) -> None:
        self.pid = pid
        self._ended = Path(orders.log + ".ended")

    @property
    def status(self) -> int | None:
        """How it ended: minus the signal's number, or its exit code. None while it lives."""
        try:
            said = self._ended.read_text()
        except FileNotFoundError:
            return None
        return int(said) if said.endswith("\n") else None

    def send(self, what: signal.Signals) -> None:
        """Signal it, unless it has ended: nobody else's process gets its number before that is known."""
        if self.status is None:
            os.kill(self.pid, what)

    async def ended(self, within_s: float) -> int:
        """Its status, once it has ended."""
        until = monotonic() + within_s
        while (status := self.status) is None:
            assert monotonic() < until, f"process {self.pid} did not end within {within_s} s"
            await asyncio.sleep(0.005)
        return status


class Nursery:
    """The nursery, seen from the tests."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def bear(self, orders: Orders) -> Born:
        """Start one process. With `warms` the nursery does it itself, and is done when this returns."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asdict(orders)) + "\n")
        self._process.stdin.flush()
        return Born(int(self._process.stdout.readline()), orders)

    def close(self) -> None:
        """End it, and with it every process that it started and that still lives."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


def _bear(orders: Orders) -> int:
    """Fork one process; in the parent, its pid."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        log = os.open(orders.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        if orders.is_fresh:
            os.execv(sys.executable, [sys.executable, "-m", live.__module__, json.dumps(asdict(orders))])
        live(orders)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


@dataclass
class _Living:
    """The processes that were born and have not ended, and when the stopped ones go on."""

    orders: dict[int, Orders] = field(default_factory=dict)
    stopped: dict[int, float] = field(default_factory=dict)

    def reap(self) -> None:
        """Write down who has ended, and let go on who was frozen for long enough."""
        while self.orders:
            pid, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED)
            if pid == 0:
                break
            if os.WIFSTOPPED(status):
                self.stopped[pid] = monotonic() + self.orders[pid].freeze_s
                continue
            self.stopped.pop(pid, None)
            log = self.orders.pop(pid).log
            Path(log + ".ended").write_text(f"{os.waitstatus_to_exitcode(status)}\n")
        for pid in [pid for pid, until in self.stopped.items() if monotonic() >= until]:
            del self.stopped[pid]
            os.kill(pid, signal.SIGCONT)

    def end(self) -> None:
        for pid in self.orders:
            os.kill(pid, signal.SIGKILL)
        while self.orders:
            self.reap()
            sleep(0.005)


def _run() -> None:
    living = _Living()
    while True:
        readable, _, _ = select.select([0], [], [], 0.01)
        living.reap()
        if not readable:
            continue
        line = sys.stdin.readline()
        if not line:
            break
        given: dict[str, Any] = json.loads(line)
        orders = Orders(**given)
        pid = 0
        if orders.warms:
            warm_up(orders)
            gc.collect()
            gc.freeze()
        else:
            pid = _bear(orders)
            living.orders[pid] = orders
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
    living.end()


if __name__ == "__main__":
    _run()
