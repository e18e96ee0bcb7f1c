"""A yes that waited is done later, or somebody is told that it was not."""

from datetime import timedelta
from pathlib import Path

from bot.engine import approve
from bot.sandbox.staffology.server import ACME
from bot.store.effects import State
from tests.databases import Migrated

from .stand import CUT_OFF, JUST_AFTER, Stand, at, stand

NOT_DONE = "Needs you: close Gigapay payrun 2859272 was not done"


async def _held(made: Stand) -> str:
    """The rule has said yes, and somebody does this one by hand for half an hour."""
    payrun = await made.weekly()
    until = CUT_OFF + timedelta(minutes=30)
    resource = f"gigapay.payrun:gigapay-se/{payrun}"
    await approve.hold(made.bot, made.person("payroll-1"), resource, reason="we look first", until=until)
    await made.until(CUT_OFF + JUST_AFTER)
    assert (await made.effect()).state is State.WAITING
    return payrun


async def test_what_waited_and_is_taken_back_is_told_of_once(gigapay: Stand) -> None:
    await _held(gigapay)
    gigapay.add_payouts("1200.00", first=1047)
    await gigapay.poll()
    taken_back = await gigapay.effect()

    assert taken_back.state is State.WITHDRAWN
    assert gigapay.subjects() == [NOT_DONE]
    assert "It waited: payroll-1 holds it: we look first. Then the rule no longer says yes" in " ".join(
        gigapay.texts()[0].split()
    )


async def test_what_time_alone_may_turn_again_is_not_told_of(gigapay: Stand) -> None:
    """A payout comes in the very moment: half an hour later the rule says yes again."""
    await gigapay.weekly()
    await gigapay.until(CUT_OFF)
    gigapay.add_payouts("1200.00", first=1047)
    await gigapay.until(CUT_OFF + timedelta(minutes=1))

    assert (await gigapay.effect()).state is State.WITHDRAWN
    assert gigapay.subjects() == []


async def test_a_later_yes_does_what_was_told_of(gigapay: Stand) -> None:
    payrun = await _held(gigapay)
    gigapay.add_payouts("1200.00", first=1047)
    await gigapay.poll()
    await gigapay.until(CUT_OFF + timedelta(hours=1))
    if await gigapay.askings():
        await gigapay.approve()
        await gigapay.after(minutes=1)

    assert gigapay.closes() == [payrun]
    assert gigapay.subjects().count(NOT_DONE) == 1


async def test_a_part_that_cannot_be_read_just_before_the_call_takes_nothing_back(
    tmp_path: Path, migrated: Migrated
) -> None:
    async with stand(tmp_path, "staffology", database=migrated) as made:
        await made.sign()
        await made.until(at(18, 9))
        await made.asked()
        made.staffology.faults.add("html", call="GET /payrun/.../warnings")
        await made.approve()
        await made.after(seconds=1)
        put_off = await made.effect("staffology.finalise_payrun")
        await made.after(minutes=5)

        done = await made.effect("staffology.finalise_payrun")
        assert put_off.state is State.WAITING
        assert put_off.reason.startswith("the vendor could not be read: warnings is none (")
        assert done.state is State.VERIFIED
        assert (put_off.round, done.round) == (1, 1)
        assert not made.staffology.faults.waiting
        assert made.staffology.state[ACME].payslips_mailed == []
