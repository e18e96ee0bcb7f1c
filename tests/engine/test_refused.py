"""What the vendor says no to, or not now."""

from datetime import timedelta

import pytest

from bot.core.fault import set_fault_hook
from bot.store.effects import State

from .stand import CUT_OFF, JUST_AFTER, Stand, at

SOON = CUT_OFF + timedelta(minutes=1)


async def test_a_vendor_that_asks_to_wait_is_called_again_when_it_said(gigapay: Stand) -> None:
    payrun = await gigapay.weekly()
    gigapay.gigapay.faults.add("rate_limit", call="close", retry_after=120)
    await gigapay.until(CUT_OFF + timedelta(seconds=119))
    waiting = await gigapay.effect()
    await gigapay.until(CUT_OFF + timedelta(minutes=5))

    calls = [(one["at"], one["reply"]) for one in gigapay.gigapay.ledger.entries if one["call"] == "close"]
    done = await gigapay.effect()
    assert (waiting.state, waiting.calls) == (State.PLANNED, 0)
    assert calls == [
        ((CUT_OFF + JUST_AFTER).isoformat(), "429"),
        ((CUT_OFF + timedelta(seconds=120) + JUST_AFTER).isoformat(), "200"),
    ]
    assert (done.round, done.state, done.calls) == (1, State.VERIFIED, 1)
    assert gigapay.closes() == [payrun]


@pytest.mark.parametrize("code", [400, 403, 409])
async def test_a_refusal_that_is_not_done_either_ends_it_and_is_told_once(gigapay: Stand, code: int) -> None:
    payrun = await gigapay.weekly()
    gigapay.gigapay.faults.add("status", call="close", code=code, times=None)
    await gigapay.until(SOON)
    for _ in range(3):
        await gigapay.poll()

    ended = await gigapay.effect()
    (letter,) = await gigapay.effects("send_mail")
    assert gigapay.close_calls() == 1
    assert ended.state is State.REFUSED
    assert ended.reason == f"Gigapay said no: {code} The server could not do this."
    assert letter.state is State.WITHDRAWN
    assert gigapay.subjects("payroll-1") == []
    (mail,) = gigapay.texts("ops")
    assert payrun in mail
    assert "was refused" in mail


async def test_a_refusal_of_what_is_done_already_is_a_success_of_somebody_else(gigapay: Stand) -> None:
    """A person closes it between our fresh read and our call."""
    payrun = await gigapay.weekly()

    async def close_first(point: str) -> None:
        if point == "effect.before_call":
            gigapay.gigapay.state.close(payrun, gigapay.clock.now())

    set_fault_hook(close_first)
    try:
        await gigapay.until(SOON)
    finally:
        set_fault_hook(None)

    done = await gigapay.effect()
    assert gigapay.closes() == []
    assert gigapay.close_calls() == 1
    assert (done.state, done.done_by) == (State.VERIFIED, "somebody else")


async def test_what_was_refused_is_tried_again_only_once_it_has_changed(gigapay: Stand) -> None:
    payrun = await gigapay.weekly()
    gigapay.gigapay.faults.add("status", call="close", code=400)
    await gigapay.until(SOON)
    await gigapay.poll()
    before = gigapay.close_calls()
    payouts = gigapay.gigapay.state.payouts_of(payrun)
    gigapay.gigapay.remove_payout(payouts[0]["id"])
    await gigapay.poll()

    assert before == 1
    assert (await gigapay.effect()).round == 2
    assert gigapay.closes() == [payrun]


async def test_a_vendor_that_cannot_be_read_before_the_call_is_not_called(gigapay: Stand) -> None:
    await gigapay.weekly()
    await gigapay.until(CUT_OFF)
    gigapay.gigapay.faults.add("status", call="GET*", code=403, times=None)
    await gigapay.until(SOON)
    waiting = await gigapay.effect()
    calls = gigapay.close_calls()
    gigapay.gigapay.faults.clear()
    await gigapay.until(at(13, 16))

    assert (waiting.state, calls) == (State.PLANNED, 0)
    assert len(gigapay.closes()) == 1
