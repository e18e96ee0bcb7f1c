"""A changed rule is asked again about all that it watches: in the background, and over a crash."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from bot.core.fault import set_fault_hook
from bot.core.rule import Mode
from bot.engine import perform, plan, versions
from bot.engine.bot import RulesInForce
from bot.engine.quiet import what_is_due
from bot.store import resources, rules
from bot.store.effects import State
from bot.store.tables import decision, resource
from tests.databases import Migrated

from .stand import CUT_OFF, JUST_AFTER, Stand, at, stand, wire

RULE, FILE = "gigapay-weekly-close", "gigapay.yaml"
NARROWER = ("ask_above: 20 000 SEK", "ask_above: 1 000 SEK")
HAS_PAYOUTS = """\
rules:
  - id: has-payouts
    title: Tell of payruns with payouts
    watch: gigapay.payrun
    when: [payouts is at least 1]
    then:
      - alert: {to: ops}
    mode: act
"""


async def marked(stand: Stand) -> list[str]:
    async with stand.bot.db.read() as tx:
        rows = await tx.execute(select(resource.c.id).where(resource.c.decide_since.is_not(None)))
        return sorted(rows.scalars())


async def answered_by(stand: Stand, rule: str = RULE) -> set[str]:
    """The versions by which a rule's answers were given."""
    async with stand.bot.db.read() as tx:
        return set((await tx.execute(select(decision.c.rule_hash).where(decision.c.rule == rule))).scalars())


async def copies(stand: Stand, count: int) -> None:
    """So many more payruns like the one that was read, whose ids come before its."""
    async with stand.bot.db.write() as tx:
        row = (await tx.execute(select(resource))).one()._asdict()
        ids = [f"gigapay.payrun:gigapay-se/0{number:05}" for number in range(count)]
        named = [{"id": id, "key": id.partition("/")[2], "vendor_id": id.partition("/")[2]} for id in ids]
        await tx.execute(resource.insert(), [{**row, **one} for one in named])


async def test_a_signature_decides_nothing_and_two_thousand_payruns_are_decided_after_it(
    gigapay: Stand,
) -> None:
    await gigapay.weekly()
    await copies(gigapay, 1999)
    gigapay.change_rule(FILE, "payouts is at least 1", "payouts is at least 0")
    await gigapay.reload()
    await versions.propose(gigapay.bot, gigapay.person("payroll-1"))
    before = await answered_by(gigapay)
    said = await versions.sign_off(gigapay.bot, gigapay.person("finance-1"), RULE, gigapay.reload)
    waiting = await marked(gigapay)
    after = await answered_by(gigapay)
    await plan.decide_due(gigapay.bot)

    assert said == "Signed. It runs from now on."
    assert after == before != {gigapay.bot.rules[RULE].rule.hash}
    assert len(waiting) == 2000
    assert len(await marked(gigapay)) == 2000 - plan.AT_ONCE
    assert (await what_is_due(gigapay.bot)).to_decide


async def test_a_crash_between_the_reload_and_the_deciding_loses_nothing(gigapay: Stand) -> None:
    await gigapay.weekly()
    await gigapay.until(CUT_OFF - timedelta(minutes=1))
    gigapay.change_rule(FILE, *NARROWER)
    await gigapay.reload()
    old = gigapay.bot
    gigapay.bot = wire(old.settings, old.clock, old.db, None, gigapay.log)
    gigapay.bot.accounts = old.accounts
    await gigapay.reload()
    waiting = await marked(gigapay)
    await gigapay.poll()
    await gigapay.until(at(13, 15, 5))

    assert waiting == ["gigapay.payrun:gigapay-se/2859272"]
    assert await answered_by(gigapay) == {gigapay.bot.rules[RULE].rule.hash}
    assert (len(await gigapay.askings()), gigapay.close_calls()) == (1, 0)


async def test_a_reload_that_changes_nothing_marks_nothing(gigapay: Stand) -> None:
    await gigapay.weekly()
    await gigapay.reload()
    at_once = await marked(gigapay)
    gigapay.bot.rules = RulesInForce()
    await gigapay.reload()

    assert (at_once, await marked(gigapay)) == ([], [])


async def test_only_what_the_changed_rule_watches_is_marked(tmp_path: Path, migrated: Migrated) -> None:
    async with stand(tmp_path, "gigapay", "xero", database=migrated, begins=at(2, 8)) as made:
        await made.sign()
        made.add_payouts("1450.00")
        await made.poll()
        made.change_rule(FILE, *NARROWER)
        await made.reload()
        async with made.bot.db.read() as tx:
            known = await resources.all_of(tx)

        assert {one.snapshot.connection for one in known} == {"gigapay-se", "xero-uk"}
        assert await marked(made) == [one.id for one in known if one.snapshot.kind == "gigapay.payrun"]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"mode: act": "mode: off"}, id="it is off"),
        pytest.param(
            {
                "watch:": "every: Friday 15:00\n    watch:",
                "alert: {to: ops}": "send_mail: {template: scheduled, to: ops}",
            },
            id="it is asked at set times",
        ),
    ],
)
async def test_a_rule_that_is_no_longer_asked_has_no_answers_and_marks_nothing(
    gigapay: Stand, change: dict[str, str]
) -> None:
    gigapay.write_rule("own.yaml", HAS_PAYOUTS)
    await gigapay.weekly()
    before = await answered_by(gigapay, "has-payouts")
    changed = HAS_PAYOUTS
    for old, new in change.items():
        changed = changed.replace(old, new)
    gigapay.write_rule("own.yaml", changed)
    await gigapay.reload()

    assert (len(before), gigapay.bot.problems) == (1, ())
    assert (await answered_by(gigapay, "has-payouts"), await marked(gigapay)) == (set(), [])


async def test_a_cut_off_that_comes_does_not_wait_for_what_a_changed_rule_is_to_be_asked(
    gigapay: Stand,
) -> None:
    payrun = await gigapay.weekly()
    await copies(gigapay, 5 * plan.AT_ONCE)
    gigapay.change_rule(FILE, *NARROWER)
    await gigapay.reload()
    gigapay.clock.go_to(CUT_OFF + JUST_AFTER)
    await plan.decide_due(gigapay.bot)

    (planned,) = await gigapay.effects("gigapay.close_payrun")
    assert planned.resource == f"gigapay.payrun:gigapay-se/{payrun}"
    assert len(await marked(gigapay)) == 4 * plan.AT_ONCE


async def test_nothing_is_done_by_the_answer_of_before(gigapay: Stand) -> None:
    await gigapay.weekly()
    gigapay.clock.go_to(CUT_OFF + JUST_AFTER)
    await plan.decide_due(gigapay.bot)
    gigapay.change_rule(FILE, "payouts is at least 1", "payouts is at least 9")
    await gigapay.reload()
    planned = await gigapay.effect()
    await perform.perform_once(gigapay.bot)
    ended = await gigapay.effect()

    assert (planned.state, ended.state) == (State.PLANNED, State.WITHDRAWN)
    assert "payouts is at least 9 (3)" in ended.reason
    assert gigapay.close_calls() == 0


async def test_what_a_rule_is_no_longer_about_is_withdrawn_before_the_call(gigapay: Stand) -> None:
    await gigapay.weekly()
    gigapay.clock.go_to(CUT_OFF + JUST_AFTER)
    await plan.decide_due(gigapay.bot)
    one = gigapay.bot.rules[RULE]
    elsewhere = replace(one, rule=replace(one.rule, connections=("gigapay-no",)))
    gigapay.bot.rules = RulesInForce({RULE: elsewhere})
    await perform.perform_once(gigapay.bot)

    ended = await gigapay.effect()
    assert ended.state is State.WITHDRAWN
    assert ended.reason == "the rule is no longer there, is switched off, or is no longer about it"
    assert gigapay.close_calls() == 0


async def test_a_rule_that_changes_between_its_answer_and_the_call_is_asked_again(gigapay: Stand) -> None:
    """The change holds the database while the action waits for its turn to write its intent."""
    await gigapay.weekly()
    holds = asyncio.Event()
    changing: list[asyncio.Task[None]] = []

    async def change() -> None:
        async with gigapay.bot.db.write() as tx:
            holds.set()
            await asyncio.sleep(0.3)
            await versions.narrow(gigapay.bot, tx, RULE, Mode.WATCH)

    async def begin(point: str) -> None:
        if point == "effect.read" and not changing:
            changing.append(asyncio.create_task(change()))
            await holds.wait()

    set_fault_hook(begin)
    try:
        await gigapay.until(CUT_OFF + JUST_AFTER)
    finally:
        set_fault_hook(None)

    assert len(changing) == 1
    assert (await gigapay.effect()).state is State.WITHDRAWN
    assert gigapay.close_calls() == 0


FULL = {
    "sqlite": (
        "CREATE TRIGGER no_room BEFORE UPDATE OF decide_since ON resource "
        "BEGIN SELECT RAISE(ABORT, 'disk full'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql "
        "AS $$ BEGIN RAISE EXCEPTION 'disk full'; END $$",
        "CREATE TRIGGER no_room BEFORE UPDATE OF decide_since ON resource "
        "FOR EACH ROW EXECUTE FUNCTION no_room()",
    ),
}


async def test_where_the_database_fails_what_ran_before_runs_on(gigapay: Stand) -> None:
    await gigapay.weekly()
    before = gigapay.bot.rules
    async with gigapay.bot.db.write() as tx:
        for statement in FULL[tx.dialect.name]:
            await tx.execute(text(statement))
    gigapay.change_rule(FILE, *NARROWER)
    with pytest.raises(DBAPIError, match="disk full"):
        await gigapay.reload()
    async with gigapay.bot.db.read() as tx:
        state = (await rules.states(tx))[RULE]

    assert gigapay.bot.rules is before
    assert state.running_hash == before[RULE].rule.hash


async def test_a_rule_begins_once_it_was_asked_about_everything_and_tells_of_it_in_one_list(
    gigapay: Stand,
) -> None:
    gigapay.gigapay.seed_history(date(2026, 4, 24), weeks=29)
    gigapay.add_payouts("1450.00", "1650.00", "1780.00")
    await gigapay.poll()
    gigapay.write_rule("own.yaml", HAS_PAYOUTS)
    await gigapay.reload()
    async with gigapay.bot.db.write() as tx:
        await rules.propose(
            tx, [gigapay.bot.rules["has-payouts"].rule.hash], "payroll-1", gigapay.clock.now()
        )
    await versions.sign_off(gigapay.bot, gigapay.person("finance-1"), "has-payouts", gigapay.reload)
    began = []
    for _ in range(3):
        async with gigapay.bot.db.read() as tx:
            began.append(await rules.adopted_at(tx, "has-payouts", "gigapay-se"))
        await plan.decide_due(gigapay.bot)
    await gigapay.settle()

    assert began == [None, None, gigapay.clock.now()]
    (said,) = gigapay.texts("ops")
    assert "30" in said
