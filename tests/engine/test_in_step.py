"""Two replicas decide by the same signed rules, whichever of them they were put in force by."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bot.app import read_rules
from bot.connectors.client import open_session
from bot.core.fault import set_fault_hook
from bot.core.rule import Mode
from bot.engine import in_step, versions
from bot.engine.bot import Bot, Running
from bot.engine.in_step import Behind
from bot.engine.quiet import what_is_due
from bot.engine.rule_folder import setup_now
from bot.jobs import Jobs
from bot.store.database import open_database
from tests.databases import MigratedServer
from tests.postgres import Server

from .stand import CUT_OFF, JUST_AFTER, Stand, stand, wire

RULE, FILE = "gigapay-weekly-close", "gigapay.yaml"


@dataclass
class Other:
    """A second replica, with a copy of the rule files that is its own."""

    bot: Bot
    folder: Path

    async def reload(self) -> None:
        setup = setup_now(self.bot)
        await versions.put_in_force(self.bot, read_rules(self.folder, setup), setup)

    def change(self, old: str, new: str) -> None:
        path = self.folder / FILE
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    async def step(self) -> None:
        """What its tick does where it finds itself behind."""
        if (await what_is_due(self.bot)).to_catch_up:
            await in_step.catch_up(self.bot)


@pytest.fixture
async def one(tmp_path: Path, postgres: Server) -> AsyncIterator[Stand]:
    async with stand(tmp_path, "gigapay", database=MigratedServer(postgres)) as made:
        made.bot.reload = made.reload
        line = await made.bot.db.listen(lambda: None)
        assert line is not None
        yield made
        await line.close()


@pytest.fixture
async def start(one: Stand) -> AsyncIterator[Callable[[], Awaitable[Other]]]:
    """Start a replica beside the first one, with that one's present files."""
    closing = []

    async def another() -> Other:
        folder = one.folder / f"rules-{len(closing)}"
        shutil.copytree(one.bot.settings.rules, folder)
        settings = one.bot.settings.model_copy(update={"rules": folder})
        db, session = await open_database(settings.database), open_session()
        closing.extend((db, session))
        made = Other(wire(settings, one.clock, db, session, one.log), folder)
        made.bot.reload = made.reload
        return made

    yield another
    for each in closing:
        await each.close()


@pytest.fixture
async def other(start: Callable[[], Awaitable[Other]]) -> Other:
    made = await start()
    await made.reload()
    return made


def running(bot: Bot) -> Running:
    return bot.rules[RULE]


def alike(bot: Bot) -> tuple[object, ...]:
    one = running(bot)
    return (
        one.rule.hash,
        one.mode,
        one.version,
        one.is_signed,
        one.proposed_by,
        one.why,
        one.wider,
        {name: calendar.spec for name, calendar in one.calendars.items()},
    )


async def sign(bot: Bot, person: str, reload: versions.Reload) -> str:
    found = bot.settings.person(person)
    assert found is not None
    return await versions.sign_off(bot, found, RULE, reload)


async def test_what_is_signed_at_one_runs_at_the_other(one: Stand, other: Other) -> None:
    await versions.propose(one.bot, one.person("payroll-1"))
    await sign(one.bot, "finance-1", one.reload)
    await other.step()

    assert running(other.bot).mode is Mode.ACT
    assert alike(other.bot) == alike(one.bot)


async def test_the_same_files_read_by_both_change_nothing(one: Stand, other: Other) -> None:
    number = one.bot.in_force.number
    await other.reload()
    await one.reload()

    assert one.bot.in_force.number == other.bot.in_force.number == number


async def test_a_replica_decides_by_what_another_has_just_put_in_force(one: Stand, other: Other) -> None:
    await one.weekly()
    other.change("mode: act", "mode: watch")
    await other.reload()
    await one.until(CUT_OFF + JUST_AFTER)

    assert alike(one.bot) == alike(other.bot)
    assert one.close_calls() == 0


async def test_a_rule_changed_elsewhere_at_the_last_moment_stops_the_call(one: Stand, other: Other) -> None:
    await one.weekly()
    other.change("mode: act", "mode: watch")

    async def lower(point: str) -> None:
        if point == "effect.read":
            set_fault_hook(None)
            await other.reload()

    set_fault_hook(lower)
    try:
        await one.until(CUT_OFF + JUST_AFTER)
    finally:
        set_fault_hook(None)

    assert running(one.bot).mode is Mode.WATCH
    assert one.close_calls() == 0


async def test_a_replica_with_older_files_follows_the_others(
    one: Stand, start: Callable[[], Awaitable[Other]]
) -> None:
    late = await start()
    one.change_rule(FILE, "mode: act", "mode: ask")
    await one.reload()
    await late.reload()
    await late.step()

    assert alike(late.bot) == alike(one.bot)
    assert running(one.bot).rule.mode is Mode.ASK


async def test_a_command_beside_it_is_no_other_replica(one: Stand) -> None:
    command = await open_database(one.bot.settings.database, read_only=True)
    async with command.read():
        others = await one.bot.db.others()
    await command.close()

    assert others == 0


async def test_files_that_people_went_back_to_are_taken(one: Stand) -> None:
    before = (one.bot.settings.rules / FILE).read_text()
    one.change_rule(FILE, "mode: act", "mode: ask")
    await one.reload()
    one.write_rule(FILE, before)
    await one.reload()

    assert running(one.bot).rule.mode is Mode.ACT


async def test_a_signature_by_way_of_a_replica_with_other_files_counts(one: Stand, other: Other) -> None:
    await versions.propose(one.bot, one.person("payroll-1"))
    one.change_rule(FILE, "ask_above: 20 000 SEK", "ask_above: 15 000 SEK")
    await one.reload()
    await versions.propose(one.bot, one.person("payroll-1"))
    await other.step()
    await sign(other.bot, "finance-1", other.reload)

    assert not running(one.bot).is_signed
    await in_step.catch_up(one.bot)
    await other.step()

    assert running(one.bot).is_signed
    assert alike(other.bot) == alike(one.bot)


async def test_one_that_cannot_read_what_is_in_force_acts_no_more_and_says_so(
    one: Stand, other: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    await one.weekly()
    monkeypatch.setattr(in_step, "parse_rule_text", lambda *_, **__: (None, ["unknown word"]))
    other.bot.rules = type(other.bot.rules)({})
    other.bot.in_force = replace(other.bot.in_force, number=0)
    async with other.bot.db.read() as tx:
        with pytest.raises(Behind):
            await in_step.ensure(other.bot, tx)

    assert other.bot.behind == f"this version of payrunbot cannot read rule {RULE} as it is in force"
    await one.until(CUT_OFF - JUST_AFTER)
    one.clock.go_to(CUT_OFF + JUST_AFTER)
    jobs = Jobs(other.bot)
    await jobs.tick()
    for _ in range(100):
        await asyncio.sleep(0.01)
        if jobs.is_idle:
            break

    assert one.close_calls() == 0
