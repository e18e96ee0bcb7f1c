"""A payrun is closed by rule, once, whatever else happens meanwhile."""

import asyncio
from datetime import timedelta

from bot.engine import perform, plan
from bot.store import effects, resources
from bot.store.effects import State

from .stand import CUT_OFF, JUST_AFTER, Stand, at


async def test_a_payrun_past_its_cut_off_is_closed_once_and_confirmed(gigapay: Stand) -> None:
    payrun = await gigapay.weekly()
    await gigapay.until(at(15, 8))

    (closed,) = gigapay.gigapay.ledger.effects("close")
    done = await gigapay.effect()
    assert (closed["target"], closed["by"], closed["price"]) == (payrun, "client", "6413.30")
    assert closed["at"] == (CUT_OFF + JUST_AFTER).isoformat()
    assert (done.state, done.done_by, done.calls) == (State.VERIFIED, "payrunbot", 1)


async def test_the_cut_off_itself_is_still_in_time(gigapay: Stand) -> None:
    await gigapay.weekly()
    await gigapay.until(CUT_OFF)

    assert gigapay.close_calls() == 0


async def test_a_close_is_mailed_once_to_those_the_rule_names(gigapay: Stand) -> None:
    payrun = await gigapay.weekly()
    await gigapay.until(at(15, 8))

    assert len(gigapay.subjects()) == 1
    (mail,) = gigapay.texts("payroll-1")
    assert payrun in mail
    assert "4 880.00 SEK" in mail


async def test_polling_fifty_times_does_nothing_twice(gigapay: Stand) -> None:
    await gigapay.weekly()
    await gigapay.until(CUT_OFF + timedelta(minutes=1))
    for _ in range(50):
        await gigapay.poll()

    assert gigapay.close_calls() == 1
    assert len(gigapay.subjects()) == 1


async def test_a_payrun_that_somebody_else_closed_is_confirmed_without_a_call(gigapay: Stand) -> None:
    payrun = await gigapay.weekly()
    await gigapay.until(CUT_OFF)
    gigapay.gigapay.state.close(payrun, CUT_OFF)
    await gigapay.until(CUT_OFF + timedelta(minutes=1))

    done = await gigapay.effect()
    assert gigapay.close_calls() == 0
    assert (done.state, done.done_by) == (State.VERIFIED, "somebody else")
    (mail,) = gigapay.texts("payroll-1")
    assert "It was closed at Gigapay already, not by payrunbot, which has read it." in mail


async def test_a_payrun_emptied_before_the_call_is_left_open_and_told_of(gigapay: Stand) -> None:
    """The rule said yes on the stored reading; the fresh one says no."""
    payrun = await gigapay.weekly()
    await gigapay.until(CUT_OFF)
    for one in gigapay.gigapay.state.payouts_of(payrun):
        gigapay.gigapay.remove_payout(one["id"])
    await gigapay.until(CUT_OFF + timedelta(minutes=1))

    ended = await gigapay.effect()
    assert gigapay.close_calls() == 0
    assert ended.state is State.WITHDRAWN
    assert ended.reason.startswith("the rule no longer says yes: payouts is at least 1 (0); ")
    assert gigapay.subjects() == ["Needs you: close Gigapay payrun 2859272 was not done"]


async def test_a_late_payout_postpones_the_close_by_half_an_hour(gigapay: Stand) -> None:
    payrun = await gigapay.weekly()
    await gigapay.until(at(13, 14, 59))
    gigapay.add_payouts("1780.00", first=1050)
    await gigapay.until(at(13, 16))

    (closed,) = gigapay.gigapay.ledger.effects("close")
    assert (closed["target"], closed["payouts"]) == (payrun, 4)
    assert closed["at"] == (at(13, 15, 29) + JUST_AFTER).isoformat()


async def test_a_payrun_whose_id_was_changed_is_the_same_and_is_closed_once(gigapay: Stand) -> None:
    payrun = await gigapay.weekly()
    gigapay.gigapay.state.rename(payrun, "november")
    await gigapay.poll()
    await gigapay.until(at(15, 8))

    async with gigapay.bot.db.read() as tx:
        (kept,) = await resources.all_of(tx)
    assert kept.id == f"gigapay.payrun:gigapay-se/{payrun}"
    assert gigapay.closes() == ["november"]
    assert len(await gigapay.effects("gigapay.close_payrun")) == 1


async def test_a_payrun_whose_id_changes_right_before_the_call_is_closed_under_its_new_one(
    gigapay: Stand,
) -> None:
    payrun = await gigapay.weekly()
    await gigapay.until(CUT_OFF)
    gigapay.gigapay.state.rename(payrun, "november")
    await gigapay.until(at(13, 16))

    assert gigapay.closes() == ["november"]


async def test_a_deleted_payrun_is_gone_and_nothing_is_tried(gigapay: Stand) -> None:
    payrun = await gigapay.weekly()
    await gigapay.until(CUT_OFF)
    gigapay.gigapay.state.delete(payrun, CUT_OFF)
    await gigapay.until(at(15, 8))

    assert gigapay.close_calls() == 0
    assert (await gigapay.effect()).state is State.WITHDRAWN
    assert gigapay.subjects() == []


async def test_the_next_week_is_another_payrun_and_closed_too(gigapay: Stand) -> None:
    first = await gigapay.weekly()
    await gigapay.until(at(20, 13))
    second = gigapay.add_payouts("1450.00", "1650.00")
    await gigapay.poll()
    await gigapay.until(at(20, 16))

    assert gigapay.closes() == [first, second]


async def test_four_workers_at_once_close_it_once(gigapay: Stand) -> None:
    await gigapay.weekly()
    gigapay.clock.go_to(CUT_OFF + JUST_AFTER)
    await plan.decide_due(gigapay.bot)
    await asyncio.gather(*(perform.perform_once(gigapay.bot) for _ in range(4)))
    await gigapay.settle()

    assert gigapay.close_calls() == 1


async def test_every_effect_is_in_the_sealed_record(gigapay: Stand) -> None:
    payrun = await gigapay.weekly()
    await gigapay.until(CUT_OFF + timedelta(minutes=1))

    assert await gigapay.noted(f"gigapay.payrun:gigapay-se/{payrun}") == [
        "planned",
        "is about to act",
        "called the vendor",
        "confirmed",
    ]


async def test_a_call_waits_while_another_action_on_the_same_payrun_is_not_settled(gigapay: Stand) -> None:
    payrun = await gigapay.weekly()
    other = effects.Plan(
        key="gigapay.delete_payrun:a button that a person pressed",
        action="gigapay.delete_payrun",
        connection="gigapay-se",
        resource=f"gigapay.payrun:gigapay-se/{payrun}",
        generation=1,
        rule="",
        rule_hash="",
        is_vendor=True,
        not_before=CUT_OFF,
        args={},
    )
    async with gigapay.bot.db.write() as tx:
        await effects.plan(tx, other, round=1, chain="other#1", now=gigapay.clock.now(), correlation="test")
        planted = await effects.get(tx, other.key, 1)
        assert planted is not None
        await effects.write(tx, planted, state=State.PARKED)
    await gigapay.until(CUT_OFF + timedelta(minutes=2))
    calls_meanwhile = gigapay.close_calls()
    async with gigapay.bot.db.write() as tx:
        await effects.write(tx, planted, state=State.REFUSED)
    await gigapay.after(minutes=1)

    assert calls_meanwhile == 0
    assert gigapay.close_calls() == 1
