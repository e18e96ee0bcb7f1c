"""A simulated quarter: four vendors, fourteen accounts there, 250 pay runs, and how long it takes.

It is the simulation of the fault suites, one call in ten going wrong, in a process of its own.
`make bench` plays its first days and says what the whole would take at their pace, setting up
counted once; `make bench-full` plays all of it. By itself it plays so many days into a folder:

    python -m tests.bench.quarter FOLDER DAYS
"""

import asyncio
import sys
from datetime import timedelta
from json import dumps, loads
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from bot.commands.out import say
from tests.bench.measure import Figure
from tests.bench.size import size
from tests.faults.simulation import BEGINS, begin, founded
from tests.faults.year.place import QUARTER
from tests.faults.year.threadless import run_statements_at_once

ASKED_S = 60
DAYS = size(full=QUARTER.days, small=3)
"""From Monday on: the busy days of a week."""
SEED = 2026


async def play(folder: Path, days: int) -> tuple[float, float]:
    """Seconds for setting up, and for so many days."""
    began = perf_counter()
    async with founded(folder, SEED, QUARTER) as world:
        await begin(world, SEED)
        ready = perf_counter()
        await world.until(BEGINS + timedelta(days=days))
        return ready - began, perf_counter() - ready


async def bench() -> list[Figure]:
    with TemporaryDirectory(prefix="payrunbot-quarter-") as folder:
        played = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.bench.quarter", folder, str(DAYS)),
            stdout=asyncio.subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        said, _ = await played.communicate()
    assert played.returncode == 0
    set_up_s, lived_s = loads(said)
    whole_s = set_up_s + lived_s * QUARTER.days / DAYS
    how = "" if QUARTER.days == DAYS else f", at the pace of its first {DAYS} days"
    what = f"seconds of a simulated quarter with 4 vendors and 250 pay runs{how}"
    return [Figure(what, ASKED_S, [whole_s], decimals=0)]


if __name__ == "__main__":
    run_statements_at_once()
    say(dumps(asyncio.run(play(Path(sys.argv[1]), int(sys.argv[2])))))
