"""A file that goes wrong never crashes the service, never changes what runs, and is always told."""

import random
import time
import tracemalloc
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.app import read_rules, setup_of
from bot.core.rule import Mode
from bot.engine import versions
from bot.rulebook import Rulebook, load
from bot.rulebook.document import read
from bot.store.tables import effect
from tests.databases import Migrated
from tests.engine.stand import Stand, stand
from tests.faults.size import shard, size
from tests.faults.tally import SESSION

from .corruptions import WAYS, Corrupt, bloated, bombed, corrupted
from .test_mistakes import SHIPPED
from .vocabulary import small_vocabulary

SEEDS = shard(range(size(whole=1_000, small=3 * len(WAYS))))
LONGEST_S = 10.0
"""For one reload, however the file looks; the usual one takes a hundredth of it."""
WAITS = ("waits for sign-off", "not signed off yet", "only narrower than", "its file is refused")

Ran = dict[str, tuple[str, Mode]]


def ran(made: Stand) -> Ran:
    return {id: (one.rule.hash, one.mode) for id, one in made.bot.rules.items()}


async def reload(made: Stand) -> Rulebook:
    """As the service does it, and with nothing kept from an earlier time."""
    setup = setup_of(made.bot.settings, made.bot.renderer.names())
    book = read_rules(made.bot.settings.rules, setup)
    await versions.put_in_force(made.bot, book, setup)
    return book


async def gone_told(made: Stand) -> str:
    """All that operations were told of rules that are in no file any more."""
    async with made.bot.db.read() as tx:
        found = await tx.execute(
            select(effect.c.args_json).where(effect.c.key.startswith("tell:rules-gone:"))
        )
    return " ".join(found.scalars())


async def check_law(made: Stand, before: Ran, book: Rulebook, good: dict[str, str]) -> bool:
    """Whether the file meant something else; and in no case anything that nobody signed runs."""
    now = ran(made)
    for rule, (hash, mode) in now.items():
        if rule not in before:
            assert mode.steps <= Mode.WATCH.steps, f"{rule} is new and runs in {mode}"
            continue
        assert mode.steps <= before[rule][1].steps, f"{rule} was raised to {mode}"
        if hash != before[rule][0]:
            assert made.bot.rules[rule].why.startswith("only narrower"), f"{rule} runs in another version"
    lost = before.keys() - now.keys()
    if lost:
        assert not made.bot.problems, f"a file that cannot be read ended {lost}"
        told = await gone_told(made)
        assert all(rule in told for rule in lost), f"nobody was told that {lost} ended"
    same = {id: one.hash for id, one in book.rules.items()} == good
    waits = any(word in one.why for one in made.bot.rules.values() for word in WAITS)
    assert same or made.bot.problems or waits or lost, "nobody was told"
    return not same


async def test_a_corrupted_file_never_crashes_never_changes_what_runs_and_is_told(
    tmp_path: Path, migrated: Migrated
) -> None:
    """The whole thousand with PAYRUNBOT_FAULTS=whole."""
    async with stand(tmp_path, database=migrated) as made:
        for path in SHIPPED.glob("*.yaml"):  # of one connection, so that little is decided anew each time
            made.write_rule(path.name, path.read_text())
        await reload(made)
        await made.sign()
        before, files = ran(made), sorted(made.bot.settings.rules.iterdir())
        good = {id: one.hash for id, one in (await reload(made)).rules.items()}
        texts = {path: path.read_bytes() for path in files}
        assert {mode for _, mode in before.values()} >= {Mode.ACT, Mode.ASK}
        for seed in SEEDS:
            path = files[seed // len(WAYS) % len(files)]
            way, text = corrupted(texts[path], seed)
            path.write_bytes(text)
            begun = time.process_time()
            try:
                book = await reload(made)
                meant = await check_law(made, before, book, good)
            except Exception as error:
                raise AssertionError(f"seed {seed}, {way} in {path.name}: {error}") from error
            assert time.process_time() - begun < LONGEST_S, f"seed {seed}, {way} took too long"
            SESSION.note("corruptions", runs=1, told=int(meant), violations=0)
            SESSION.note_kinds("corruptions", ways=way)
            path.write_bytes(texts[path])
            if ran(made) != before:
                await reload(made)
                assert ran(made) == before, f"seed {seed}, {way}: the good file is back, the rules are not"


def deep(text: bytes, _chance: random.Random) -> bytes:
    return b"[" * 2_000 + text


@pytest.mark.parametrize("way", [bombed, bloated, deep], ids=lambda way: way.__name__)
def test_what_is_made_to_fill_the_memory_does_not(way: Corrupt, tmp_path: Path) -> None:
    text = way((SHIPPED / "gigapay.yaml").read_bytes(), random.Random(1))
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "gigapay.yaml").write_bytes(text)
    tracemalloc.start()
    try:
        found = load(tmp_path / "rules", vocabulary=small_vocabulary())
        report = found.report()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert found.problems
    assert peak < 30_000_000
    assert len(report) < 1_000_000


def test_ten_megabytes_are_refused_unread() -> None:
    begun = time.process_time()

    document = read("rules/a.yaml", "a: [" + "x, " * 3_000_000)

    assert [problem.message for problem in document.problems] == ["the file is larger than 1 MB"]
    assert time.process_time() - begun < 1.0
