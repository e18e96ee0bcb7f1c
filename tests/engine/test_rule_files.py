"""Edited rule files are read by themselves, whole or not at all."""

import asyncio
from pathlib import Path

import pytest

from bot.core.rule import Mode
from bot.engine.rule_files import RuleFiles
from bot.jobs import Jobs

from .stand import Stand

RULE = "gigapay-weekly-close"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.yaml").write_text("rules: []\n")
    return tmp_path


class Reads:
    """A reload that only counts, and fails as often as it is told to."""

    def __init__(self) -> None:
        self.count = self.failures = 0

    async def __call__(self) -> None:
        if self.failures:
            self.failures -= 1
            raise OSError("the disk is away")
        self.count += 1


async def looked(files: RuleFiles, times: int) -> None:
    for _ in range(times):
        await files.look()


async def test_what_did_not_change_is_not_read_again(folder: Path, gigapay: Stand) -> None:
    reads = Reads()
    await looked(RuleFiles(folder, reads, gigapay.bot.log), 4)

    assert reads.count == 0


@pytest.mark.parametrize("change", ["edited", "new", "gone", "renamed"])
async def test_a_change_is_read_once_it_stands_still(change: str, folder: Path, gigapay: Stand) -> None:
    reads = Reads()
    files = RuleFiles(folder, reads, gigapay.bot.log)
    match change:
        case "edited":
            (folder / "a.yaml").write_text("rules: [ ]\n")
        case "new":
            (folder / "b.yml").write_text("rules: []\n")
        case "gone":
            (folder / "a.yaml").unlink()
        case "renamed":
            (folder / "a.yaml").rename(folder / "c.yaml")
    await files.look()
    at_first = reads.count
    await looked(files, 3)

    assert (at_first, reads.count) == (0, 1)


async def test_a_file_that_is_still_being_written_is_left_alone(folder: Path, gigapay: Stand) -> None:
    reads = Reads()
    files = RuleFiles(folder, reads, gigapay.bot.log)
    for length in range(5):
        (folder / "a.yaml").write_text("rules: []\n" + "#" * length + "!")
        await files.look()
    meanwhile = reads.count
    await files.look()

    assert (meanwhile, reads.count) == (0, 1)


async def test_what_could_not_be_read_is_tried_again(folder: Path, gigapay: Stand) -> None:
    reads = Reads()
    reads.failures = 2
    files = RuleFiles(folder, reads, gigapay.bot.log)
    (folder / "a.yaml").unlink()
    await looked(files, 6)

    assert (reads.count, reads.failures) == (1, 0)


async def test_an_edited_rule_comes_into_force_while_the_service_runs(gigapay: Stand) -> None:
    await gigapay.sign()
    timing = gigapay.bot.settings.timing.model_copy(update={"rules": gigapay.bot.settings.timing.tick / 20})
    gigapay.bot.settings = gigapay.bot.settings.model_copy(update={"timing": timing})
    jobs = Jobs(
        gigapay.bot, rule_files=RuleFiles(gigapay.bot.settings.rules, gigapay.reload, gigapay.bot.log)
    )
    jobs.start()
    try:
        before = gigapay.bot.rules[RULE].mode
        gigapay.change_rule("gigapay.yaml", "mode: act", "mode: ask")
        for _ in range(500):
            if gigapay.bot.rules[RULE].mode is not before:
                break
            await asyncio.sleep(0.01)
    finally:
        await jobs.stop(within_s=2)

    assert (before, gigapay.bot.rules[RULE].mode) == (Mode.ACT, Mode.ASK)
