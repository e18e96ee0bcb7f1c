"""Replay: what was lost is found, and what was done is not done again."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, update

from bot.engine import sort
from bot.engine.approve import NotAllowed, NothingToDecide
from bot.engine.replay import replay_everything, replay_failed, replay_one
from bot.sandbox.gigapay.desk import sign
from bot.store.tables import audit, inbox, look

from .place import HOOK_SECRET
from .stand import CUT_OFF, OPENED, Stand

SOON = CUT_OFF + timedelta(minutes=1)


async def tell(made: Stand, payrun: str, event: str = "Payrun.created") -> None:
    """Deliver the bare payrun as Gigapay would."""
    body = json.dumps(made.gigapay.state.payruns[payrun]).encode()
    signature = sign(HOOK_SECRET, int(made.clock.now().timestamp()), body)
    await made.hook(event, body, {"Gigapay-Signature": signature})


async def states(made: Stand) -> list[str]:
    async with made.bot.db.read() as tx:
        return list((await tx.execute(select(inbox.c.state).order_by(inbox.c.id))).scalars())


async def lose(made: Stand) -> str:
    """A payrun whose webhook was stored, and whose look never was; says which payrun."""
    await made.sign()
    await made.until(OPENED)
    payrun = made.add_payouts("1450.00", "1650.00", "1780.00")
    await tell(made, payrun)
    await sort.sort_inbox(made.bot)
    async with made.bot.db.write() as tx:
        await tx.execute(delete(look).where(look.c.kind == "gigapay.payrun"))
    await made.until(SOON)
    return payrun


@pytest.mark.parametrize("erased", [pytest.param(False, id="kept"), pytest.param(True, id="erased bodies")])
async def test_everything_once_more_after_the_whole_story_does_nothing_more(
    gigapay: Stand, erased: bool
) -> None:
    payrun = await gigapay.weekly()
    await tell(gigapay, payrun)
    await gigapay.until(SOON)
    await tell(gigapay, payrun, "Payrun.paid")
    await gigapay.settle()
    before = (gigapay.closes(), gigapay.close_calls(), gigapay.subjects(), gigapay.reads(payrun))
    if erased:
        async with gigapay.bot.db.write() as tx:
            await tx.execute(update(inbox).values(raw=None))
    done = await replay_everything(gigapay.bot, gigapay.person("payroll-1"), None)
    await gigapay.after(minutes=1)

    after = (gigapay.closes(), gigapay.close_calls(), gigapay.subjects())
    assert (done.count, done.said) == (
        2,
        "2 webhooks are worked on again. Nothing is done twice by it: what was done is on record.",
    )
    assert after == before[:3]
    assert gigapay.reads(payrun) > before[3]
    assert await states(gigapay) == ["sorted", "sorted"]


async def test_an_event_that_was_lost_leads_to_what_it_should_have(gigapay: Stand) -> None:
    payrun = await lose(gigapay)
    before = gigapay.closes()
    done = await replay_one(gigapay.bot, gigapay.person("payroll-1"), "1")
    await gigapay.after(minutes=1)

    assert (before, done.count) == ([], 1)
    assert gigapay.closes() == [payrun]


async def test_a_webhook_is_found_by_the_id_that_the_log_gave_it(gigapay: Stand) -> None:
    payrun = await lose(gigapay)
    await replay_one(gigapay.bot, gigapay.person("payroll-1"), "hook-test")
    await gigapay.after(minutes=1)

    assert gigapay.closes() == [payrun]


async def test_more_than_one_batch_is_replayed_whole_and_told_in_one_line_of_the_record(
    gigapay: Stand,
) -> None:
    await lose(gigapay)
    async with gigapay.bot.db.write() as tx:
        row = (await tx.execute(select(inbox))).one()._mapping
        more = [{**row, "id": number, "dedupe_key": str(number)} for number in range(2, 1206)]
        await tx.execute(inbox.insert(), more)
    done = await replay_everything(gigapay.bot, gigapay.person("payroll-1"), "gigapay-se")

    assert done.count == 1205
    assert set(await states(gigapay)) == {"new"}
    async with gigapay.bot.db.read() as tx:
        noted = [json.loads(one) for one in (await tx.execute(select(audit.c.what_json))).scalars()]
    assert [one["webhooks"] for one in noted if one["what"] == "replayed"] == [1205]


async def test_a_webhook_whose_payrun_could_not_be_read_has_failed_until_it_can(gigapay: Stand) -> None:
    await gigapay.sign()
    await gigapay.until(OPENED)
    payrun = gigapay.add_payouts("1450.00")
    gigapay.gigapay.faults.add("status", call="GET /payruns/:id/", code=500, times=None)
    await tell(gigapay, payrun)
    await gigapay.after(minutes=8)
    during = await states(gigapay)
    gigapay.gigapay.faults.clear()
    done = await replay_failed(gigapay.bot, gigapay.person("payroll-1"), OPENED)
    await gigapay.after(minutes=1)

    assert (during, done.count) == (["failed"], 1)
    assert await states(gigapay) == ["sorted"]


async def test_what_failed_before_then_is_left(gigapay: Stand) -> None:
    await lose(gigapay)
    async with gigapay.bot.db.write() as tx:
        await tx.execute(update(inbox).values(state="failed"))
    done = await replay_failed(gigapay.bot, gigapay.person("payroll-1"), OPENED + timedelta(seconds=1))

    assert (done.count, await states(gigapay)) == (0, ["failed"])


async def test_what_could_not_be_read_is_replayed_once_it_can_be(gigapay: Stand) -> None:
    payrun = await lose(gigapay)
    async with gigapay.bot.db.write() as tx:
        await tx.execute(update(inbox).values(state="unparsed", about_json="[]"))
    await gigapay.hook("Payrun.paid", *signed(gigapay, b"[no"))
    await sort.sort_inbox(gigapay.bot)
    done = await replay_failed(gigapay.bot, gigapay.person("payroll-1"), OPENED)
    await gigapay.after(minutes=1)

    assert (done.count, done.unreadable) == (1, 1)
    assert done.said.endswith("1 still cannot be read.")
    assert (await states(gigapay), gigapay.closes()) == (["sorted", "unparsed"], [payrun])


def signed(made: Stand, body: bytes) -> tuple[bytes, dict[str, str]]:
    return body, {"Gigapay-Signature": sign(HOOK_SECRET, int(made.clock.now().timestamp()), body)}


@pytest.mark.parametrize("about", ["{", "[1]", "null", '[["a"]]'])
async def test_a_stored_webhook_that_cannot_be_read_back_has_the_list_read_and_holds_up_no_other(
    gigapay: Stand, about: str
) -> None:
    payrun = await lose(gigapay)
    async with gigapay.bot.db.write() as tx:
        await tx.execute(update(inbox).values(about_json=about))
    await replay_everything(gigapay.bot, gigapay.person("payroll-1"), None)
    await gigapay.after(minutes=1)

    assert gigapay.closes() == [payrun]


async def test_who_only_looks_replays_nothing(gigapay: Stand) -> None:
    await lose(gigapay)
    with pytest.raises(NotAllowed):
        await replay_everything(gigapay.bot, gigapay.person("auditor-1"), None)

    assert await states(gigapay) == ["sorted"]


@pytest.mark.parametrize("event", ["2", "hook-none", "٣", "9" * 40])
async def test_a_webhook_that_is_not_there_is_said_to_be_none(gigapay: Stand, event: str) -> None:
    await lose(gigapay)
    with pytest.raises(NothingToDecide):
        await replay_one(gigapay.bot, gigapay.person("payroll-1"), event)
