"""The kept naive variant is found out: a suite that lets it pass is too weak."""

import asyncio
import random
import signal
from collections.abc import Mapping
from pathlib import Path
from time import monotonic

import pytest

from tests.faults.checker import check
from tests.faults.child import PACE
from tests.faults.database import rows
from tests.faults.kill import DELAY_MS
from tests.faults.nursery import Nursery
from tests.faults.run import evidence_of
from tests.faults.size import size
from tests.faults.story import POLL_S, STORIES
from tests.faults.tally import note
from tests.faults.witness import Template, Witness, open_world

AT_MOST = 50
WITHIN_S = 30 * PACE
STORY = STORIES["a late payout meanwhile"]
PASSES = (None, "effect.claimed")
"""Where it is killed, if at all: two that are at one payrun at once are found out more often alive."""


@pytest.mark.parametrize("seed", range(1, size(whole=20, small=3) + 1))
async def test_a_lease_for_each_event_is_found_out_within_fifty_runs(
    seed: int, tmp_path: Path, nursery: Nursery, templates: Mapping[str, Template]
) -> None:
    drawn = random.Random(seed)
    for run in range(1, AT_MOST + 1):
        folder = tmp_path / str(run)
        folder.mkdir()
        if await _calls_twice(folder, nursery, templates[STORY.vendor], drawn):
            break
    else:
        pytest.fail(f"it passed {AT_MOST} runs")
    note("the naive variant", caught=1, runs=run)


async def _calls_twice(folder: Path, nursery: Nursery, template: Template, drawn: random.Random) -> bool:
    """One run with delays, and perhaps a kill, looked at by the checker for what the vendor saw alone."""
    world = await open_world(folder, nursery, template)
    delayed = {"naive": True, "delay_ms": DELAY_MS}
    try:
        bot = world.start(**delayed, seed=drawn.randrange(10_000), point=drawn.choice(PASSES))
        while not world.is_ready:
            assert bot.status is None, world.logs
            await asyncio.sleep(POLL_S)
        # The news comes to somebody who is up, and in one burst, as a vendor sends it.
        STORY.prepare(world)
        world.clock.set(STORY.begins)
        until = monotonic() + WITHIN_S
        while not _is_over(world):
            if bot.status is not None:
                bot = world.start(**delayed, seed=drawn.randrange(10_000))
            assert monotonic() < until, world.logs
            await asyncio.sleep(POLL_S)
        bot.send(signal.SIGTERM)
        await bot.ended(WITHIN_S)
        said = [one.what for one in await check(evidence_of(world)) if one.invariant in ("I2", "I9")]
        return any("times" in one or "called again" in one for one in said)
    finally:
        await world.close()


def _is_over(world: Witness) -> bool:
    news = rows(world.database, "select state from inbox")
    return world.is_ready and world.is_told and bool(news) and all(row["state"] == "sorted" for row in news)
