"""Several replicas on one PostgreSQL, one of them killed every three seconds: nothing is lost or doubled.

Each round is a story with a database, vendors and mail inbox of its own. Vendors and people
reach the replicas through a balancer. Whoever is killed is replaced at once.
"""

import asyncio
import random
import shutil
import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from socket import socket
from time import monotonic

import pytest

from tests.faults.balancer import Balancer
from tests.faults.checker import Violation, check
from tests.faults.child import PACE, READY
from tests.faults.fate import Orders
from tests.faults.nursery import Born, Nursery
from tests.faults.run import STOPPED_WITHIN_S, evidence_of
from tests.faults.size import part, size
from tests.faults.story import STORIES, Story, drive
from tests.faults.tally import note
from tests.faults.witness import ENVIRON, Template, Witness, open_world
from tests.ports import hold

KILLED_EVERY_S = 3.0
LASTS_S = size(whole=300, small=15)
COUNT = (2, 5)[part()[0] % 2]
"""How many there are, in turns from share to share."""
TOLD = (
    "closed by rule",
    "closed by two rules",
    "asked and approved",
    "told at a set time",
    "the reply was lost",
)


class Alive:
    """Somebody is: `drive` goes on while the world has a replica."""

    status = None


@dataclass
class Replica:
    """One place that a bot lives in, one after the other."""

    world: Witness
    folder: Path
    place: socket
    bot: Born | None = None
    born: list[Born] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.place.getsockname()[1])

    def start(self) -> None:
        (self.folder / READY).unlink(missing_ok=True)
        log = self.world.folder / f"log-{self.folder.name}-{len(self.born)}.jsonl"
        seed = random.randrange(1 << 30)
        self.bot = self.world.nursery.bear(
            Orders(str(self.folder), ENVIRON, str(log), seed=seed, delay_ms=50)
        )
        self.born.append(self.bot)
        self.world.born.append(self.bot)


def settle_in(world: Witness, number: int) -> Replica:
    """A folder with the world's settings and rules, the shared clock, and a port of its own."""
    folder = world.folder / f"replica-{number}"
    shutil.copytree(world.folder / "rules", folder / "rules")
    (folder / "clock").symlink_to(world.clock.path)
    place = hold()
    listens = (world.folder / "bot.yaml").read_text()
    listens = listens.replace(
        f'listen: "127.0.0.1:{world.port}"', f'listen: "127.0.0.1:{place.getsockname()[1]}"'
    )
    (folder / "bot.yaml").write_text(listens)
    return Replica(world, folder, place)


async def kill_and_replace(replicas: list[Replica], draws: random.Random) -> None:
    wait_s = draws.uniform(0.5, KILLED_EVERY_S)
    while True:
        await asyncio.sleep(wait_s * PACE)
        wait_s = KILLED_EVERY_S
        one = draws.choice(replicas)
        assert one.bot is not None
        if (one.folder / READY).exists():
            one.bot.send(signal.SIGKILL)
            await one.bot.ended(STOPPED_WITHIN_S)
            one.start()


async def play(
    folder: Path, nursery: Nursery, template: Template, story: Story, count: int, draws: random.Random
) -> tuple[int, list[Violation]]:
    """How many were killed in a round, and what went wrong."""
    world = await open_world(folder, nursery, template)
    replicas = [settle_in(world, number) for number in range(count)]
    try:
        async with Balancer(world.port, lambda: [one.port for one in replicas]):
            story.prepare(world)
            world.clock.set(story.begins)
            (folder / READY).touch()  # somebody of them always is
            for one in replicas:
                one.start()
            killing = asyncio.create_task(kill_and_replace(replicas, draws))
            try:
                assert await drive(world, story, Alive())
            finally:
                killing.cancel()
                with suppress(asyncio.CancelledError):
                    await killing
            assert await drive(world, story, Alive())
        kills = len(world.born) - count
        for one in replicas:
            assert one.bot is not None
            one.bot.send(signal.SIGTERM)
        for one in replicas:
            assert one.bot is not None
            await one.bot.ended(STOPPED_WITHIN_S)
        ends = sorted((one.status for one in world.born), key=lambda status: status or 0)
        evidence = replace(evidence_of(world), ends=ends, stopped=count)
        return kills, await check(evidence)
    finally:
        await world.close()
        for one in replicas:
            one.place.close()


@pytest.mark.in_every_share
async def test_any_of_them_may_die_at_any_time(
    nursery: Nursery, server_templates: Mapping[str, Template], tmp_path: Path
) -> None:
    draws = random.Random(f"{part()} {COUNT}")
    until, rounds, kills = monotonic() + LASTS_S, 0, 0
    wrong: list[Violation] = []
    while monotonic() < until and not wrong:
        story = STORIES[draws.choice(TOLD)]
        folder = tmp_path / str(rounds)
        folder.mkdir()
        killed, wrong = await play(folder, nursery, server_templates[story.vendor], story, COUNT, draws)
        rounds, kills = rounds + 1, kills + killed
    note(f"{COUNT} replicas", runs=rounds, kills=kills, violations=len(wrong))

    assert wrong == []
