"""What is Gigapay's own: a payrun whose id changes at any moment, its metadata, and old news of it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.core.fault import set_fault_hook
from bot.engine import versions
from bot.sandbox.gigapay import sign
from bot.store import resources
from bot.store.approvals import ApprovalState
from bot.store.effects import State
from bot.store.tables import inbox

from .place import HOOK_SECRET
from .stand import CUT_OFF, JUST_AFTER, Stand, at

BIG = ("8000.00", "9000.00")
TAG = "gigapay.tag_payrun"
TAG_RULE_ID = "gigapay-say-closed"
TAG_RULE = """\
rules:
  - id: gigapay-say-closed
    title: Write into a closed payrun who closes them here
    watch: gigapay.payrun
    when: [status is closed]
    then:
      - gigapay.tag_payrun: {metadata: {closed_by: payrunbot, week: 46}}
    mode: act
"""


async def rows(stand: Stand) -> list[str]:
    async with stand.bot.db.read() as tx:
        return [one.id for one in await resources.all_of(tx)]


async def once_at(point: str, do: Callable[[], Awaitable[None]], go: Awaitable[None]) -> None:
    """Go on, and do this the first time that a point is reached."""

    async def hook(name: str) -> None:
        if name == point:
            set_fault_hook(None)
            await do()

    set_fault_hook(hook)
    try:
        await go
    finally:
        set_fault_hook(None)


async def test_an_id_changed_between_the_yes_and_the_call_is_asked_anew_and_closed_once(
    gigapay: Stand,
) -> None:
    payrun = await gigapay.weekly(*BIG)
    await gigapay.until(CUT_OFF + JUST_AFTER)
    gigapay.gigapay.state.rename(payrun, "november")
    await gigapay.approve()
    await gigapay.settle()
    calls = gigapay.close_calls()
    await gigapay.until(at(13, 15, 40))
    await gigapay.approve()
    await gigapay.until(at(15, 8))

    assert calls == 0
    assert await rows(gigapay) == [f"gigapay.payrun:gigapay-se/{payrun}"]
    assert gigapay.closes() == ["november"]
    assert gigapay.close_calls() == 1
    assert (await gigapay.effect()).state is State.VERIFIED


async def test_an_id_changed_between_the_last_reading_and_the_call_is_closed_under_its_new_one(
    gigapay: Stand,
) -> None:
    payrun = await gigapay.weekly()

    async def rename() -> None:
        gigapay.gigapay.state.rename(payrun, "november")

    await once_at("effect.before_call", rename, gigapay.until(at(13, 16)))

    assert [one["target"] for one in gigapay.gigapay.ledger.entries if one["call"] == "close"] == [
        payrun,
        "november",
    ]
    assert gigapay.closes() == ["november"]
    assert await rows(gigapay) == [f"gigapay.payrun:gigapay-se/{payrun}"]
    assert (await gigapay.effect()).state is State.VERIFIED
    assert gigapay.subjects("ops") == []


async def test_an_id_changed_between_the_call_and_the_reading_back_is_confirmed_under_its_new_one(
    gigapay: Stand,
) -> None:
    payrun = await gigapay.weekly()

    async def rename() -> None:
        gigapay.gigapay.state.rename(payrun, "november")

    await once_at("effect.before_confirm", rename, gigapay.until(CUT_OFF + timedelta(minutes=1)))

    done = await gigapay.effect()
    assert (done.state, done.calls, done.done_by) == (State.VERIFIED, 1, "payrunbot")
    assert gigapay.closes() == [payrun]
    assert await rows(gigapay) == [f"gigapay.payrun:gigapay-se/{payrun}"]
    assert (await gigapay.snapshot("gigapay-se", "november")).is_open is False
    assert gigapay.subjects("ops") == []


async def _with_tag_rule(gigapay: Stand, **changed: str) -> str:
    text = TAG_RULE
    for old, new in changed.items():
        text = text.replace(f"{old}: act", f"{old}: {new}")
    gigapay.write_rule("tag.yaml", text)
    await gigapay.reload()
    return await gigapay.weekly()


def tags(gigapay: Stand) -> list[dict[str, Any]]:
    return [one for one in gigapay.gigapay.ledger.entries if one["call"] == "update_payrun"]


async def test_a_closed_payrun_is_tagged_once_and_what_is_in_it_stays(gigapay: Stand) -> None:
    payrun = await _with_tag_rule(gigapay)
    gigapay.gigapay.state.payruns[payrun]["metadata"] = {"cost_centre": 7}
    await gigapay.until(at(13, 16))
    for _ in range(3):
        await gigapay.poll()

    done = await gigapay.effect(TAG)
    assert gigapay.closes() == [payrun]
    assert (done.state, done.calls) == (State.VERIFIED, 1)
    assert len(tags(gigapay)) == 1
    assert gigapay.gigapay.state.payruns[payrun]["metadata"] == {
        "cost_centre": 7,
        "closed_by": "payrunbot",
        "week": "46",
    }


@pytest.mark.parametrize(
    ("fault", "reached"),
    [
        pytest.param("lose_reply", 1, id="reply lost"),
        pytest.param("drop_before", 2, id="cut before it was written"),
    ],
)
async def test_a_tag_that_nobody_answered_for_is_there_in_the_end(
    gigapay: Stand, fault: str, reached: int
) -> None:
    payrun = await _with_tag_rule(gigapay)
    gigapay.gigapay.faults.add(fault, call="update_payrun")
    await gigapay.until(at(13, 16))
    await gigapay.quarantine()

    assert (await gigapay.effect(TAG)).state is State.VERIFIED
    assert len(tags(gigapay)) == reached
    assert gigapay.gigapay.state.payruns[payrun]["metadata"] == {"closed_by": "payrunbot", "week": "46"}


async def test_a_tag_that_is_asked_for_waits_for_a_yes(gigapay: Stand) -> None:
    payrun = await _with_tag_rule(gigapay, mode="ask")
    await gigapay.until(at(13, 15, 30))
    before = len(tags(gigapay))
    asked = await gigapay.asked()
    await gigapay.approve()
    await gigapay.until(at(13, 15, 31))

    assert before == 0
    assert asked.shown["asked"]["verb"] == "Tag"
    assert [one["target"] for one in tags(gigapay)] == [payrun]


async def test_another_tag_in_the_rule_is_another_deed(gigapay: Stand) -> None:
    payrun = await _with_tag_rule(gigapay)
    await gigapay.until(at(13, 16))
    gigapay.change_rule("tag.yaml", "week: 46", "week: 47")
    await gigapay.reload()
    for person in ("finance-1", "finance-2"):
        await versions.sign_off(gigapay.bot, gigapay.person(person), TAG_RULE_ID, gigapay.reload)
    await gigapay.poll()
    while await gigapay.askings(ApprovalState.OPEN):  # it was there before the new version was signed off
        await gigapay.approve()
        await gigapay.settle()

    assert gigapay.gigapay.state.payruns[payrun]["metadata"]["week"] == "47"
    assert len(await gigapay.effects(TAG)) == 2


async def test_an_old_webhook_that_is_rightly_signed_only_makes_the_bot_look(gigapay: Stand) -> None:
    payrun = await gigapay.weekly()
    await gigapay.after(minutes=1)
    read_before = gigapay.reads(payrun)
    body = f'{{"id": "{payrun}", "latest_status": "paid", "open": false}}'.encode()
    old = int((gigapay.clock.now() - timedelta(days=2)).timestamp())
    await gigapay.hook("Payrun.paid", body, {"Gigapay-Signature": sign(HOOK_SECRET, old, body)})
    await gigapay.after(minutes=1)
    async with gigapay.bot.db.read() as tx:
        kept = (await tx.execute(select(inbox.c.signature, inbox.c.state))).one()

    assert tuple(kept) == ("stale", "sorted")
    assert gigapay.reads(payrun) == read_before + 1
    assert (await gigapay.snapshot("gigapay-se", payrun)).is_open is True


async def test_a_payee_who_has_finished_onboarding_makes_the_bot_read_the_list(gigapay: Stand) -> None:
    payrun = await gigapay.weekly()
    gigapay.gigapay.add_payout("1099", "10.00", latest_status="onboarding_incomplete")
    await gigapay.poll()
    await gigapay.until(at(13, 15, 30))
    gigapay.gigapay.verify("1099")
    body = b'{"id": "1099", "latest_status": "active", "name": "canary", "email": "canary@example.com"}'
    now = int(gigapay.clock.now().timestamp())
    before = gigapay.closes()
    await gigapay.hook("Employee.verified", body, {"Gigapay-Signature": sign(HOOK_SECRET, now, body)})
    await gigapay.after(minutes=1)
    async with gigapay.bot.db.read() as tx:
        raw = (await tx.execute(select(inbox.c.raw))).scalar_one()

    assert before == []
    assert gigapay.closes() == [payrun]
    assert b"canary" not in raw
