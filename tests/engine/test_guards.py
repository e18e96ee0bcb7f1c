"""Guards, pauses and holds stand between a yes and the call."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.money import Money
from bot.engine import approve
from bot.engine.approve import NothingToDecide
from bot.store import brakes
from bot.store.effects import State
from tests.databases import Migrated

from .stand import CUT_OFF, Stand, at, stand

SOON = CUT_OFF + timedelta(minutes=1)


@pytest.fixture
async def small(tmp_path: Path, migrated: Migrated) -> AsyncIterator[Stand]:
    """One action may be at most 6 000 SEK; the usual payrun costs 6 413.30 SEK."""
    guards = "per_action: {SEK: 6 000}"
    async with stand(tmp_path, "gigapay", guards=guards, database=migrated) as made:
        yield made


@pytest.fixture
async def in_line(tmp_path: Path, migrated: Migrated) -> AsyncIterator[Stand]:
    """Six earlier payruns, and a guard on the change from their median."""
    guards = "per_action: {SEK: 250 000}\n  change_from_median: 25 %"
    async with stand(tmp_path, "gigapay", guards=guards, history=True, database=migrated) as made:
        yield made


async def test_an_action_above_its_guard_is_stopped_and_told_once(small: Stand) -> None:
    payrun = await small.weekly()
    await small.until(SOON)
    for _ in range(3):
        await small.poll()

    stopped = await small.effect()
    assert small.close_calls() == 0
    assert (stopped.state, stopped.round) == (State.REFUSED, 1)
    assert stopped.reason == "stopped by a guard: guard: one action is above 6 000 SEK: 6 413.30 SEK"
    (mail,) = small.texts("ops")
    assert payrun in mail
    assert "stopped by a guard" in mail
    assert small.subjects("payroll-1") == []


async def test_an_action_exactly_at_its_guard_is_done(small: Stand) -> None:
    payrun = await small.weekly("1521.84", "1521.84", "1521.84")
    assert small.gigapay.state.payruns[payrun]["price"] == "6000.00"
    await small.until(SOON)

    assert small.closes() == [payrun]


async def test_a_full_day_waits_until_there_is_room_and_nobody_is_asked(gigapay: Stand) -> None:
    await gigapay.weekly()
    gigapay.narrow_day("7000")
    await reserve(gigapay, "1000")
    await gigapay.until(SOON)
    waiting = await gigapay.effect()
    await gigapay.until(at(14, 0))
    midnight = await gigapay.effect()
    await gigapay.until(at(14, 1))

    assert gigapay.close_calls() == 0
    assert (waiting.state, waiting.not_before) == (State.WAITING, at(14, 0))
    assert "the day is above 7 000 SEK" in waiting.reason
    # The day has room again; Saturday is no working time, and Gigapay is faster than Monday 08:00.
    assert midnight.reason == "it keeps to working hours"
    assert await gigapay.askings() == []


async def test_a_full_day_lets_it_go_the_next_morning(gigapay: Stand) -> None:
    """Outside of working hours, so that the first moment of the next day is the one."""
    gigapay.change_rule("gigapay.yaml", "      only_during: working hours\n", "")
    await gigapay.reload()
    payrun = await gigapay.weekly()
    gigapay.narrow_day("7000")
    await reserve(gigapay, "1000")
    await gigapay.until(at(14, 1))

    (closed,) = gigapay.gigapay.ledger.effects("close")
    assert (closed["target"], closed["at"]) == (payrun, at(14, 0).isoformat())


async def reserve(stand: Stand, amount: str) -> None:
    """Something else was done today on the same connection."""
    async with stand.bot.db.write() as tx:
        await brakes.reserve(
            tx,
            effect_key="another",
            round=1,
            connection="gigapay-se",
            action="gigapay.close_payrun",
            currency="SEK",
            day="2026-11-13",
            amount=Money.of(amount, "SEK"),
            now=stand.clock.now(),
        )


async def test_what_is_far_from_the_median_is_asked(in_line: Stand) -> None:
    """The median of the last six is 14 692.50 SEK; 10 000.00 SEK is 31.9 % below it."""
    payrun = await in_line.weekly("2500.00", "2500.00", "2500.00", "2500.00")
    await in_line.until(SOON)
    asked = await in_line.asked()
    await in_line.approve()
    await in_line.settle()

    reasons = str(asked.shown["asked"])
    assert "net pay is more than 25 % below the median" in reasons
    assert "31.9 % below" in reasons
    assert in_line.closes() == [payrun]


async def test_what_is_near_the_median_is_not_asked(in_line: Stand) -> None:
    payrun = await in_line.weekly("3000.00", "3000.00", "3000.00", "3000.00")
    await in_line.until(SOON)

    assert await in_line.askings() == []
    assert in_line.closes() == [payrun]


async def test_a_currency_that_has_no_guard_is_stopped(gigapay: Stand) -> None:
    await gigapay.sign()
    await gigapay.until(at(13, 13))
    gigapay.gigapay.add_payout("1041", "900.00", currency="EUR")
    await gigapay.poll()
    await gigapay.until(SOON)

    stopped = await gigapay.effect()
    assert gigapay.close_calls() == 0
    assert stopped.state is State.REFUSED
    assert "no amount is allowed in EUR" in stopped.reason


async def test_a_paused_connection_is_not_called_until_somebody_resumes(gigapay: Stand) -> None:
    payrun = await gigapay.weekly()
    operator = gigapay.person("payroll-1")
    await approve.pause(gigapay.bot, operator, "gigapay-se", reason="bank holiday")
    await gigapay.until(at(13, 15, 20))
    waiting, calls = await gigapay.effect(), gigapay.close_calls()
    await approve.resume(gigapay.bot, operator, "gigapay-se")
    await gigapay.settle()

    assert (waiting.state, calls) == (State.WAITING, 0)
    assert waiting.reason == "payroll-1 paused gigapay-se: bank holiday"
    (closed,) = gigapay.gigapay.ledger.effects("close")
    assert (closed["target"], closed["at"]) == (payrun, at(13, 15, 20).isoformat())


async def test_a_pause_of_everything_ends_by_itself_where_it_has_an_end(gigapay: Stand) -> None:
    payrun = await gigapay.weekly()
    await approve.pause(
        gigapay.bot, gigapay.person("payroll-1"), brakes.EVERYTHING, reason="test", until=at(13, 15, 7)
    )
    await gigapay.until(at(13, 15, 7))

    (closed,) = gigapay.gigapay.ledger.effects("close")
    assert (closed["target"], closed["at"]) == (payrun, at(13, 15, 7).isoformat())


async def test_a_pause_set_after_the_approval_stops_the_call(gigapay: Stand) -> None:
    await gigapay.weekly("9000.00", "9000.00", "9000.00")
    await gigapay.until(SOON)
    await gigapay.approve()
    await approve.pause(gigapay.bot, gigapay.person("payroll-1"), "gigapay-se", reason="stop")
    await gigapay.settle()
    calls = gigapay.close_calls()
    await approve.resume(gigapay.bot, gigapay.person("payroll-1"), "gigapay-se")
    await gigapay.settle()

    assert calls == 0
    assert len(gigapay.closes()) == 1


async def test_a_held_payrun_is_left_until_it_is_released(gigapay: Stand) -> None:
    payrun = await gigapay.weekly()
    held = f"gigapay.payrun:gigapay-se/{payrun}"
    person = gigapay.person("payroll-1")
    await approve.hold(gigapay.bot, person, held, reason="by hand", until=at(13, 16, 30))
    await gigapay.until(at(13, 16))
    waiting, calls = await gigapay.effect(), gigapay.close_calls()
    await approve.release(gigapay.bot, person, held)
    await gigapay.settle()

    assert (waiting.reason, calls) == ("payroll-1 holds it: by hand", 0)
    assert gigapay.closes() == [payrun]


async def test_a_hold_ends_when_it_said(gigapay: Stand) -> None:
    payrun = await gigapay.weekly()
    held = f"gigapay.payrun:gigapay-se/{payrun}"
    await approve.hold(gigapay.bot, gigapay.person("payroll-1"), held, reason="by hand", until=at(13, 15, 42))
    await gigapay.until(at(13, 16))

    (closed,) = gigapay.gigapay.ledger.effects("close")
    assert closed["at"] == at(13, 15, 42).isoformat()


async def test_a_viewer_pauses_nothing(gigapay: Stand) -> None:
    with pytest.raises(approve.NotAllowed):
        await approve.pause(gigapay.bot, gigapay.person("auditor-1"), "gigapay-se", reason="x")


@pytest.mark.parametrize(
    "until",
    [
        pytest.param(timedelta(0), id="now"),
        pytest.param(timedelta(seconds=-1), id="past"),
        pytest.param(timedelta(days=367), id="further than a year"),
    ],
)
async def test_a_pause_or_hold_that_would_not_hold_is_refused_and_not_said(
    gigapay: Stand, until: timedelta
) -> None:
    payrun = await gigapay.weekly()
    person, end = gigapay.person("finance-1"), gigapay.clock.now() + until

    with pytest.raises(NothingToDecide):
        await approve.pause(gigapay.bot, person, "gigapay-se", reason="bank change", until=end)
    with pytest.raises(NothingToDecide):
        await approve.hold(
            gigapay.bot, person, f"gigapay.payrun:gigapay-se/{payrun}", reason="by hand", until=end
        )
    async with gigapay.bot.db.read() as tx:
        assert await brakes.pauses(tx, gigapay.clock.now()) == ()


async def test_a_pause_with_an_end_does_not_take_the_place_of_one_without(gigapay: Stand) -> None:
    person = gigapay.person("finance-1")
    await approve.pause(gigapay.bot, person, "gigapay-se", reason="bank change")

    with pytest.raises(NothingToDecide, match="paused already"):
        await approve.pause(
            gigapay.bot, person, "gigapay-se", reason="lunch", until=gigapay.clock.now() + timedelta(hours=1)
        )
    await gigapay.after(hours=2)
    async with gigapay.bot.db.read() as tx:
        assert [one.until for one in await brakes.pauses(tx, gigapay.clock.now())] == [None]
