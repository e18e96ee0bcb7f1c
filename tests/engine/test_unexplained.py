"""What the journal cannot explain is left to a person, told once, and holds up nothing else."""

from dataclasses import replace
from datetime import timedelta
from json import dumps, loads
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from bot.core.fault import set_fault_hook
from bot.engine import approve, plan
from bot.engine.bot import RulesInForce
from bot.engine.check import check_journal
from bot.engine.quiet import next_due_at, what_is_due
from bot.store import effects, parked
from bot.store.effects import State
from bot.store.parked import Parked
from bot.store.tables import approval, effect, episode, look, resource

from .stand import CUT_OFF, JUST_AFTER, OPENED, Stand, at

SOON = CUT_OFF + timedelta(minutes=1)
LATER = at(13, 15, 30)


async def apart(made: Stand) -> list[Parked]:
    async with made.bot.db.read() as tx:
        return list(await parked.listed(tx))


async def needed(made: Stand) -> list[str]:
    """The mails that say that somebody is needed, once all that is due was done."""
    await made.settle()
    return [one for one in made.subjects("ops") if "Needs you" in one]


async def change(made: Stand, table: Any, **values: Any) -> None:
    async with made.bot.db.write() as tx:
        await tx.execute(update(table).values(**values))


async def change_closing(made: Stand, **values: Any) -> None:
    async with made.bot.db.write() as tx:
        await tx.execute(update(effect).where(effect.c.action == "gigapay.close_payrun").values(**values))


async def second_run(made: Stand) -> str:
    """Another payrun that falls due at the same cut-off, in a currency that the guards do not know."""
    made.gigapay.add_payout("1044", "900.00", currency="EUR")
    await made.poll()
    return next(id for id, one in made.gigapay.state.payruns.items() if one["currency"] == "EUR")


async def waiting(made: Stand) -> str:
    """A payrun over the limit, whose closing waits for an approval."""
    payrun = await made.weekly("9000.00", "9900.00", "9800.00")
    await made.until(SOON)
    return payrun


ODD: list[Any] = [
    pytest.param({"state": "blorp"}, "in a state that does not exist", id="a state that is none"),
    pytest.param({"args_json": "{"}, "cannot be read", id="arguments that are no JSON"),
    pytest.param({"request_json": "[]"}, "cannot be read", id="a request of another shape"),
    pytest.param({"outcome_json": "[" * 100_000}, "cannot be read", id="an outcome that nests for ever"),
    pytest.param({"lines_json": "null"}, "cannot be read", id="no lines"),
    pytest.param({"after": "nothing"}, "never written down", id="behind nothing"),
    pytest.param({"state": "verified"}, "by nobody", id="done by nobody"),
    pytest.param({"resource": "gigapay.payrun:gigapay-se/none"}, "never read", id="about nothing"),
]


@pytest.mark.parametrize(("values", "why"), ODD)
async def test_an_action_that_cannot_be_is_left_to_a_person_at_the_start(
    gigapay: Stand, values: dict[str, str], why: str
) -> None:
    await waiting(gigapay)
    await change_closing(gigapay, **values)
    found = [await check_journal(gigapay.bot), await check_journal(gigapay.bot)]
    mails = await needed(gigapay)

    (one,) = await apart(gigapay)
    assert why in one.why
    assert (found, len(mails)) == ([1, 0], 1)
    assert (await gigapay.effect()).state is State.PARKED
    assert "set apart" in await gigapay.noted(one.resource)


async def test_what_a_broken_row_still_held_is_kept_in_it(gigapay: Stand) -> None:
    await waiting(gigapay)
    await change_closing(gigapay, args_json='{"half', state="blorp")
    await check_journal(gigapay.bot)

    assert (await gigapay.effect()).outcome["unreadable"] == {"args_json": '{"half', "state": "blorp"}


async def test_a_broken_row_that_falls_due_is_parked_by_whoever_takes_it_and_the_next_has_its_turn(
    gigapay: Stand,
) -> None:
    broken = await gigapay.weekly()
    other = await second_run(gigapay)
    await gigapay.until(CUT_OFF)

    async def spoil(point: str) -> None:
        if point == "decide.committed":
            set_fault_hook(None)
            async with gigapay.bot.db.write() as tx:
                of_it = effect.c.resource.endswith(f"/{broken}")
                await tx.execute(update(effect).where(of_it).values(request_json="{"))

    set_fault_hook(spoil)
    try:
        await gigapay.until(SOON)
    finally:
        set_fault_hook(None)

    assert [one.resource.endswith(f"/{broken}") for one in await apart(gigapay)] == [True]
    assert gigapay.closes() == []
    assert sorted(await needed(gigapay)) == [
        f"Needs you: Gigapay payrun {broken}",
        f"Needs you: close Gigapay payrun {other} was stopped by a guard",
    ]


async def test_a_broken_record_that_deciding_meets_on_the_way_is_told_and_opens_no_round(
    gigapay: Stand,
) -> None:
    await waiting(gigapay)
    await change_closing(gigapay, state="withdrawn", outcome_json="{")
    await gigapay.poll()

    assert [one.why for one in await apart(gigapay)] == ["the record of an action on it cannot be read"]
    assert [one.round for one in await gigapay.effects("gigapay.close_payrun")] == [1]
    assert len(await needed(gigapay)) == 1


async def test_two_actions_at_the_vendor_at_once_are_both_left_to_a_person(gigapay: Stand) -> None:
    await waiting(gigapay)
    await change_closing(gigapay, state="unknown", not_before=gigapay.clock.now())
    async with gigapay.bot.db.write() as tx:
        row = (await tx.execute(select(effect).where(effect.c.action == "gigapay.close_payrun"))).one()
        await tx.execute(insert(effect).values({**row._mapping, "key": f"{row.key}:2", "chain": "other"}))
    await gigapay.settle()

    assert [one.state for one in await gigapay.effects("gigapay.close_payrun")] == [State.PARKED] * 2
    assert [one.why for one in await apart(gigapay)] == ["two actions on it are under way at once"]
    assert gigapay.close_calls() == 0


async def test_nothing_is_done_about_what_is_set_apart_and_everything_else_goes_on(gigapay: Stand) -> None:
    sick = await gigapay.weekly()
    await gigapay.settle()
    (known,) = [one for one in await ids(gigapay) if one.endswith(f"/{sick}")]
    async with gigapay.bot.db.write() as tx:
        await parked.park(tx, known, why="odd", ends_by_reading=False, now=gigapay.clock.now())
    await gigapay.until(LATER)
    held = await gigapay.effect()
    said = await approve.release(gigapay.bot, gigapay.person("payroll-1"), known)
    await gigapay.after(minutes=1)

    assert (held.state, held.reason) == (State.WAITING, "it needs somebody: odd")
    assert said == "payrunbot takes it up again."
    assert gigapay.closes() == [sick]
    assert await apart(gigapay) == []


async def ids(made: Stand) -> list[str]:
    async with made.bot.db.read() as tx:
        return list((await tx.execute(select(resource.c.id))).scalars())


async def test_a_reading_that_cannot_be_read_back_is_set_apart_until_the_next_one(gigapay: Stand) -> None:
    payrun = await gigapay.weekly()
    await change(gigapay, resource, snapshot_json='{"kind": 1}')
    await check_journal(gigapay.bot)
    before = [(one.why, one.ends_by_reading) for one in await apart(gigapay)]
    await gigapay.poll()
    after = await apart(gigapay)
    await gigapay.until(SOON)

    assert before == [("what was last read of it cannot be read back", True)]
    assert after == []
    assert gigapay.closes() == [payrun]


async def test_a_closed_run_whose_reading_was_lost_is_not_taken_for_its_first_opening(gigapay: Stand) -> None:
    await gigapay.weekly()
    await gigapay.until(SOON)
    await change(gigapay, resource, snapshot_json="", generation=3)
    await gigapay.poll()
    async with gigapay.bot.db.read() as tx:
        generation = (await tx.execute(select(resource.c.generation))).scalar_one()

    assert generation == 3
    assert len(gigapay.closes()) == 1


async def test_deciding_that_fails_is_told_once_and_ends_with_the_reading_that_is_decided(
    gigapay: Stand,
) -> None:
    payrun = await gigapay.weekly()
    (known,) = await ids(gigapay)
    (rule,) = gigapay.bot.rules.values()
    gigapay.bot.rules = RulesInForce({rule.rule.id: replace(rule, calendars={})})
    for _ in range(3):
        await gigapay.poll()
    during, mails = await apart(gigapay), await needed(gigapay)
    await gigapay.until(SOON)
    gigapay.bot.rules = RulesInForce({rule.rule.id: rule})
    await gigapay.poll()
    await gigapay.after(minutes=1)

    assert [one.resource for one in during] == [known]
    assert len(mails) == 1
    assert await apart(gigapay) == []
    assert gigapay.closes() == [payrun]


async def test_a_release_of_what_is_still_broken_says_so(gigapay: Stand) -> None:
    await gigapay.weekly()
    (known,) = await ids(gigapay)
    await change(gigapay, resource, snapshot_json="{}")
    await check_journal(gigapay.bot)
    said = await approve.release(gigapay.bot, gigapay.person("payroll-1"), known)

    assert said == "It was looked at again and is as before: what was last read of it cannot be read back."
    assert len(await apart(gigapay)) == 1


SHOWN = [
    pytest.param("{", id="no JSON"),
    pytest.param("{}", id="nothing in it"),
]


@pytest.mark.parametrize("shown", SHOWN)
async def test_a_question_that_cannot_be_read_back_is_not_taken_for_a_yes(gigapay: Stand, shown: str) -> None:
    await waiting(gigapay)
    await change(gigapay, approval, shown_json=shown, state="approved")
    await change_closing(gigapay, not_before=gigapay.clock.now())
    await gigapay.settle()

    assert gigapay.close_calls() == 0
    assert [one.why for one in await apart(gigapay)] == [
        "what was asked of people about it cannot be read back"
    ]
    assert await check_journal(gigapay.bot) == 0


async def test_a_question_about_no_action_is_withdrawn_and_its_pay_run_left_to_a_person(
    gigapay: Stand,
) -> None:
    await waiting(gigapay)
    await change(gigapay, approval, effect_key="nothing")
    await check_journal(gigapay.bot)

    assert await gigapay.askings() != [] and {one.state for one in await gigapay.askings()} == {"withdrawn"}
    assert len(await apart(gigapay)) == 1


async def test_an_alert_that_nobody_was_going_to_be_told_of_ends_and_is_told(gigapay: Stand) -> None:
    await gigapay.weekly()
    (known,) = await ids(gigapay)
    async with gigapay.bot.db.write() as tx:
        await tx.execute(insert(episode).values(rule="lost", grp=known, number=1, since=OPENED))
    found = await check_journal(gigapay.bot)

    assert (found, [one.resource for one in await apart(gigapay)]) == (1, [known])
    async with gigapay.bot.db.read() as tx:
        assert (await tx.execute(select(episode.c.cleared_at))).scalar_one() == gigapay.clock.now()


@pytest.mark.parametrize(
    ("answer", "closes"), [pytest.param("never", 0, id="never"), pytest.param("again", 1, id="again")]
)
async def test_a_broken_action_is_settled_like_any_other(gigapay: Stand, answer: str, closes: int) -> None:
    payrun = await gigapay.weekly()
    (known,) = await ids(gigapay)
    await gigapay.until(CUT_OFF + JUST_AFTER - timedelta(seconds=1))
    async with gigapay.bot.db.write() as tx:
        await plan.decide_about(gigapay.bot, tx, known, correlation="test")
    gigapay.clock.go_to(CUT_OFF + JUST_AFTER)
    async with gigapay.bot.db.write() as tx:
        await plan.decide_about(gigapay.bot, tx, known, correlation="test")
    await change_closing(gigapay, args_json="", outcome_json="")
    await gigapay.settle()
    person = gigapay.person("finance-1")
    await approve.release(gigapay.bot, person, known)
    await approve.settle(gigapay.bot, person, known, what=answer, comment="looked at it")
    await gigapay.after(minutes=10)

    assert gigapay.closes() == [payrun] * closes


async def test_whoever_was_still_at_an_action_that_is_settled_writes_no_more(gigapay: Stand) -> None:
    await waiting(gigapay)
    await change_closing(gigapay, state="parked")
    frozen = await gigapay.effect()
    await approve.settle(
        gigapay.bot, gigapay.person("finance-1"), frozen.resource, what="never", comment="by hand"
    )

    with pytest.raises(effects.FenceLost):
        async with gigapay.bot.db.write() as tx:
            await effects.write(tx, frozen, state=State.PLANNED)


async def test_a_lost_answer_that_is_waited_out_does_not_make_the_workers_look_for_work(
    gigapay: Stand,
) -> None:
    await gigapay.weekly()
    gigapay.gigapay.faults.add("drop_before", call="close")
    await gigapay.until(CUT_OFF + JUST_AFTER)
    due = await what_is_due(gigapay.bot)
    resting = await gigapay.effect()

    assert resting.state is State.UNKNOWN
    assert (due.rests_until, due.perform_at) == (resting.quarantine_until, None)
    assert await next_due_at(gigapay.bot) == gigapay.clock.now()


async def test_lines_that_an_answer_needs_are_asked_for_when_the_rule_has_changed(gigapay: Stand) -> None:
    payrun = await waiting(gigapay)
    async with gigapay.bot.db.write() as tx:
        stored = loads((await tx.execute(select(resource.c.snapshot_json))).scalar_one())
        await tx.execute(update(resource).values(snapshot_json=dumps({**stored, "lines": None})))
    gigapay.change_rule("gigapay.yaml", "ask_above: 20 000 SEK", "ask_above: 19 000 SEK")
    await gigapay.reload()
    await plan.decide_due(gigapay.bot)

    async with gigapay.bot.db.read() as tx:
        asked = (await tx.execute(select(look.c.key).where(look.c.kind == "gigapay.payrun"))).scalars().all()
    assert asked == [payrun]
