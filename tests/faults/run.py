"""One run: a bot that is killed, a bot that takes over, and the checker after them."""

import asyncio
import json
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults.checker import ACTS, Evidence, Violation, check, key_id
from tests.faults.child import QUARANTINE
from tests.faults.nursery import Born, Nursery
from tests.faults.story import Story, drive, end_of
from tests.faults.witness import ENVIRON, Template, Witness, open_world

STOPPED_WITHIN_S = 10
LAST_WORDS_S = 2


@dataclass(frozen=True)
class Ran:
    """What became of a run. `was_killed` says whether its fault point was reached."""

    was_killed: bool
    ended: str
    calls: int
    """How often a vendor was asked to close or finalise, as its ledger says."""
    violations: list[Violation]
    evidence: Evidence


async def run(
    folder: Path,
    nursery: Nursery,
    template: Template,
    story: Story,
    point: str | None = None,
    nth: int = 1,
    **more: Any,
) -> Ran:
    """Play a story with a bot that dies at the `nth` passage of a point, and with another after it."""
    world = await open_world(folder, nursery, template)
    try:
        story.prepare(world)
        world.clock.set(story.begins)
        bot = world.start(point=point, nth=nth, **more)
        is_over = await drive(world, story, bot)
        # The last points are passed after the last commit, when the work looks done from outside.
        was_killed = not is_over or (point is not None and await _dies_yet(bot))
        if was_killed:
            assert bot.status == -signal.SIGKILL, f"ended with {bot.status}:\n{world.logs}"
            story.meanwhile(world)
            bot = world.start()
            assert await drive(world, story, bot), f"ended with {bot.status}:\n{world.logs}"
        bot.send(signal.SIGTERM)
        assert await bot.ended(STOPPED_WITHIN_S) == 0, world.logs
        evidence = evidence_of(world)
        calls = sum(entry["call"] in ACTS.values() for entry in evidence.ledger)
        return Ran(was_killed, end_of(world, story), calls, await check(evidence), evidence)
    finally:
        await world.close()


async def _dies_yet(bot: Born) -> bool:
    for _ in range(LAST_WORDS_S * 20):
        if bot.status is not None:
            return True
        await asyncio.sleep(0.05)
    return False


def evidence_of(world: Witness) -> Evidence:
    """Everything that the checker looks at."""
    ledger = [*_lines(world.folder / "gigapay.jsonl"), *_lines(world.folder / "staffology.jsonl")]
    key = ENVIRON["AUDIT_KEY"].encode()
    return Evidence(
        database=world.database,
        ledger=ledger,
        inbox=_lines(world.folder / "inbox.jsonl"),
        mails=[one.raw for one in world.inbox.messages],
        deliveries=[*world.gigapay.deliveries.log, *world.staffology.deliveries.log],
        logs=world.logs,
        canaries=world.canaries,
        audit_keys=[(key_id(key), key)],
        quarantine=QUARANTINE,
    )


def _lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]
