"""From start to the first accepted webhook, beside a bare import of the libraries in the same run.

Real processes with compiled files present; what is counted is time on the wall, from the start of the
process. Its settings, keys and tables are there already, as at a restart.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from http.client import HTTPConnection
from json import dumps
from pathlib import Path
from shutil import copytree
from socket import socket
from tempfile import TemporaryDirectory
from time import perf_counter, sleep, time

from bot.sandbox.gigapay import sign
from tests.bench.measure import Figure
from tests.commands.place import ENVIRON, REPO, write_settings

ROUNDS = 7
ASKED = 1.06
"""0.35 s where the bare import takes 0.33 s."""
BARE = "import aiohttp, apscheduler, pydantic, jinja2, aiosmtplib, sqlalchemy"
HOOK = "/hooks/gigapay-se/Payrun.created"
STARTS_WITHIN_S = 60


def environ(code: Path) -> Mapping[str, str]:
    """As an operator's, with Python writing and reading what it has compiled."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **ENVIRON, "PYTHONPATH": str(code)}


def bare(env: Mapping[str, str]) -> float:
    began = perf_counter()
    subprocess.run([sys.executable, "-c", BARE], env=env, check=True)
    return perf_counter() - began


def started(folder: Path, port: int, env: Mapping[str, str], path: str, status: int) -> float:
    """Seconds to the first such answer. It is ended when all of it stands."""
    command = [sys.executable, "-m", "bot", "serve", "--config", str(folder / "bot.yaml")]
    began = perf_counter()
    with subprocess.Popen(command, env=env, cwd=folder, stdout=subprocess.DEVNULL) as process:
        try:
            _wait_for(port, path, status)
            took = perf_counter() - began
            _wait_for(port, "/readyz", 200)
        finally:
            process.send_signal(signal.SIGTERM)
    assert process.returncode == 0
    return took


def _wait_for(port: int, path: str, status: int) -> None:
    until = perf_counter() + STARTS_WITHIN_S
    while perf_counter() < until:
        try:
            if _ask(port, path) == status:
                return
        except OSError:
            pass  # nobody listens yet
        sleep(0.002)
    raise AssertionError(f"{path} was never answered with {status}")


def _ask(port: int, path: str) -> int:
    with closing(HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        if path == HOOK:
            body = dumps({"object": "payrun", "id": perf_counter()}).encode()
            headers = {"Gigapay-Signature": sign(ENVIRON["HOOK"], int(time()), body)}
            connection.request("POST", path, body, headers)
        else:
            connection.request("GET", path)
        return connection.getresponse().status


def _in_turns(one: Callable[[], float], other: Callable[[], float], rounds: int) -> list[float]:
    """How many times as long the one takes, a ratio for each round; they take turns at beginning."""
    one(), other()  # which compiles, and makes the tables
    found = []
    for number in range(rounds):
        if number % 2:
            long, short = one(), other()
        else:
            short, long = other(), one()
        found.append(long / short)
    return found


async def bench() -> list[Figure]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        copytree(REPO / "bot", folder / "code" / "bot", ignore=lambda *_: ["__pycache__"])
        for each in ("rules", "templates"):
            copytree(REPO / each, folder / "code" / each)
        with closing(socket()) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        write_settings(folder, port=port, rules=folder / "code" / "rules")
        env = environ(folder / "code")
        beside = "beside a bare import of the parts"
        hook = partial(started, folder, port, env, HOOK, 200)
        ready = partial(started, folder, port, env, "/readyz", 200)
        return [
            Figure(
                f"from start to the first accepted webhook, {beside}",
                ASKED,
                _in_turns(hook, partial(bare, env), ROUNDS),
            ),
            Figure(f"from start to ready, {beside}", None, _in_turns(ready, partial(bare, env), 3)),
        ]
