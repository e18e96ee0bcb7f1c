"""A month of the service with four vendors, replayed: what was decided then is decided again.

The month is the simulated company's (tests.faults.simulation), in which nothing goes wrong.
"""

import asyncio
import subprocess
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from bot.app import connection_models
from bot.backtest.compare import compare
from bot.backtest.inforce import Answered, InForce, Rules, is_replayed, now_in_force, versions_of
from bot.backtest.recording import Recording, read_recording
from bot.backtest.report import headline
from bot.commands.replaying import Edited, read_edited, replay_of, sides_of
from bot.core.decide import Decision
from bot.settings import Settings, load
from bot.store.database import Tx, open_database
from bot.store.recorded import RecordedAnswer
from bot.store.tables import effect
from tests.faults.year.place import ENVIRON

SEED = "2026"
DAYS = "30"
READ_WITHIN = timedelta(minutes=1)
"""The simulated vendors take their time: an answer comes that much after its reading began."""

Said = tuple[str, str, datetime]


@dataclass(frozen=True)
class Month:
    settings: Settings
    edited: Edited
    recording: Recording
    running: tuple[InForce, ...]
    versions: dict[str, InForce]

    @property
    def answers(self) -> list[RecordedAnswer]:
        return [one for one in self.recording.events if isinstance(one, RecordedAnswer)]


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Month:
    folder = tmp_path_factory.mktemp("month")
    command = [sys.executable, "-m", "tests.faults.simulation", str(folder), SEED, "calm", DAYS]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    settings = load(folder / "bot.yaml", ENVIRON, connection_models())
    edited = read_edited(settings, folder / "rules")

    async def read() -> Month:
        async with reading(settings) as tx:
            recording = await read_recording(tx, answers=True)
            hashes = {one.rule_hash for one in recording.events if isinstance(one, RecordedAnswer)}
            running, unreadable = await now_in_force(tx, edited.book.vocabulary, edited.setup)
            assert unreadable == []
            versions, _ = await versions_of(tx, hashes, edited.book.vocabulary, edited.setup)
            return Month(settings, edited, recording, running, versions)

    return asyncio.run(read())


@asynccontextmanager
async def reading(settings: Settings) -> AsyncIterator[Tx]:
    db = await open_database(settings.database, read_only=True)
    try:
        async with db.read() as tx:
            yield tx
    finally:
        await db.close()


def turns(said: Iterable[tuple[str, str, str, str, datetime]]) -> dict[tuple[str, str], list[Said]]:
    """By rule and resource, each change of answer and verdict, oldest first."""
    found: dict[tuple[str, str], list[Said]] = defaultdict(list)
    for rule, resource, answer, verdict, at in said:
        before = found[rule, resource]
        if not before or before[-1][:2] != (answer, verdict):
            before.append((answer, verdict, at))
    return found


def replay(month: Month) -> dict[tuple[str, str], list[Said]]:
    heard: list[tuple[str, str, str, str, datetime]] = []

    def hear(one: InForce, resource: str, decision: Decision, at: datetime) -> None:
        heard.append((one.rule.id, resource, decision.answer.value, decision.verdict.value, at))

    replaying = replay_of(month.settings, month.recording, month.edited, sides_of(month.running))
    replaying.heard_first = hear
    replaying.run(month.recording.begins)
    return turns(heard)


def test_every_answer_of_the_month_is_given_again_in_its_order_and_at_its_time(month: Month) -> None:
    replayed = {one.rule.id for one in month.running if is_replayed(one.rule)}
    recorded = turns(
        (one.rule, one.resource, one.answer, one.verdict, one.at)
        for one in month.answers
        if one.rule in replayed
    )
    again = replay(month)

    assert len(recorded) >= 30
    assert again.keys() == recorded.keys()
    for key, were in recorded.items():
        assert [one[:2] for one in again[key]] == [one[:2] for one in were], key
        assert all(
            abs(now[2] - then[2]) <= READ_WITHIN for now, then in zip(again[key], were, strict=True)
        ), key


def test_rules_that_nobody_edited_differ_in_nothing(month: Month) -> None:
    begins = month.recording.begins
    sides = sides_of(month.running, month.edited.rules)
    done = replay_of(month.settings, month.recording, month.edited, sides).run(begins)
    found = compare(done.rounds[0], done.rounds[1], begins)

    assert found.differences == ()
    assert found.same >= 10


def test_against_what_was_answered_then_they_differ_in_nothing_too(month: Month) -> None:
    begins = month.recording.begins
    sides = [Answered(month.versions), Rules(month.edited.rules)]
    done = replay_of(month.settings, month.recording, month.edited, sides).run(begins)

    assert headline(compare(done.rounds[0], done.rounds[1], begins)).partition(";")[2] == ""


async def test_whatever_was_done_had_been_answered_yes_just_before(month: Month) -> None:
    async with reading(month.settings) as tx:
        rows = (
            await tx.execute(select(effect).where(effect.c.is_vendor, effect.c.intent_at.is_not(None)))
        ).all()

    assert len(rows) >= 5
    again = replay(month)
    for row in rows:
        before = [one for one in again[row.rule, row.resource] if one[2] <= row.intent_at]
        assert before[-1][0] == "yes", row.key
