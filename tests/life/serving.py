"""`serve` as a process of its own, with a watchdog that is in more of a hurry.

It is forked from a process that has imported the bot, which is many times sooner there
than a new interpreter. SIGUSR1 makes happen what `fault` names.
"""

import asyncio
import gc
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from json import loads
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from types import FrameType
from typing import Any, cast
from urllib.error import HTTPError
from urllib.request import urlopen

from bot.commands.failed import Failed
from bot.commands.given import read_settings
from bot.commands.serving import serve
from bot.jobs import Jobs
from bot.logs import configure_logs
from bot.watchdog import Limits
from tests.commands.place import ENVIRON

LIMITS = Limits(loop_s=1.0, tick_s=2.0)
STARTS_WITHIN_S = 30

_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])


def _stand_still(_signal: int, _frame: FrameType | None) -> None:
    time.sleep(60)


def _kill_the_scheduler(_signal: int, _frame: FrameType | None) -> None:
    gc.unfreeze()  # what the start has made is not listed else
    (jobs,) = (one for one in gc.get_objects() if isinstance(one, Jobs))
    cast(Any, jobs)._scheduler.remove_all_jobs()


def _fill_the_log(_signal: int, _frame: FrameType | None) -> None:
    """Into a pipe that nobody reads: the loop waits for ever, and so would every line after it."""
    _, write = os.pipe()
    os.dup2(write, 1)
    while True:
        os.write(1, b"x" * 65536)


FAULTS = {"loop": _stand_still, "scheduler": _kill_the_scheduler, "log": _fill_the_log}


@dataclass
class Running:
    """The process, and what it has said so far."""

    process: ForkServerProcess
    log: Path

    @property
    def said(self) -> list[dict[str, Any]]:
        return [loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]

    def send(self, what: signal.Signals) -> None:
        assert self.process.pid is not None
        os.kill(self.process.pid, what)

    def ended(self, within_s: float) -> int:
        """Its exit code, once it has ended."""
        self.process.join(within_s)
        assert self.process.exitcode is not None, "it did not end"
        return self.process.exitcode


@contextmanager
def serving(
    settings: Path, fault: str = "loop", environ: Mapping[str, str] = ENVIRON, *, listens: bool = True
) -> Iterator[Running]:
    """The process, killed where a test leaves it running; it is ready already, unless it is not to be."""
    log = settings.parent / f"log-{time.monotonic_ns()}"
    log.touch()
    process = _FORKS.Process(target=_run, args=(str(settings), fault, str(log), dict(environ)))
    process.start()
    running = Running(process, log)
    try:
        if listens:
            wait_until(lambda: any(line["event"] == "ready" for line in running.said), STARTS_WITHIN_S)
        yield running
    finally:
        if process.is_alive():
            process.kill()
        process.join()
        process.close()


def wait_until(holds: Callable[[], object], within_s: float = 15) -> None:
    until = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < until, "it never came to that"
        time.sleep(0.01)


def fetch(url: str, data: bytes | None = None) -> tuple[int, bytes]:
    try:
        with urlopen(url, data, timeout=25) as reply:
            return reply.status, reply.read()
    except HTTPError as refused:
        with refused:
            return refused.code, refused.read()


def _run(config: str, fault: str, log: str, environ: dict[str, str]) -> None:
    handle = os.open(log, os.O_WRONLY | os.O_APPEND)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    os.environ.update(environ)
    os.chdir(Path(config).parent)
    sys.stdout = sys.stderr = os.fdopen(1, "w", buffering=1, encoding="utf-8")
    settings = read_settings(config)
    configure_logs()
    signal.signal(signal.SIGUSR1, FAULTS[fault])
    try:
        code = asyncio.run(serve(settings, LIMITS))
    except Failed as failed:
        sys.stderr.write(f"{failed}\n")
        code = failed.code
    sys.exit(code)
