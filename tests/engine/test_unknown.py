"""A call whose outcome nobody knows is read back and waited for, never simply sent again."""

from datetime import timedelta
from typing import Any

import pytest

from bot.core.fault import set_fault_hook
from bot.engine import approve
from bot.store.effects import State

from .stand import CUT_OFF, JUST_AFTER, Stand, at

SOON = CUT_OFF + timedelta(minutes=1)


def reads(stand: Stand, payrun: str) -> int:
    return sum(
        one["call"] == "GET /payruns/:id/" and one["target"] == payrun for one in stand.gigapay.ledger.entries
    )


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"kind": "lose_reply"}, id="the reply is lost"),
        pytest.param({"kind": "status_after", "code": 503}, id="503 after acting"),
        pytest.param({"kind": "status_after", "code": 408}, id="408 after acting"),
    ],
)
async def test_a_call_that_acted_without_saying_so_is_confirmed_and_not_repeated(
    gigapay: Stand, fault: dict[str, Any]
) -> None:
    payrun = await gigapay.weekly()
    gigapay.gigapay.faults.add(call="close", **fault)
    await gigapay.until(SOON)
    await gigapay.quarantine()

    done = await gigapay.effect()
    assert gigapay.closes() == [payrun]
    assert gigapay.close_calls() == 1
    assert (done.state, done.done_by) == (State.VERIFIED, "payrunbot")
    assert len(gigapay.subjects()) == 1


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"kind": "drop_before"}, id="cut before acting"),
        pytest.param({"kind": "status", "code": 500}, id="500 without acting"),
        pytest.param({"kind": "html"}, id="a web page with 200"),
    ],
)
async def test_a_call_that_did_nothing_is_made_once_more_after_quarantine_and_two_readings(
    gigapay: Stand, fault: dict[str, Any]
) -> None:
    payrun = await gigapay.weekly()
    gigapay.gigapay.faults.add(call="close", **fault)
    await gigapay.until(at(13, 16))
    waiting = await gigapay.effect()
    before = gigapay.close_calls()
    await gigapay.quarantine()

    done = await gigapay.effect()
    calls = [n for n, one in enumerate(gigapay.gigapay.ledger.entries) if one["call"] == "close"]
    between = gigapay.gigapay.ledger.entries[calls[0] + 1 : calls[1]]
    assert before == 1
    assert waiting.state is State.UNKNOWN
    assert waiting.quarantine_until == gigapay.clock.wall() - timedelta(seconds=1)
    # Once right after the call, twice after the quarantine, once more to decide anew.
    assert sum(one["call"] == "GET /payruns/:id/" for one in between) == 4
    assert gigapay.closes() == [payrun]
    assert (len(calls), done.state, done.calls) == (2, State.VERIFIED, 2)


async def test_the_quarantine_is_waited_out_to_the_microsecond_on_the_wall_clock(gigapay: Stand) -> None:
    await gigapay.weekly()
    gigapay.gigapay.faults.add("drop_before", call="close")
    await gigapay.until(at(14, 12))
    gigapay.clock.pass_wall(timedelta(minutes=10) - JUST_AFTER)
    await gigapay.settle()
    early = gigapay.close_calls()
    gigapay.clock.pass_wall(JUST_AFTER)
    await gigapay.settle()

    assert early == 1
    # Saturday is no working time, so the second call waits for Monday 08:00; the vendor was faster.
    assert gigapay.close_calls() == 1
    assert (await gigapay.effect()).reason == "it keeps to working hours"


async def test_two_calls_without_an_outcome_are_parked_and_told(gigapay: Stand) -> None:
    payrun = await gigapay.weekly()
    gigapay.gigapay.faults.add("drop_before", call="close", times=None)
    await gigapay.until(SOON)
    await gigapay.quarantine()
    await gigapay.quarantine()
    await gigapay.quarantine()

    parked = await gigapay.effect()
    assert gigapay.close_calls() == 2
    assert (parked.state, parked.reason) == (State.PARKED, "could not be confirmed")
    (mail,) = gigapay.texts("ops")
    assert "could not be confirmed" in mail
    assert payrun in mail


async def test_the_state_from_before_shown_after_a_yes_is_waited_for(gigapay: Stand) -> None:
    payrun = await gigapay.weekly()
    gigapay.gigapay.faults.add("unchanged_for", call="close", reads=6)
    await gigapay.until(CUT_OFF + JUST_AFTER)
    waiting = await gigapay.effect()
    await gigapay.until(SOON)

    done = await gigapay.effect()
    assert waiting.state is State.CONFIRMING
    assert gigapay.closes() == [payrun]
    assert gigapay.close_calls() == 1
    assert (done.state, done.done_by) == (State.VERIFIED, "payrunbot")


async def test_a_second_call_is_not_stopped_by_the_day_it_has_reserved_itself(gigapay: Stand) -> None:
    """The first call counted 6 413.30 SEK against the day; the day has room for one of them."""
    payrun = await gigapay.weekly()
    gigapay.narrow_day("7000")
    gigapay.gigapay.faults.add("drop_before", call="close")
    await gigapay.until(SOON)
    await gigapay.quarantine()

    assert gigapay.closes() == [payrun]


async def test_a_worker_that_died_before_the_call_leaves_an_unknown_and_no_second_call_at_once(
    gigapay: Stand,
) -> None:
    payrun = await gigapay.weekly()
    await die_at(gigapay, "effect.before_call")
    gigapay.clock.pass_wall(timedelta(seconds=11))
    await gigapay.settle()
    taken_over = await gigapay.effect()
    calls = gigapay.close_calls()
    await gigapay.quarantine()

    assert taken_over.state is State.UNKNOWN
    assert calls == 0
    assert gigapay.closes() == [payrun]
    assert gigapay.close_calls() == 1


async def test_a_worker_that_died_after_the_call_is_taken_over_and_confirmed(gigapay: Stand) -> None:
    payrun = await gigapay.weekly()
    await die_at(gigapay, "effect.called")
    before = await gigapay.effect()
    gigapay.clock.pass_wall(timedelta(seconds=11))
    await gigapay.settle()
    await gigapay.quarantine()

    assert before.state is State.INTENT
    assert gigapay.closes() == [payrun]
    assert gigapay.close_calls() == 1
    assert (await gigapay.effect()).state is State.VERIFIED


async def test_a_worker_that_is_overtaken_before_its_call_makes_none(gigapay: Stand) -> None:
    """Frozen between its fresh read and its intent for longer than its lease."""
    payrun = await gigapay.weekly()

    async def freeze(point: str) -> None:
        if point == "effect.read":
            set_fault_hook(None)
            gigapay.clock.pass_wall(timedelta(seconds=11))
            await gigapay.settle()

    set_fault_hook(freeze)
    try:
        await gigapay.until(SOON)
    finally:
        set_fault_hook(None)

    assert gigapay.closes() == [payrun]
    assert gigapay.close_calls() == 1
    assert "somebody else has taken this over" in gigapay.log.of("warning")


class Died(BaseException):
    """Stands for a process that is no more."""


async def die_at(stand: Stand, where: str) -> None:
    """Go on past the cut-off until a worker dies there."""

    async def hook(point: str) -> None:
        if point == where:
            raise Died

    set_fault_hook(hook)
    try:
        with pytest.raises(Died):
            await stand.until(SOON)
    finally:
        set_fault_hook(None)


async def park(stand: Stand) -> str:
    """A payrun whose two close calls did nothing that anybody knows of; says its resource's id."""
    payrun = await stand.weekly()
    stand.gigapay.faults.add("drop_before", call="close", times=2)
    await stand.until(SOON)
    await stand.quarantine()
    await stand.quarantine()
    assert (await stand.effect()).state is State.PARKED
    return f"gigapay.payrun:gigapay-se/{payrun}"


async def test_a_person_who_says_that_it_happened_ends_it_and_the_summary_goes(gigapay: Stand) -> None:
    parked = await park(gigapay)
    gigapay.gigapay.state.close(parked.rpartition("/")[2], gigapay.clock.now())
    await approve.settle(
        gigapay.bot, gigapay.person("finance-1"), parked, what="happened", comment="seen at Gigapay"
    )
    await gigapay.poll()

    done = await gigapay.effect()
    assert (done.state, done.done_by) == (State.VERIFIED, "finance-1")
    assert done.reason == "finance-1 says that it happened: seen at Gigapay"
    assert gigapay.close_calls() == 2
    assert len(gigapay.subjects("payroll-1")) == 1


async def test_a_person_who_says_again_has_it_decided_and_done_anew(gigapay: Stand) -> None:
    parked = await park(gigapay)
    await approve.settle(gigapay.bot, gigapay.person("finance-1"), parked, what="again", comment="try")
    await gigapay.settle()

    done = await gigapay.effect()
    assert (done.round, done.state) == (2, State.VERIFIED)
    assert gigapay.closes() == [parked.rpartition("/")[2]]


async def test_a_person_who_says_never_has_it_left_as_it_is(gigapay: Stand) -> None:
    parked = await park(gigapay)
    await approve.settle(gigapay.bot, gigapay.person("finance-1"), parked, what="never", comment="by hand")
    for _ in range(3):
        await gigapay.poll()

    assert (await gigapay.effect()).state is State.REFUSED
    assert gigapay.closes() == []
    assert gigapay.close_calls() == 2


async def test_nobody_but_an_approver_settles(gigapay: Stand) -> None:
    parked = await park(gigapay)

    with pytest.raises(approve.NotAllowed):
        await approve.settle(gigapay.bot, gigapay.person("auditor-1"), parked, what="never", comment="")
