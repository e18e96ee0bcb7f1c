"""One run: a bot that is struck, those that take over, and the checker after them."""

import asyncio
import json
import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from tests.faults.checker import Evidence, Violation, check, key_id
from tests.faults.child import PACE, QUARANTINE
from tests.faults.database import drop, rows
from tests.faults.fate import THAWED
from tests.faults.kill import Kill
from tests.faults.nursery import Born, Nursery
from tests.faults.story import STORIES, Story, drive, end_of
from tests.faults.witness import ENVIRON, Template, Witness, open_world

STOPPED_WITHIN_S = 30 * PACE
LAST_WORDS_S = 3
THAWED_WITHIN_S = 40 * PACE


@dataclass(frozen=True)
class Ran:
    """What became of a run. `was_struck` says whether its fault point was reached."""

    was_struck: bool
    kills: int
    ended: str
    calls: int
    """How often a vendor was asked to close or finalise, as its ledger says."""
    approved: int
    """How often a person said yes."""
    violations: list[Violation]
    evidence: Evidence
    folder: Path

    def forget(self) -> None:
        """Let go of the files of a run that nobody needs to look at."""
        drop(self.evidence.database)
        shutil.rmtree(self.folder)


async def run(folder: Path, nursery: Nursery, templates: Mapping[str, Template], kill: Kill) -> Ran:
    """Play a story with a bot that is struck as ordered, and with others after it if it died."""
    story = STORIES[kill.story]
    world = await open_world(folder, nursery, templates[story.vendor])
    try:
        story.prepare(world)
        world.clock.set(story.begins)
        orders: dict[str, Any] = {
            "seed": kill.seed,
            "delay_ms": kill.delay_ms,
            "breaks": kill.breaks,
            "is_fresh": kill.is_fresh,
        }
        first = {"point": kill.point, "nth": kill.nth, "freezes": kill.freezes, "freeze_s": kill.freeze_s}
        bot = world.start(**orders, **first)
        kills = 0
        for then in ({"passage": kill.second_passage}, {}):
            if await _lives(world, story, bot, may_die=kills < _deaths(kill)):
                break
            kills += 1
            assert bot.status == -signal.SIGKILL, f"ended with {bot.status}:\n{world.logs}"
            if kills == 1:
                world.was_meanwhile = True
                story.meanwhile(world)
            bot = world.start(**orders, **then)
        else:
            assert await drive(world, story, bot), f"ended with {bot.status}:\n{world.logs}"
        was_struck = kills > 0 or await _thawed(world, story, bot)
        bot.send(signal.SIGTERM)
        await bot.ended(STOPPED_WITHIN_S)
        evidence = replace(evidence_of(world), freeze=timedelta(seconds=kill.freeze_s))
        return Ran(
            was_struck,
            kills,
            end_of(world, story),
            sum(entry["call"] in ("close", "change_state") for entry in evidence.ledger),
            len(rows(world.database, "select 1 from approval where state = 'approved'")),
            await check(evidence),
            evidence,
            folder,
        )
    finally:
        await world.close()


def _deaths(kill: Kill) -> int:
    """How many may die. The last points are passed after the last commit: one waits for those."""
    if kill.point is None or kill.freezes:
        return 0
    return 2 if kill.again else 1


async def _lives(world: Witness, story: Story, bot: Born, *, may_die: bool) -> bool:
    """Whether it came to the end of the story, and did not die in the moment after it."""
    if not await drive(world, story, bot):
        return False
    if not may_die:
        return True
    for _ in range(LAST_WORDS_S * 20):
        if bot.status is not None:
            return False
        await asyncio.sleep(0.05)
    return True


async def _thawed(world: Witness, story: Story, bot: Born) -> bool:
    """Let what is frozen go on, and what follows from it be done. False where nothing froze."""
    if not world.is_struck:
        return False
    until = monotonic() + THAWED_WITHIN_S
    while not (world.folder / THAWED).exists():
        assert monotonic() < until, "what was frozen stays so"
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.1)
    assert await drive(world, story, bot), f"ended with {bot.status}:\n{world.logs}"
    return True


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
        ends=[one.status for one in world.born],
        canaries=world.canaries,
        audit_keys=[(key_id(key), key)],
        quarantine=QUARANTINE,
    )


def _lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]
