"""What a service costs that has nothing to do: processor time, and what it writes.

It is a process of its own, with a vendor whose list is empty, and no poll falls within the time
that is measured. Whether anything was committed is seen by the log of the database.
"""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from tests.bench.measure import Figure
from tests.bench.served import Served, served
from tests.bench.vendor import long_list

SETTLES_S, EACH_S, ROUNDS = 4.0, 4.0, 6


async def bench() -> list[Figure]:
    with TemporaryDirectory() as name, long_list(0, 0.0) as address:
        folder = Path(name)
        with served(folder, f"{address}/0/") as service:
            await asyncio.sleep(SETTLES_S)
            seen = [await _round(service, folder) for _ in range(ROUNDS)]
    wrote = [float(did) for _, did in seen]
    return [
        Figure("processor time of an idle service, in percent of a core", 0.5, [one for one, _ in seen]),
        Figure("whether an idle service writes: 1 for each four seconds in which it did", 0, wrote),
    ]


async def _round(service: Served, folder: Path) -> tuple[float, bool]:
    began, spent, written = perf_counter(), service.processor_s(), _written(folder)
    await asyncio.sleep(EACH_S)
    share = (service.processor_s() - spent) / (perf_counter() - began)
    return 100 * share, _written(folder) != written


def _written(folder: Path) -> list[int]:
    files = [folder / "data" / name for name in ("bot.db", "bot.db-wal")]
    return [one.stat().st_mtime_ns for one in files]
