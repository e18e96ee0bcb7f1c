"""Taking webhooks in, beside the least a server can do: processes of their own over loopback.

Every figure is of rounds in turns (A B C, C B A), each a few thousand signed webhooks like no
other over connections that are kept. The database of SQLite is in `TMPDIR`, which must be on a
disk for the figure to say anything; so is that of PostgreSQL, which is started for it. What is
counted is the time it took, since what waits for a disk uses no processor.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.intake_server import PATH
from tests.bench.measure import Figure
from tests.databases import url_of
from tests.postgres import Server, empty_database, start_server, stop_server

ROUNDS = 6
HOOKS = int(os.environ.get("PAYRUNBOT_BENCH_HOOKS", "3000"))
"""Webhooks in a round; a fourth of them over one connection."""
MANY = 64
ENDS_WITHIN_S = 10

Address = Callable[[], Awaitable[str]]
Ways = Mapping[str, "Sequence[Running]"]
_numbers = count()


@dataclass(frozen=True, slots=True)
class Running:
    """A server of the benchmark."""

    process: "subprocess.Popen[str]"
    port: str

    def pin(self, cores: set[int]) -> None:
        """Keep all its threads on these processors."""
        for thread in Path(f"/proc/{self.process.pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), cores)


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of one round."""

    rate: float
    p99: float


@contextmanager
def running(way: str, address: str, folder: Path) -> Iterator[Running]:
    """A server as a process, its log in a file as users have it."""
    command = [sys.executable, "-m", "tests.bench.intake_server", way, address]
    with (folder / f"{way}-{next(_numbers)}.log").open("w") as log:
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdin=pipe, stdout=log, stderr=pipe, text=True)
        assert process.stdin is not None
        assert process.stderr is not None
        try:
            yield Running(process, process.stderr.readline().strip())
        finally:
            process.stdin.close()
            process.wait(ENDS_WITHIN_S)
            process.stderr.close()


def send(to: Sequence[Running], connections: int, hooks: int, cores: set[int] | None) -> Sent:
    """One round. With `cores`, the load and the servers share these."""
    for one in to:
        one.pin(cores or os.sched_getaffinity(0))
    load = [sys.executable, "-m", "tests.bench.intake_load", PATH, str(connections), str(hooks)]
    pinned = [] if cores is None else ["taskset", "-c", ",".join(map(str, cores))]
    command = [*pinned, *load, f"r{next(_numbers)}", *(one.port for one in to)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return Sent(**json.loads(done.stdout))


def beside(
    ways: Ways, *, connections: int = MANY, hooks: int = HOOKS, cores: set[int] | None = None
) -> Mapping[str, Sequence[Sent]]:
    """All ways in turns; the first round of each is for warming up and is not counted."""
    found: dict[str, list[Sent]] = {name: [] for name in ways}
    for number in range(-1, ROUNDS):
        for name in ways if number % 2 else reversed(ways):
            sent = send(ways[name], connections, hooks, cores)
            if number >= 0:
                found[name].append(sent)
    return found


def rates(one: Sequence[Sent], other: Sequence[Sent]) -> list[float]:
    return [ours.rate / theirs.rate for ours, theirs in zip(one, other, strict=True)]


async def measured(
    engine: str, address: Address, folder: Path, *, of_unstored: float, of_bare: float
) -> list[Figure]:
    """The figures of one engine."""
    with ExitStack() as servers:
        ways = {
            way: [servers.enter_context(running(way, await address(), folder))]
            for way in ("bare", "unstored", "stored")
        }
        single = [servers.enter_context(running("single", await address(), folder))]
        many = beside(ways)
        one = beside({"stored": ways["stored"], "single": single}, connections=1, hooks=HOOKS // 4)
        pinned = beside(
            {"bare": ways["bare"], "stored": ways["stored"]}, cores={min(os.sched_getaffinity(0))}
        )
    slowest = [ours.p99 / theirs.p99 for ours, theirs in zip(many["stored"], many["bare"], strict=True)]
    name = f"webhooks taken in with {engine}"
    return [
        Figure(
            f"{name}, {MANY} connections, beside the same without the store",
            of_unstored,
            rates(many["stored"], many["unstored"]),
            at_least=True,
        ),
        Figure(
            f"{name}, {MANY} connections, beside a bare handler",
            of_bare,
            rates(many["stored"], many["bare"]),
            at_least=True,
        ),
        Figure(f"{name}, the slowest in a hundred, beside a bare handler's", 3, slowest),
        Figure(
            f"{name}, on one processor with the load, beside a bare handler",
            0.45,
            rates(pinned["stored"], pinned["bare"]),
            at_least=True,
        ),
        Figure(
            f"{name}, 1 connection, beside one commit for each",
            0.95,
            rates(one["stored"], one["single"]),
            at_least=True,
        ),
    ]


async def replicas(address: Address, folder: Path) -> Figure:
    """Two that share a database beside one, the load spread over both."""
    shared = await address()
    with ExitStack() as servers:
        first, second = (servers.enter_context(running("stored", shared, folder)) for _ in range(2))
        found = beside({"one": [first], "two": [first, second]})
    return Figure(
        "webhooks taken in by two replicas on PostgreSQL, beside one",
        1.3,
        rates(found["two"], found["one"]),
        at_least=True,
    )


@contextmanager
def postgres(folder: Path) -> Iterator[Server]:
    """A server of its own, which waits for its disk as one in life does."""
    folder.chmod(0o755)
    data = folder / "postgres"
    data.mkdir(mode=0o755)
    server = start_server(data)
    try:
        yield server
    finally:
        stop_server(data)


async def bench() -> list[Figure]:
    with TemporaryDirectory(prefix="intake-") as name:
        folder = Path(name)

        async def file() -> str:
            return url_of(folder / f"{next(_numbers)}.db")

        figures = await measured("SQLite", file, folder, of_unstored=0.85, of_bare=0.55)
        with postgres(folder) as server:

            async def database() -> str:
                return await empty_database(server)

            figures += await measured("PostgreSQL", database, folder, of_unstored=0.90, of_bare=0.60)
            figures.append(await replicas(database, folder))
    return figures


async def main() -> None:
    """Alone, as `python -m tests.bench.intake`."""
    for figure in await bench():
        least, most = min(figure.seen), max(figure.seen)
        sys.stdout.write(f"{figure.what}: {figure.middle:.2f} ({least:.2f} to {most:.2f}), {figure.asked}\n")


if __name__ == "__main__":
    asyncio.run(main())
