"""News only makes the bot look: told twice, late, out of order or falsely, it does the same."""

import json
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from sqlalchemy import select

from bot.connectors import HookRefused
from bot.core.condition import Answer
from bot.core.explain import as_lines, tree_from_json
from bot.engine import sort
from bot.engine.receive import UnknownHook, receive
from bot.sandbox.gigapay.desk import sign
from bot.store import decisions, resources
from bot.store.effects import State
from bot.store.tables import inbox

from .place import HOOK_SECRET
from .stand import CUT_OFF, JUST_AFTER, OPENED, Stand, at

EVENTS = ("Payrun.created", "Payout.created")


async def tell(stand: Stand, payrun: str, *, secret: str = HOOK_SECRET, event: str = EVENTS[0]) -> None:
    """Deliver the bare payrun as Gigapay would."""
    body = json.dumps(stand.gigapay.state.payruns[payrun]).encode()
    signature = sign(secret, int(stand.clock.now().timestamp()), body)
    await stand.hook(event, body, {"Gigapay-Signature": signature, "content-type": "application/json"})


async def test_a_webhook_is_looked_at_without_waiting_for_the_poll(gigapay: Stand) -> None:
    await gigapay.sign()
    await gigapay.until(OPENED)
    payrun = gigapay.add_payouts("1450.00", "1650.00", "1780.00")
    await tell(gigapay, payrun)
    await gigapay.until(CUT_OFF + timedelta(minutes=1))

    assert gigapay.closes() == [payrun]


async def test_the_same_webhook_twenty_times_is_one_row_and_one_close(gigapay: Stand) -> None:
    payrun = await gigapay.weekly()
    for _ in range(20):
        await tell(gigapay, payrun)
    await gigapay.until(CUT_OFF + timedelta(minutes=1))
    for _ in range(5):
        await tell(gigapay, payrun)
    await gigapay.after(minutes=1)

    assert gigapay.closes() == [payrun]
    assert await gigapay.count(inbox) == 2  # the open payrun, and what it became


async def test_a_webhook_that_lies_about_a_payrun_changes_nothing(gigapay: Stand) -> None:
    """It says "paid"; what is read says "open", and that counts."""
    payrun = await gigapay.weekly()
    body = json.dumps({**gigapay.gigapay.state.payruns[payrun], "latest_status": "paid", "open": False})
    signature = sign(HOOK_SECRET, int(gigapay.clock.now().timestamp()), body.encode())
    await gigapay.hook("Payrun.paid", body.encode(), {"Gigapay-Signature": signature})
    await gigapay.until(CUT_OFF + timedelta(minutes=1))

    assert gigapay.closes() == [payrun]


async def test_a_webhook_signed_with_another_secret_is_refused_and_not_kept(gigapay: Stand) -> None:
    payrun = await gigapay.weekly()
    with pytest.raises(HookRefused):
        await tell(gigapay, payrun, secret="another")

    assert await gigapay.count(inbox) == 0


async def test_an_event_nobody_knows_names_the_known_ones(gigapay: Stand) -> None:
    with pytest.raises(UnknownHook) as refused:
        await gigapay.hook("Payrun.exploded", b"{}", {})

    assert "Payrun.created" in refused.value.known


async def test_a_burst_of_news_is_read_once_and_once_more_after_the_gap(gigapay: Stand) -> None:
    payrun = await gigapay.weekly()
    reads = gigapay.reads(payrun)
    for _ in range(10):
        gigapay.add_payouts("900.00", first=1100)
        await tell(gigapay, payrun)
        await sort.sort_inbox(gigapay.bot)
    await gigapay.settle()
    at_once = gigapay.reads(payrun)
    await gigapay.after(seconds=6)

    assert at_once == reads
    assert gigapay.reads(payrun) == reads + 1


async def test_a_reading_with_the_ids_of_two_payruns_is_told_once_and_closes_nothing_of_it(
    gigapay: Stand,
) -> None:
    payrun = await gigapay.weekly()
    gigapay.gigapay.add_payout("1041", "900.00", currency="EUR")
    await gigapay.poll()
    other = next(one for one in gigapay.gigapay.state.payruns.values() if one["currency"] == "EUR")
    mixed = gigapay.gigapay.state.payruns[payrun]
    mixed["created_at"], mixed["ocr_number"] = other["created_at"], other["ocr_number"]
    for _ in range(3):
        await gigapay.poll()
    await gigapay.until(at(13, 15, 5))

    assert payrun not in gigapay.closes()
    (parked,) = [one for one in await gigapay.effects("gigapay.close_payrun") if payrun in one.resource]
    assert (parked.state, parked.calls) == (State.PARKED, 0)
    notices = [one for one in await gigapay.effects("tell") if one.args["letter"] == "notice"]
    assert len(notices) == 1
    assert sum(payrun in one for one in gigapay.subjects("ops")) == 1


async def _deliver(gigapay: Stand, signed_at: datetime) -> str | None:
    """Hand over one webhook signed then; how it was kept, or None where nothing was."""
    body = b'{"id": "2859272", "open": true}'
    header = sign(HOOK_SECRET, int(signed_at.timestamp()), body)
    account = gigapay.bot.accounts["gigapay-se"]
    headers = {"Gigapay-Signature": header}
    await receive(
        gigapay.bot, account, "Payrun.created", token=None, headers=headers, body=body, correlation="test"
    )
    async with gigapay.bot.db.read() as tx:
        return (await tx.execute(select(inbox.c.signature))).scalar_one_or_none()


@pytest.mark.parametrize(
    ("age", "kept_as"),
    [
        pytest.param(timedelta(minutes=5), "verified", id="five minutes"),
        pytest.param(timedelta(minutes=5, seconds=1), "stale", id="a second more"),
        pytest.param(timedelta(minutes=-1), "verified", id="a minute ahead"),
    ],
)
async def test_a_right_signature_that_is_old_is_kept_as_stale(
    gigapay: Stand, age: timedelta, kept_as: str
) -> None:
    assert await _deliver(gigapay, gigapay.clock.now() - age) == kept_as


async def test_a_signature_for_the_future_is_refused(gigapay: Stand) -> None:
    with pytest.raises(HookRefused):
        await _deliver(gigapay, gigapay.clock.now() + timedelta(minutes=1, seconds=1))


@pytest.mark.parametrize("order", [*permutations(("created", "added", "poll", "paid"))][::4], ids="-".join)
async def test_order_of_news_does_not_matter(order: tuple[str, ...], gigapay: Stand) -> None:
    """What it was, what it is, a lie about it and the list: whichever comes last, one answer stands."""
    await gigapay.sign()
    await gigapay.until(OPENED)
    payrun = gigapay.add_payouts("1450.00")
    created = json.dumps(gigapay.gigapay.state.payruns[payrun])
    gigapay.add_payouts("1650.00", "1780.00", first=1042)
    added = json.dumps(gigapay.gigapay.state.payruns[payrun])
    paid = json.dumps({**json.loads(created), "latest_status": "paid", "open": False})
    bodies = {"created": created.encode(), "added": added.encode(), "paid": paid.encode()}
    for news in order:
        if news == "poll":
            await gigapay.poll()
            continue
        signature = sign(HOOK_SECRET, int(gigapay.clock.now().timestamp()), bodies[news])
        await gigapay.hook("Payrun.created", bodies[news], {"Gigapay-Signature": signature})
        await gigapay.settle()
    await gigapay.after(minutes=1)
    async with gigapay.bot.db.read() as tx:
        found = await resources.by_vendor_id(tx, "gigapay-se", payrun)
        assert found is not None
        kept = await decisions.of_resource(tx, found.id)

    assert [(one.rule, one.answer, one.verdict) for one in kept] == [
        ("gigapay-weekly-close", "no", "nothing")
    ]
    assert [line.text for line in as_lines(tree_from_json(kept[0].tree)) if line.answer is Answer.NO] == [
        "now is after input cut-off",
        "last payout was more than 30 minutes ago",
    ]
    await gigapay.until(CUT_OFF + JUST_AFTER)
    assert gigapay.closes() == [payrun]
