"""A simulated time with four vendors, in which one call in ten goes wrong, and its ledgers."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp

import pytest

from bot.settings import Timing
from tests.faults.simulation import BEGINS
from tests.faults.size import IS_WHOLE, shard
from tests.faults.tally import note
from tests.faults.year.oracle import Left, differing, violations
from tests.faults.year.place import MONTH, YEAR

NAME, SCALE, PAY_RUNS, WITHIN_S = ("year", YEAR, 250, 3000) if IS_WHOLE else ("month", MONTH, 50, 900)
SEEDS = shard(range(2026, 2030) if IS_WHOLE else [2026])
"""The whole is four companies of some 280 pay runs in a year."""
AGAIN = timedelta(days=60 if IS_WHOLE else 8)
"""How much of each is played a second time."""
IN_MEMORY = Path("/dev/shm")
"""Where there is one: nothing is killed here, so nothing has to reach a disk."""


@dataclass(frozen=True)
class Played:
    """A simulation, and the beginning of another of the same seed, each in a process of its own."""

    whole: Left
    again: Left
    figures: dict[str, int]


@pytest.fixture(scope="module", params=SEEDS)
def played(request: pytest.FixtureRequest) -> Iterator[Played]:
    folder = Path(mkdtemp(prefix="payrunbot-year-", dir=IN_MEMORY if IN_MEMORY.is_dir() else None))
    running: list[subprocess.Popen[str]] = []
    try:
        for number, days in ((1, SCALE.days), (2, AGAIN.days)):
            own = folder / str(number)
            own.mkdir()
            # Sets and dicts of the two are in another order.
            environ = {**os.environ, "PYTHONHASHSEED": str(number)}
            command = [
                sys.executable,
                "-m",
                "tests.faults.simulation",
                str(own),
                str(request.param),
                NAME,
                str(days),
            ]
            running.append(subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True))
        for one in running:
            _, said = one.communicate(timeout=WITHIN_S)
            assert (one.returncode, said) == (0, "")
        whole, again = (Left(folder / name, SCALE, Timing().quarantine) for name in ("1", "2"))
        yield Played(whole, again, json.loads((whole.folder / "figures.json").read_text()))
    finally:
        for one in running:
            one.kill()
            one.wait()
        shutil.rmtree(folder)


@pytest.mark.in_every_share
async def test_nothing_is_done_twice_or_lost_in_a_company_of_four_vendors(played: Played) -> None:
    found = await violations(played.whole)

    note("simulation", **played.figures, violations=len(found))
    assert found == []
    assert played.figures["pay_runs"] >= PAY_RUNS
    assert played.figures["faulty"] >= played.figures["calls"] // 12


@pytest.mark.in_every_share
def test_the_same_seed_gives_the_same_ledgers_byte_for_byte(played: Played) -> None:
    until = BEGINS + AGAIN

    assert differing(played.whole, played.again, until) == []
    assert all(played.again.ledgers(until).values())
