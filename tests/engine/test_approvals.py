"""What needs a person's yes is asked of those who may give it, and covers what was shown."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.money import Money
from bot.engine import approve
from bot.engine.approve import MissingChecks, NotAllowed, NothingToDecide
from bot.engine.ask import asked_from_json
from bot.engine.case import load_case
from bot.engine.ticked import still_ticked
from bot.store import approvals
from bot.store.approvals import ApprovalState
from bot.store.effects import State

from .stand import CUT_OFF, Stand, at

ASKED_AT = CUT_OFF + timedelta(seconds=1)
SOON = CUT_OFF + timedelta(minutes=1)

OVER_20_000 = ("5500.00", "5500.00", "5500.00")
"""Cost 21 684.30 SEK: over the rule's 20 000, and over what finance-3 may approve."""

OVER_100_000 = ("30000.00", "30000.00", "30000.00")
"""Cost 118 278.00 SEK: two people."""


async def test_over_its_limit_it_is_asked_and_not_done(gigapay: Stand) -> None:
    payrun = await gigapay.weekly(*OVER_20_000)
    await gigapay.until(at(13, 16))

    asked = await gigapay.asked()
    assert gigapay.close_calls() == 0
    assert asked.asked_at == ASKED_AT
    assert Money.parse(asked.shown["amount"]) == Money.of("21684.30", "SEK")
    assert sorted(line["payee"] for line in asked.shown["lines"]) == ["1041", "1042", "1043"]
    assert payrun in asked.shown["resource"]


async def test_only_those_are_asked_who_may_answer(gigapay: Stand) -> None:
    await gigapay.weekly(*OVER_20_000)
    await gigapay.until(SOON)

    told = {one.recipients[0] for one in gigapay.inbox.messages if one.at == ASKED_AT}
    asked = await gigapay.asked()
    assert asked.shown["people"] == ["finance-1", "finance-2"]
    assert told == {"finance-1@example.com", "finance-2@example.com"}


@pytest.mark.parametrize(
    ("person", "why"),
    [
        pytest.param("payroll-1", "You proposed this version of the rule", id="its proposer"),
        pytest.param("finance-3", "Your limit is", id="whose limit is lower"),
        pytest.param("auditor-1", "You are not an approver", id="a viewer"),
    ],
)
async def test_the_yes_of_somebody_who_may_not_is_refused(gigapay: Stand, person: str, why: str) -> None:
    await gigapay.weekly(*OVER_20_000)
    await gigapay.until(SOON)

    with pytest.raises(NotAllowed, match=why):
        await gigapay.approve(person)
    await gigapay.settle()
    assert gigapay.close_calls() == 0


async def test_an_approved_close_is_done_once_and_its_approver_is_named(gigapay: Stand) -> None:
    payrun = await gigapay.weekly(*OVER_20_000)
    await gigapay.until(SOON)
    await gigapay.approve()
    await gigapay.settle()
    await gigapay.poll()

    assert gigapay.closes() == [payrun]
    (mail,) = gigapay.texts("payroll-1")[-1:]
    assert "finance-1" in mail


async def test_what_is_decided_is_not_decided_again(gigapay: Stand) -> None:
    await gigapay.weekly(*OVER_20_000)
    await gigapay.until(SOON)
    asked = await gigapay.asked()
    await gigapay.approve()

    with pytest.raises(NothingToDecide, match="approved"):
        await approve.approve(gigapay.bot, gigapay.person("finance-2"), asked.id, channel="test")


async def test_above_a_hundred_thousand_two_people_are_needed(gigapay: Stand) -> None:
    payrun = await gigapay.weekly(*OVER_100_000)
    await gigapay.until(SOON)
    said = await gigapay.approve("finance-1")
    await gigapay.settle()
    after_one = gigapay.close_calls()
    with pytest.raises(NotAllowed, match="You have approved this already"):
        await gigapay.approve("finance-1")
    await gigapay.approve("finance-2")
    await gigapay.settle()

    assert said == "You approved it. It needs one more person."
    assert after_one == 0
    assert gigapay.closes() == [payrun]


async def test_a_check_that_was_not_ticked_is_named_and_nothing_is_approved(gigapay: Stand) -> None:
    await gigapay.weekly(*OVER_20_000)
    await gigapay.until(SOON)
    asked = await gigapay.asked()
    assert approve.checks_of(asked), "new payees are a finding"

    with pytest.raises(MissingChecks):
        await approve.approve(gigapay.bot, gigapay.person("finance-1"), asked.id, channel="test")
    assert (await gigapay.asked()).state is ApprovalState.OPEN


async def test_a_no_ends_it_and_it_is_not_asked_again_while_it_stays_the_same(gigapay: Stand) -> None:
    await gigapay.weekly(*OVER_20_000)
    await gigapay.until(SOON)
    asked = await gigapay.asked()
    await approve.reject(
        gigapay.bot, gigapay.person("finance-2"), asked.id, channel="test", reason="wrong week"
    )
    for _ in range(3):
        await gigapay.poll()
    await gigapay.until(at(13, 16, 50))

    ended = await gigapay.effect()
    assert (ended.state, ended.round) == (State.REFUSED, 1)
    assert ended.reason == "finance-2 rejected it: wrong week"
    assert gigapay.close_calls() == 0
    assert len(await gigapay.askings()) == 1


async def test_after_a_no_something_else_is_asked_anew(gigapay: Stand) -> None:
    payrun = await gigapay.weekly(*OVER_20_000, "900.00")
    await gigapay.until(SOON)
    asked = await gigapay.asked()
    await approve.reject(
        gigapay.bot, gigapay.person("finance-2"), asked.id, channel="test", reason="too much"
    )
    last = gigapay.gigapay.state.payouts_of(payrun)[-1]
    gigapay.gigapay.remove_payout(last["id"])
    await gigapay.poll()
    await gigapay.until(at(13, 16))

    again = await gigapay.asked()
    assert (again.round, again.asked_at) == (2, ASKED_AT + timedelta(minutes=30))
    assert len(again.shown["lines"]) == 3


async def test_no_answer_in_time_means_no(gigapay: Stand) -> None:
    """Gigapay closes it by itself as the week ends, which is when the time to decide is over."""
    await gigapay.weekly(*OVER_20_000)
    await gigapay.until(SOON)
    asked = await gigapay.asked()
    await gigapay.until(at(16, 8))

    assert asked.expires_at == at(16, 0)
    assert gigapay.close_calls() == 0
    assert [one["call"] for one in gigapay.gigapay.ledger.effects("auto_close")] == ["auto_close"]
    assert await gigapay.askings(ApprovalState.OPEN) == []
    with pytest.raises(NothingToDecide):
        await approve.approve(gigapay.bot, gigapay.person("finance-1"), asked.id, channel="test")


async def test_an_asking_that_ran_out_is_not_repeated_while_nothing_changed(gigapay: Stand) -> None:
    gigapay.gigapay.set_payment_term(batching_interval="monthly", batching_duration=None)
    gigapay.change_rule("gigapay.yaml", "last payout was more than 30 minutes ago", "payees is at least 1")
    await gigapay.reload()
    await gigapay.weekly(*OVER_20_000)
    await gigapay.until(SOON)
    asked = await gigapay.asked()
    await gigapay.until(asked.expires_at - timedelta(seconds=1))
    before = (await gigapay.askings())[0].state
    await gigapay.until(asked.expires_at + timedelta(hours=3))

    assert before is ApprovalState.OPEN
    assert [one.state for one in await gigapay.askings()] == [ApprovalState.EXPIRED]
    assert gigapay.close_calls() == 0


async def test_what_changed_while_it_was_asked_is_withdrawn_and_asked_anew_with_the_difference(
    gigapay: Stand,
) -> None:
    payrun = await gigapay.weekly(*OVER_20_000)
    await gigapay.until(at(13, 15, 10))
    gigapay.add_payouts("1120.00", first=1083)
    await gigapay.poll()
    (withdrawn,) = await gigapay.askings()
    await gigapay.until(at(13, 15, 40))
    early = await gigapay.askings(ApprovalState.OPEN)
    await gigapay.until(at(13, 15, 41))

    again = await gigapay.asked()
    assert (withdrawn.state, gigapay.close_calls()) == (ApprovalState.WITHDRAWN, 0)
    assert early == []
    assert (again.round, again.asked_at) == (2, at(13, 15, 40, 1))
    assert "1083" in str(again.shown["asked"])
    threads = {str(one.message["References"]) for one in gigapay.inbox.to("finance-1@example.com")[-3:]}
    assert len(threads) == 1
    await gigapay.approve()
    await gigapay.settle()
    assert gigapay.closes() == [payrun]


async def test_a_changed_amount_is_not_asked_again_before_half_an_hour(gigapay: Stand) -> None:
    """One payee swapped for another of the same amount, three minutes after the asking."""
    payrun = await gigapay.weekly(*OVER_20_000)
    await gigapay.until(CUT_OFF + timedelta(minutes=3))
    payout = gigapay.gigapay.state.payouts_of(payrun)[0]
    gigapay.gigapay.state.add_employee("2000", "Payee 2000", gigapay.clock.now())
    payout["employee"] = "2000"
    await gigapay.poll()
    await gigapay.until(ASKED_AT + timedelta(minutes=30) - timedelta(seconds=1))
    early = await gigapay.askings(ApprovalState.OPEN)
    await gigapay.until(ASKED_AT + timedelta(minutes=30))

    again = await gigapay.asked()
    assert early == []
    assert again.round == 2
    assert {line["payee"] for line in again.shown["lines"]} == {"2000", "1042", "1043"}


async def test_what_was_approved_and_then_changed_is_not_done(gigapay: Stand) -> None:
    payrun = await gigapay.weekly(*OVER_20_000)
    await gigapay.until(SOON)
    await gigapay.approve()
    payout = gigapay.gigapay.state.payouts_of(payrun)[0]
    payout["amount"] = "5500.01"
    await gigapay.settle()
    await gigapay.poll()

    first = (await gigapay.effects("gigapay.close_payrun"))[0]
    assert gigapay.close_calls() == 0
    assert (first.state, first.reason) == (State.WITHDRAWN, "it has changed since it was shown")


async def test_a_payrun_closed_while_it_is_asked_ends_the_asking(gigapay: Stand) -> None:
    payrun = await gigapay.weekly(*OVER_20_000)
    await gigapay.until(SOON)
    gigapay.gigapay.state.close(payrun, gigapay.clock.now())
    await gigapay.poll()

    assert gigapay.close_calls() == 0
    assert [one.state for one in await gigapay.askings()] == [ApprovalState.WITHDRAWN]


async def test_an_asking_that_is_no_longer_needed_does_not_stay_open(gigapay: Stand) -> None:
    """A payout is taken out, and what is left is within the limit: it is done, so nobody is asked."""
    payrun = await gigapay.weekly(*OVER_20_000)
    await gigapay.until(SOON)
    gigapay.gigapay.remove_payout(gigapay.gigapay.state.payouts_of(payrun)[0]["id"])
    await gigapay.poll()
    await gigapay.until(at(13, 16))

    assert gigapay.closes() == [payrun]
    assert [one.state for one in await gigapay.askings()] == [ApprovalState.WITHDRAWN]


@pytest.mark.parametrize(
    ("mode", "why"),
    [
        pytest.param("watch", "the rule is in watch now", id="lowered to watch"),
        pytest.param("off", "the rule is in off now", id="switched off"),
    ],
)
async def test_an_asking_ends_with_its_rule_and_those_who_were_asked_are_told(
    gigapay: Stand, mode: str, why: str
) -> None:
    await gigapay.weekly(*OVER_20_000)
    await gigapay.until(SOON)
    gigapay.change_rule("gigapay.yaml", "mode: act", f"mode: {mode}")
    await gigapay.reload()
    await gigapay.settle()

    (asked,) = await gigapay.askings()
    assert (asked.state, asked.why) == (ApprovalState.WITHDRAWN, why)
    assert any(subject.startswith("Withdrawn") for subject in gigapay.subjects("finance-1"))
    with pytest.raises(NothingToDecide):
        await approve.approve(gigapay.bot, gigapay.person("finance-1"), asked.id, channel="cli")
    assert gigapay.close_calls() == 0


async def test_a_yes_given_before_the_payrun_was_opened_again_is_not_used_for_it(gigapay: Stand) -> None:
    payrun = await gigapay.weekly(*OVER_20_000)
    await gigapay.until(SOON)
    gigapay.gigapay.state.close(payrun, gigapay.clock.now())
    await gigapay.poll()
    gigapay.gigapay.state.payruns[payrun].update(open=True, latest_status="open")
    await gigapay.after(minutes=31)
    await gigapay.poll()

    first, *later = await gigapay.askings()
    assert first.state is ApprovalState.WITHDRAWN
    assert [one.state for one in later] == [ApprovalState.OPEN]
    assert "it was open again after it had been done" in later[0].shown["asked"]["prepared"]
    assert gigapay.close_calls() == 0


async def test_what_was_ticked_and_is_unchanged_stays_ticked_by_whom_and_when(gigapay: Stand) -> None:
    """And nothing does whose payee gets something else, or that two must tick and one has."""
    payrun = await gigapay.weekly(*OVER_20_000)
    await gigapay.until(SOON)
    before = await gigapay.asked()
    await gigapay.approve()
    first = approve.checks_of(before)
    async with gigapay.bot.db.read() as tx:
        case = await load_case(gigapay.bot, tx, before.shown["resource"])
        told = await approvals.get(tx, before.id)
    assert case is not None and told is not None and payrun in case.found.id
    question = asked_from_json(told.shown["asked"])
    zone, amount = gigapay.bot.settings.timezone, question.amount
    lines = case.lines
    again = still_ticked(question.findings, [(told, question)], lines, amount, 1, zone)
    by_two = still_ticked(question.findings, [(told, question)], lines, amount, 2, zone)
    other = (replace(lines[0], net_pay=Money.of("5500.01", "SEK")), *lines[1:])
    touched = still_ticked(question.findings, [(told, question)], other, amount, 1, zone)

    assert "first-time-payees" in first
    assert {one.ticked for one in again} == {"Ticked by finance-1 Fri 13 Nov 15:01, unchanged"}
    assert {one.ticked for one in by_two} == {""}
    assert {one.ticked for one in touched} == {""}


async def test_a_check_that_found_somebody_more_is_to_be_ticked_again(gigapay: Stand) -> None:
    payrun = await gigapay.weekly(*OVER_20_000)
    await gigapay.until(SOON)
    await gigapay.approve()
    gigapay.add_payouts("1120.00", first=1083)
    await gigapay.settle()
    await gigapay.poll()
    await gigapay.until(ASKED_AT + timedelta(minutes=50))

    again = await gigapay.asked()
    found = {one.check: one for one in asked_from_json(again.shown["asked"]).findings}
    assert again.round == 2 and payrun in again.shown["resource"]
    assert found["first-time-payees"].ticked == ""
    assert "first-time-payees" in approve.checks_of(again)


async def test_two_payees_amounts_are_in_no_sentence_of_the_mail_that_asks(gigapay: Stand) -> None:
    await gigapay.weekly("11000.00", "11000.00")
    await gigapay.until(SOON)

    (asked,) = [one for one in gigapay.texts("finance-1") if "DECIDE BY" in one]
    assert "You are asked because" in asked
    for secret in ("11 000", "22 000", "28 9"):
        assert secret not in asked
    assert "an amount" in asked


async def test_two_people_are_told_that_two_are_needed_and_each_of_the_other(gigapay: Stand) -> None:
    await gigapay.weekly(*OVER_100_000)
    await gigapay.until(SOON)

    one, two = (gigapay.texts(person)[-1] for person in ("finance-1", "finance-2"))
    assert "It needs 2 people." in one
    assert "finance-2 may decide too." in one
    assert "finance-1 may decide too." in two


async def test_a_no_says_that_the_vendor_goes_on_by_itself_and_how_to_stop_that(gigapay: Stand) -> None:
    await gigapay.weekly(*OVER_20_000)
    await gigapay.until(SOON)
    asked = await gigapay.asked()
    said = await approve.reject(
        gigapay.bot, gigapay.person("finance-2"), asked.id, channel="test", reason="wrong week"
    )
    await gigapay.settle()

    leads_to = "payrunbot does nothing with it. Gigapay does it by itself Mon 16 Nov 00:00 anyway."
    assert leads_to in said
    assert "delete its payouts at Gigapay before then" in said
    assert "not before Fri 13 Nov 15:30." in said
    assert leads_to in " ".join(gigapay.texts("finance-1")[-1].split())
