"""Somebody sets the machine's clock, by an hour or a day, in the middle of something."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.store.approvals import ApprovalState
from bot.store.effects import State
from bot.store.tables import look
from tests.databases import Migrated

from .stand import CUT_OFF, JUST_AFTER, OPENED, Stand, stand

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
JUMPS = [
    pytest.param(HOUR, id="an hour forward"),
    pytest.param(DAY, id="a day forward"),
    pytest.param(-HOUR, id="an hour back"),
    pytest.param(-DAY, id="a day back"),
]
LARGE = ("5700.00", "5800.00", "5890.00")
"""More than the rule does unasked."""


@pytest.fixture
async def polling(tmp_path: Path, migrated: Migrated) -> AsyncIterator[Stand]:
    """A stand that reads its lists every two hours, of a Gigapay that closes nothing by itself this week."""
    async with stand(tmp_path, "gigapay", database=migrated, poll="2h") as made:
        made.gigapay.set_payment_term(batching_interval="monthly", batching_duration=None)
        yield made


async def _before_the_cut_off(made: Stand) -> str:
    payrun = await made.weekly()
    await made.until(CUT_OFF - timedelta(minutes=5))
    return payrun


async def _in_approval(made: Stand) -> str:
    payrun = await made.weekly(*LARGE)
    await made.until(CUT_OFF + JUST_AFTER)
    await made.asked()
    return payrun


async def _in_confirming(made: Stand) -> str:
    payrun = await made.weekly()
    made.gigapay.faults.add("unchanged_for", call="close", reads=3)
    await made.until(CUT_OFF + JUST_AFTER)
    assert (await made.effect()).state is State.CONFIRMING
    return payrun


async def _in_quarantine(made: Stand) -> str:
    payrun = await made.weekly()
    made.gigapay.faults.add("drop_before", call="close")
    await made.until(CUT_OFF + JUST_AFTER)
    assert (await made.effect()).state is State.UNKNOWN
    return payrun


MOMENTS = [
    pytest.param(_before_the_cut_off, id="before the cut-off"),
    pytest.param(_in_approval, id="in approval"),
    pytest.param(_in_confirming, id="in confirming"),
    pytest.param(_in_quarantine, id="in quarantine"),
]


@pytest.mark.parametrize("by", JUMPS)
@pytest.mark.parametrize("moment", MOMENTS)
async def test_nothing_is_done_twice_or_left_whenever_the_clock_is_set(
    polling: Stand, moment: Callable[[Stand], Awaitable[str]], by: timedelta
) -> None:
    payrun = await moment(polling)
    polling.clock.set_to(polling.clock.now() + by)
    await polling.settle()
    await polling.quarantine()
    ends = polling.clock.now() + 4 * DAY  # a weekend is in it, when the rule does nothing
    while (await _state(polling)) is not State.VERIFIED and polling.clock.now() < ends:
        if await polling.askings(ApprovalState.OPEN):
            await polling.approve()
        await polling.after(hours=1)

    assert await _state(polling) is State.VERIFIED
    assert polling.closes() == [payrun]
    assert polling.close_calls() <= 2


async def _state(made: Stand) -> State | None:
    found = await made.effects("gigapay.close_payrun")
    return found[-1].state if found else None


@pytest.mark.parametrize("by", JUMPS)
async def test_a_quarantine_lasts_as_long_as_before(polling: Stand, by: timedelta) -> None:
    await _in_quarantine(polling)
    calls = polling.close_calls()
    polling.clock.set_to(polling.clock.now() + by)
    await polling.settle()
    await polling.until(polling.clock.now() + timedelta(minutes=20))

    assert polling.close_calls() == calls
    assert (await polling.effect()).state is State.UNKNOWN


@pytest.mark.parametrize(
    ("by", "state"),
    [
        pytest.param(HOUR, ApprovalState.OPEN, id="an hour later there is time left"),
        pytest.param(6 * DAY, ApprovalState.EXPIRED, id="six days later there is none"),
        pytest.param(-HOUR, ApprovalState.WITHDRAWN, id="an hour earlier it is before the cut-off"),
    ],
)
async def test_an_approval_ends_by_the_clock_as_it_is_set(
    polling: Stand, by: timedelta, state: ApprovalState
) -> None:
    await _in_approval(polling)
    (asked,) = await polling.askings(ApprovalState.OPEN)
    polling.clock.set_to(polling.clock.now() + by)
    await polling.settle()

    assert [one.state for one in await polling.askings() if one.id == asked.id] == [state]


async def test_lists_are_read_on_after_a_clock_that_was_a_day_ahead(polling: Stand) -> None:
    await polling.sign()
    await polling.until(OPENED)
    polling.clock.set_to(OPENED + DAY)
    await polling.settle()
    polling.clock.set_to(OPENED)
    payrun = polling.add_payouts("1450.00")
    await polling.until(OPENED + timedelta(minutes=121))

    assert (await polling.snapshot("gigapay-se", payrun)).vendor_id == payrun
    async with polling.bot.db.read() as tx:
        due = (await tx.execute(look.select())).all()
    assert all(row.due_at <= OPENED + timedelta(hours=4, minutes=2) for row in due)


async def test_a_reading_of_tomorrow_does_not_keep_news_waiting(polling: Stand) -> None:
    payrun = await polling.weekly()
    polling.clock.set_to(OPENED + DAY)
    await polling.poll()
    polling.clock.set_to(OPENED)
    before = polling.reads(payrun)
    await polling.settle()

    assert polling.reads(payrun) == before + 1
    assert (await polling.snapshot("gigapay-se", payrun)).observed_at == OPENED


async def test_a_service_that_starts_after_the_clock_was_set_back_notices_it_by_its_own_record(
    polling: Stand,
) -> None:
    await polling.weekly()
    polling.clock.set_to(OPENED + DAY)
    await polling.poll()
    await polling.until(OPENED + DAY + HOUR)
    polling.clock.set_to(OPENED + timedelta(minutes=1))
    polling.bot.latest_now = None
    await polling.settle()

    assert "the clock was set back" in polling.log.of("warning")


async def test_a_quarantine_is_no_longer_than_a_whole_one_after_the_machine_itself_is_set_back(
    polling: Stand,
) -> None:
    payrun = await _in_quarantine(polling)
    polling.clock.set_to(polling.clock.now() + DAY)
    await polling.settle()
    polling.clock.set_to(polling.clock.now() - DAY)
    polling.clock.pass_wall(-DAY)
    await polling.settle()
    calls = polling.close_calls()
    await polling.quarantine()

    assert (calls, polling.close_calls()) == (1, 2)
    assert polling.closes() == [payrun]
