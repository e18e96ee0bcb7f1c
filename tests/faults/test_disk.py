"""Disk, lock and file: what can't be stored is not taken, and nothing is done that can't be written down.

Full at the n-th write, for n = 1 until none fails; locked by another process; a log that
lost its end, or is garbled; an older copy put in place. The bot is a process, its vendors
and mails keep ledgers of their own, and the checker knows only those and the database.
"""

import asyncio
import shutil
import signal
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from json import loads
from pathlib import Path
from sqlite3 import connect
from time import monotonic, time

import pytest
from aiohttp import ClientError, ClientSession

from bot.store.backup import make_backup
from tests.faults.checker import ACTS, Entry, Evidence, Violation, check
from tests.faults.database import path_of, rows, what_is_left
from tests.faults.disk import Disk
from tests.faults.nursery import Born, Nursery
from tests.faults.run import evidence_of
from tests.faults.size import shard, size
from tests.faults.story import STORIES, WITHIN_S, drive, end_of
from tests.faults.tally import note
from tests.faults.witness import ENVIRON, Template, Witness, open_world

STORY = STORIES["closed by rule"]
AT_ONCE = 4
FULL_FOR_S = 0.4
UNDER_WAY_S = 0.3
"""A call whose intent was stored right before the disk was full may still go out."""

OF_THE_DISK = ("database or disk is full", "disk I/O error", "database is locked")
HOOK = f"/hooks/staffology-acme/Payrun_StateChanged/{ENVIRON['STAFFOLOGY_HOOK']}"


@dataclass
class Told:
    """What the bot answered while it could store nothing."""

    hooks: list[int] = field(default_factory=list)
    ready: list[int] = field(default_factory=list)


async def tell(world: Witness, told: Told) -> None:
    """One webhook, and one question whether it is ready."""
    async with ClientSession() as session:
        try:
            async with session.post(world.url + HOOK, json={"id": str(monotonic())}) as reply:
                told.hooks.append(reply.status)
            async with session.get(world.url + "/readyz") as reply:
                told.ready.append(reply.status)
        except ClientError as error:
            raise AssertionError(f"it does not answer: {error!r}\n{world.logs}") from None


async def is_ready(world: Witness) -> bool:
    async with ClientSession() as session, session.get(world.url + "/readyz") as reply:
        return reply.status == 200


async def becomes_ready(world: Witness) -> bool:
    """Whether it says so within three seconds: what it last found out it says for one."""
    for _ in range(30):
        if await is_ready(world):
            return True
        await asyncio.sleep(0.1)
    return False


async def until(world: Witness, holds: Callable[[], bool]) -> None:
    """Wait for something that the newest bot of a world brings about; a dead one never will."""
    by = monotonic() + WITHIN_S
    while not holds():
        ended = world.born[-1].status
        assert ended is None, f"the bot ended with {ended}:\n{world.logs}"
        assert monotonic() < by, f"it never came to that in {WITHIN_S:.0f} s:\n{world.logs}"
        await asyncio.sleep(0.01)


async def finish(world: Witness, bot: Born) -> list[Violation]:
    """Let the story come to its end, stop the bot, and look."""
    assert await drive(world, STORY, bot), f"ended with {bot.status}:\n{world.logs}"
    return await look_back(world, bot)


async def settle(world: Witness, bot: Born) -> list[Violation]:
    """The same where the bot may find that everything was done already, and that there is no story."""
    await until(world, lambda: world.is_ready and world.is_told)
    while what_is_left(world.database, world.clock.now()).is_busy:
        assert bot.status is None, world.logs
        await asyncio.sleep(0.05)
    return await look_back(world, bot)


async def look_back(world: Witness, bot: Born) -> list[Violation]:
    assert await becomes_ready(world), "not ready, though there is nothing wrong any more"
    bot.send(signal.SIGTERM)
    assert await bot.ended(30) == 0, world.logs
    return await check(without_the_disks(evidence_of(world)))


def without_the_disks(evidence: Evidence) -> Evidence:
    """The same, with the lines renamed that say what was done to the disk: they are no bugs."""
    lines = evidence.logs.splitlines()
    for number, line in enumerate(lines):
        if line.startswith("{") and loads(line).get("problem") in OF_THE_DISK:
            lines[number] = line.replace('"a worker failed"', '"the disk failed a worker"')
    return replace(evidence, logs="\n".join(lines))


def calls(world: Witness, *, since: float = 0.0) -> list[Entry]:
    """The requests to close, of all or of those that came after some second."""
    return [
        entry
        for entry in evidence_of(world).ledger
        if entry["call"] in ACTS.values() and datetime.fromisoformat(entry["at"]).timestamp() > since
    ]


async def full_at(folder: Path, nursery: Nursery, template: Template, n: int) -> tuple[bool, list[str]]:
    """A run whose disk is full from the n-th write on, and has room half a second later.

    Whether it came to that, and everything that is not as it should be.
    """
    await asyncio.to_thread(folder.mkdir)
    disk = Disk(folder)
    world = await open_world(folder, nursery, template)
    try:
        STORY.prepare(world)
        world.clock.set(STORY.begins)
        bot = world.start(has_disk=True)
        await until(world, lambda: world.is_ready)
        disk.full_after(n - 1)
        driving = asyncio.create_task(drive(world, STORY, bot))
        await until(world, lambda: driving.done() or bool(disk.refused))
        if not disk.refused:
            disk.has_room()
            return False, [str(one) for one in await finish(world, bot)]
        told, ends = Told(), monotonic() + FULL_FOR_S
        while monotonic() < ends:
            await tell(world, told)
            await asyncio.sleep(0.1)
        late = calls(world, since=disk.full_since + UNDER_WAY_S)
        disk.has_room()
        await driving
        wrong = [f"n = {n}: {one}" for one in await finish(world, bot)]
        if set(told.hooks) != {503} or set(told.ready) != {503}:
            wrong.append(f"n = {n}: answered {told}")
        if late:
            wrong.append(f"n = {n}: called the vendor with a full disk: {late}")
        if (end_of(world, STORY), len(calls(world))) != ("verified", 1):
            wrong.append(f"n = {n}: {end_of(world, STORY)} after {len(calls(world))} calls")
        return True, wrong
    finally:
        await world.close()


async def all_of(folder: Path, nursery: Nursery, template: Template, cases: Sequence[int]) -> list[str]:
    """These runs, some at a time; what was wrong in any."""
    turns = asyncio.Semaphore(AT_ONCE)
    full = 0

    async def one(n: int) -> list[str]:
        nonlocal full
        async with turns:
            was_full, wrong = await full_at(folder / str(n), nursery, template, n)
            full += was_full
            if was_full and n == LONGEST:
                wrong.append(f"write {n} failed: the story makes more of them than were tried")
            return wrong

    wrong = [text for texts in await asyncio.gather(*(one(n) for n in cases)) for text in texts]
    note("disk", runs=len(cases), full=full, violations=len(wrong))
    return wrong


LONGEST = 5000
"""More writes than the story makes, which is a good thousand: with that many allowed, none fails."""


@pytest.mark.in_every_share
async def test_a_disk_that_is_full_at_any_write_loses_nothing_and_does_nothing(
    tmp_path: Path, nursery: Nursery, template: Template
) -> None:
    cases = shard([*range(1, size(whole=1400, small=20) + 1), LONGEST])

    assert await all_of(tmp_path, nursery, template, cases) == []


LOCKED_FOR_S = size(whole=30, small=6)
"""Longer than a statement waits for a lock, in either case."""


async def test_a_database_that_another_process_has_locked_is_waited_for(
    tmp_path: Path, nursery: Nursery, template: Template
) -> None:
    world = await open_world(tmp_path, nursery, template)
    try:
        STORY.prepare(world)
        world.clock.set(STORY.begins)
        bot = world.start()
        await until(world, lambda: world.is_ready)
        told = Told()
        with closing(connect(path_of(world.database), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            locked_at = time()
            driving = asyncio.create_task(drive(world, STORY, bot))
            await tell(world, told)
            await asyncio.sleep(max(0, locked_at + LOCKED_FOR_S - time()))
            meanwhile = calls(world)
            other.execute("ROLLBACK")
        await driving
        wrong = await finish(world, bot)
        note("disk", runs=1, violations=len(wrong))

        assert (told, meanwhile) == (Told([503], [503]), [])
        assert wrong == []
        assert (end_of(world, STORY), len(calls(world))) == ("verified", 1)
    finally:
        await world.close()


def loses_its_end(log: bytes) -> bytes:
    return log[: len(log) * 2 // 3]


def loses_half_a_page(log: bytes) -> bytes:
    return log[:-2000]


def is_garbled(log: bytes) -> bytes:
    middle = len(log) // 2
    return log[:middle] + bytes(byte ^ 0xFF for byte in log[middle : middle + 64]) + log[middle + 64 :]


def is_garbage(log: bytes) -> bytes:
    return bytes(len(log))


GONE_WITH_THE_ROWS = (
    ("I1", " and is not in the inbox"),
    ("I2", " happened, and the journal says []"),
    ("I4", " 2 times"),
    ("I4", " which the database knows nothing of"),
    ("I4", " was sent with another content than the database has"),
)
"""What follows from them: a webhook that was taken is no longer there, who closed it is forgotten,
and a mail that had gone out may be made and sent again, under the same Message-ID."""


async def killed(world: Witness, point: str) -> None:
    """Let a bot live the story up to a fault point, and die there."""
    STORY.prepare(world)
    world.clock.set(STORY.begins)
    bot = world.start(point=point)
    assert not await drive(world, STORY, bot), f"{point} was not reached"


DAMAGES = [
    pytest.param(damage, point, id=f"{damage.__name__} at {point}")
    for damage in (loses_its_end, loses_half_a_page, is_garbled, is_garbage)
    for point in ("effect.sent", "effect.verified")
]


@pytest.mark.parametrize(("damage", "point"), DAMAGES if size(whole=1, small=0) else DAMAGES[::3])
async def test_a_log_that_is_damaged_after_a_crash_leads_to_no_second_call(
    tmp_path: Path, nursery: Nursery, template: Template, damage: Callable[[bytes], bytes], point: str
) -> None:
    world = await open_world(tmp_path, nursery, template)
    try:
        await killed(world, point)
        log = path_of(world.database).with_name("bot.db-wal")
        log.write_bytes(damage(log.read_bytes()))
        before = len(calls(world))
        wrong = await settle(world, world.start())
        note("disk", runs=1, violations=len(of_what_was_kept(wrong)))

        assert (before, len(calls(world))) == (1, 1)
        assert of_what_was_kept(wrong) == []
    finally:
        await world.close()


def of_what_was_kept(found: Sequence[Violation]) -> list[Violation]:
    """Without what follows from rows that were stored once and are gone with what held them."""
    return [
        one
        for one in found
        if not any(one.invariant == name and words in one.what for name, words in GONE_WITH_THE_ROWS)
    ]


async def test_an_older_copy_put_in_place_closes_nothing_again(
    tmp_path: Path, nursery: Nursery, template: Template
) -> None:
    copy = tmp_path / "copy.db"
    world = await open_world(tmp_path, nursery, template)
    try:
        STORY.prepare(world)
        world.clock.set(STORY.begins)
        bot = world.start()
        await until(world, lambda: world.is_ready)
        await asyncio.to_thread(make_backup, path_of(world.database), copy)
        assert await finish(world, bot) == []
        closed = len(calls(world))
        for left in ("-wal", "-shm"):
            await asyncio.to_thread(Path(f"{path_of(world.database)}{left}").unlink, missing_ok=True)
        await asyncio.to_thread(shutil.copy, copy, path_of(world.database))
        bot = world.start()
        await until(world, lambda: bool(older_copy_mails(world)))
        wrong = [one for one in await settle(world, bot) if one.invariant != "I8"]
        note("disk", runs=1, violations=len(of_what_was_kept(wrong)))

        assert (closed, len(calls(world))) == (1, 1)
        assert of_what_was_kept(wrong) == []
        assert older_copy_mails(world) == ["ops@example.com"]
    finally:
        await world.close()


def older_copy_mails(world: Witness) -> list[str]:
    query = "select recipient from mail where subject like '%older copy%' and state = 'accepted'"
    return [row["recipient"] for row in rows(world.database, query)]
