"""What comes between two steps: between a reading and the call, a signature and the next, two polls."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import update

from bot.core.condition import Answer
from bot.core.fault import set_fault_hook
from bot.core.rule import Mode
from bot.engine import approve, look, versions
from bot.engine.ending import PATIENCE
from bot.store import decisions, effects, resources
from bot.store.effects import State
from bot.store.tables import decision, resource
from tests.databases import Migrated

from .stand import CUT_OFF, JUST_AFTER, Stand, at, stand

SOON = CUT_OFF + timedelta(minutes=1)
RULE = "gigapay-weekly-close"


async def test_a_pause_set_after_the_last_reading_still_stops_the_call(gigapay: Stand) -> None:
    await gigapay.weekly()

    async def pause(point: str) -> None:
        if point == "effect.read":
            set_fault_hook(None)
            await approve.pause(gigapay.bot, gigapay.person("payroll-1"), "gigapay-se", reason="stop")

    set_fault_hook(pause)
    try:
        await gigapay.until(SOON)
    finally:
        set_fault_hook(None)

    waiting = await gigapay.effect()
    assert gigapay.close_calls() == 0
    assert (waiting.state, waiting.reason) == (State.WAITING, "payroll-1 paused gigapay-se: stop")


async def test_what_somebody_closed_after_the_last_reading_is_not_closed_again_once_that_was_seen(
    gigapay: Stand,
) -> None:
    payrun = await gigapay.weekly()

    async def close_and_look(point: str) -> None:
        if point == "effect.read":
            set_fault_hook(None)
            gigapay.clock.go_to(gigapay.clock.now() + timedelta(seconds=1))
            gigapay.gigapay.state.close(payrun, gigapay.clock.now())
            await look.start_polling(gigapay.bot)
            while await look.look_once(gigapay.bot):
                pass

    set_fault_hook(close_and_look)
    try:
        await gigapay.until(SOON)
    finally:
        set_fault_hook(None)

    done = await gigapay.effect()
    assert gigapay.close_calls() == 0
    assert (done.state, done.done_by) == (State.VERIFIED, "somebody else")


async def test_the_first_of_two_signatures_leaves_a_narrowed_rule_narrow(gigapay: Stand) -> None:
    await gigapay.sign()
    async with gigapay.bot.db.write() as tx:
        await versions.narrow(gigapay.bot, tx, RULE, Mode.ASK)
    gigapay.change_rule("gigapay.yaml", "ask_above: 20 000 SEK", "ask_above: 30 000 SEK")
    await gigapay.reload()
    after = []
    for person in ("finance-1", "finance-2"):
        await versions.sign_off(gigapay.bot, gigapay.person(person), RULE, gigapay.reload)
        after.append((gigapay.bot.rules[RULE].version, gigapay.bot.rules[RULE].mode))

    assert after == [(1, Mode.ASK), (2, Mode.ACT)]


async def test_what_was_unknown_while_nobody_could_read_it_is_decided_again_once_the_list_is_back(
    tmp_path: Path, migrated: Migrated
) -> None:
    """A calendar's row in the list does not change by that, and no news comes of it."""
    async with stand(tmp_path, "xero", database=migrated, begins=at(2, 8), poll="1h") as made:
        await made.sign()
        await made.until(at(2, 9))
        made.xero.faults.add("status", call="GET*", code=403, times=None)
        await made.after(hours=6)
        await decide_again(made)
        during = await answers(made)
        made.xero.faults.clear()
        await made.poll()
        await made.after(seconds=1)

        assert during == {Answer.UNKNOWN}
        assert Answer.UNKNOWN not in await answers(made)


async def decide_again(made: Stand) -> None:
    async with made.bot.db.write() as tx:
        known = [one.id for one in await resources.all_of(tx)]
        await decisions.decide_again(tx, known, made.clock.now())
    await made.settle()


async def answers(made: Stand) -> set[str]:
    async with made.bot.db.read() as tx:
        return {
            kept.answer
            for answer in Answer
            for kept in await decisions.answering(tx, "next-xero-calendar", answer)
        }


async def test_a_reading_that_fails_after_the_vendors_yes_does_not_make_it_unknown(gigapay: Stand) -> None:
    payrun = await gigapay.weekly()

    async def go_dark(point: str) -> None:
        if point == "effect.sent":
            gigapay.gigapay.faults.add("status", call="GET*", code=403, times=1)

    set_fault_hook(go_dark)
    try:
        await gigapay.until(CUT_OFF + JUST_AFTER)
    finally:
        set_fault_hook(None)
    put_off = await gigapay.effect()
    await gigapay.until(SOON)

    done = await gigapay.effect()
    assert (put_off.state, put_off.quarantine_until) == (State.CONFIRMING, None)
    assert (done.state, done.calls) == (State.VERIFIED, 1)
    assert gigapay.closes() == [payrun]


async def test_a_call_that_can_never_be_read_back_ends_with_a_person(gigapay: Stand) -> None:
    await gigapay.weekly()
    gigapay.gigapay.faults.add("drop_before", call="close")

    async def go_dark(point: str) -> None:
        if point == "effect.sent":
            gigapay.gigapay.faults.add("status", call="GET*", code=403, times=None)

    set_fault_hook(go_dark)
    try:
        await gigapay.until(SOON)
    finally:
        set_fault_hook(None)
    async with gigapay.bot.db.write() as tx:
        unread = await gigapay.effect()
        await effects.write(tx, unread, attempts=PATIENCE)
    await gigapay.after(minutes=16)

    parked = await gigapay.effect()
    assert unread.state is State.UNKNOWN
    assert parked.state is State.PARKED
    assert parked.outcome["outcome"] == "Unknown"
    assert any("could not be confirmed" in text for text in gigapay.texts("ops"))


async def test_a_person_settles_the_action_and_not_a_mail_about_it(gigapay: Stand) -> None:
    await gigapay.weekly()
    gigapay.gigapay.faults.add("drop_before", call="close", times=None)
    await gigapay.until(SOON)
    await gigapay.quarantine()
    await gigapay.quarantine()
    (mail, *_) = [one for one in await gigapay.effects("tell") if one.args["letter"] == "needs_person"]
    async with gigapay.bot.db.write() as tx:
        await effects.write(tx, mail, state=State.PARKED)
    parked = await gigapay.effect()
    await approve.settle(
        gigapay.bot, gigapay.person("finance-1"), parked.resource, what="happened", comment="seen"
    )

    assert parked.state is State.PARKED
    assert (await gigapay.effect()).state is State.VERIFIED


async def test_what_is_gone_at_the_vendor_is_withdrawn_with_that_reason(gigapay: Stand) -> None:
    payrun = await gigapay.weekly("9000.00", "9000.00", "9000.00")
    await gigapay.until(SOON)
    del gigapay.gigapay.state.payruns[payrun]
    await gigapay.poll()

    withdrawn = await gigapay.effect()
    assert withdrawn.state is State.WITHDRAWN
    assert withdrawn.reason == "the rule no longer says yes: it is still there at the vendor"


async def test_one_in_ten_days_waits_until_ten_days_after_the_last(gigapay: Stand) -> None:
    gigapay.change_rule("gigapay.yaml", "only_during:", "at_most: 1 per 10 days\n      only_during:")
    await gigapay.reload()
    await gigapay.weekly()
    await gigapay.until(SOON)
    await gigapay.until(at(16, 13))
    gigapay.add_payouts("1450.00")
    await gigapay.poll()
    await gigapay.until(at(20, 15, 5))

    waiting = await gigapay.effect()
    assert len(gigapay.closes()) == 1
    assert waiting.reason == "the rule does at most 1 in 10 days, and 1 were done"
    assert waiting.not_before == at(23, 15, 0, 1)


async def test_a_resource_that_cannot_be_decided_holds_up_no_other(gigapay: Stand) -> None:
    payrun = await gigapay.weekly()
    gigapay.gigapay.add_payout("1041", "900.00", currency="EUR")
    await gigapay.poll()
    sick = next(id for id, one in gigapay.gigapay.state.payruns.items() if one["currency"] == "EUR")
    async with gigapay.bot.db.write() as tx:
        await tx.execute(update(resource).where(resource.c.vendor_id == sick).values(snapshot_json="{"))
        longest = update(decision).where(decision.c.resource.endswith(f"/{sick}"))
        await tx.execute(longest.values(next_at=at(13, 13)))
    await gigapay.until(SOON)

    assert gigapay.closes() == [payrun]
    assert "set apart" in str(gigapay.log.lines)


async def test_lines_that_went_otherwise_are_told_and_never_called_approved(gigapay: Stand) -> None:
    payrun = await gigapay.weekly("9000.00", "9000.00", "9000.00")
    await gigapay.until(SOON)

    async def slip_in(point: str) -> None:
        if point == "effect.before_call":
            gigapay.add_payouts("999.00", first=1099)

    set_fault_hook(slip_in)
    try:
        await gigapay.approve()
        await gigapay.settle()
    finally:
        set_fault_hook(None)

    (told,) = gigapay.subjects("ops")
    assert told.strip() == f"Needs you: close Gigapay payrun {payrun} went with other lines than were seen"
    assert "was added" in gigapay.texts("ops")[0]
    (closed,) = [one for one in gigapay.subjects("payroll-1") if one.startswith("Closed")]
    assert "as approved" not in closed
