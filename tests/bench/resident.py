"""The memory of a service: idle, under a storm of webhooks, and with much stored.

It is a process of its own, started on a database that is there already, as at every start but the
first; what counts is what of it is in the machine's memory, in MiB. What the libraries alone take
stands beside it. The many pay runs, with ten lines of the record each, are written into its
database before it starts.
PAYRUNBOT_BENCH_RUNS=5000 makes them fewer, for a machine that has other things to do.
"""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, time

from aiohttp import ClientSession

from bot.sandbox.gigapay.desk import sign
from bot.store.database import open_database
from tests.bench.filled import fill
from tests.bench.measure import Figure
from tests.bench.served import Served, served
from tests.bench.size import size
from tests.bench.starting import BARE
from tests.bench.vendor import long_list
from tests.commands.place import ENVIRON
from tests.web.stand import prepared

MANY = size(full=100_000, small=10_000)
SETTLES_S, STORM_S, SENDERS = 3.0, 6.0, 64
SAMPLES = 6


async def bench() -> list[Figure]:
    many = int(os.environ.get("PAYRUNBOT_BENCH_RUNS", MANY))
    with TemporaryDirectory() as name, long_list(0, 0.0) as address:
        few, much = Path(name) / "few", Path(name) / "much"
        few.mkdir()
        much.mkdir()
        with served(few, f"{address}/0/"):
            pass  # which makes the tables
        with served(few, f"{address}/0/") as service:
            await asyncio.sleep(SETTLES_S)
            idle = await _samples(service, 1.0)
            storm, _ = await asyncio.gather(_samples(service, STORM_S), _storm(service))
        data = much / "data"
        data.mkdir()
        (data / "bot.db").write_bytes((await prepared()).database)
        db = await open_database(f"sqlite+aiosqlite:///{data / 'bot.db'}")
        await fill(db, many)
        await db.close()
        with served(much, f"{address}/0/") as service:
            await asyncio.sleep(SETTLES_S)
            stored = await _samples(service, 2.0)
    return [
        Figure("resident memory of a bare import of the libraries, in MiB", None, [bare_mib()]),
        Figure("resident memory of an idle service, in MiB", 110, idle),
        Figure("the same under a storm of webhooks over 64 connections", 140, storm),
        Figure(f"the same with {many:,} pay runs and {10 * many:,} lines of the record stored", 140, stored),
    ]


def bare_mib() -> float:
    """What an import of the libraries alone has in memory."""
    say = 'print(next(one for one in open("/proc/self/status") if one.startswith("VmRSS:")).split()[1])'
    done = subprocess.run(
        [sys.executable, "-c", f"{BARE}\n{say}"], check=True, capture_output=True, text=True
    )
    return int(done.stdout) / 1024


async def _samples(service: Served, for_s: float) -> list[float]:
    found = []
    for _ in range(SAMPLES):
        await asyncio.sleep(for_s / SAMPLES)
        found.append(service.resident_mib())
    return found


async def _storm(service: Served) -> None:
    """As many webhooks as it takes, each about another pay run."""
    until, numbers = monotonic() + STORM_S, iter(range(10**9))

    async def send(session: ClientSession) -> None:
        while monotonic() < until:
            body = json.dumps({"id": str(next(numbers)), "open": True}).encode()
            headers = {"Gigapay-Signature": sign(ENVIRON["HOOK"], int(time()), body)}
            url = f"http://127.0.0.1:{service.port}/hooks/gigapay-se/Payrun.created"
            async with session.post(url, data=body, headers=headers) as reply:
                assert reply.status in (200, 202, 204, 503), reply.status

    async with ClientSession() as session:
        await asyncio.gather(*(send(session) for _ in range(SENDERS)))
