"""Tagging a payrun at Gigapay, and amounts that are unknown rather than wrong."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.connectors.client import VendorClient
from bot.connectors.gigapay import resources
from bot.connectors.gigapay.actions import TAG_PAYRUN
from bot.connectors.gigapay.marks import mark_of
from bot.connectors.gigapay.models import PaymentTerm
from bot.connectors.gigapay.term import credit_left
from bot.connectors.values import Reader
from bot.core.action import Action, Done, Refused, Retry, Unknown
from bot.core.money import Money
from bot.core.resource import MISSING, Known, Unread
from bot.facts.shared import PAYOUT_STATUSES

from .conftest import NOON, MemoryTokens, StillClock
from .stand import Stand, stand
from .test_gigapay import OPEN, payout, read


@pytest.fixture
async def gigapay(client: VendorClient, tokens: MemoryTokens, clock: StillClock) -> AsyncIterator[Stand]:
    async with stand("gigapay", client, tokens, clock) as opened:
        yield opened


def made(gigapay: Stand, name: str) -> list[dict[str, Any]]:
    return [entry for entry in gigapay.vendor.ledger.entries if entry["call"] == name]


# Tagging


def tag(**names: str) -> Action:
    return TAG_PAYRUN.as_told({"metadata": json.dumps(names)})


async def test_a_tag_is_added_to_what_is_there_and_read_back(gigapay: Stand) -> None:
    gigapay.vendor.state.payruns["2859272"]["metadata"] = {"cost_centre": 7, "closed_by": "somebody"}
    action = tag(closed_by="payrunbot", reviewed="yes")
    before = await gigapay.connection.read("gigapay.payrun", "2859272", NOON, lines=True)
    request = action.request(before)
    outcome = await gigapay.connection.act(action.name, request, "k1")
    after = await gigapay.connection.read("gigapay.payrun", "2859272", NOON, lines=True)
    again = await gigapay.connection.act(action.name, request, "k1")

    assert gigapay.vendor.state.payruns["2859272"]["metadata"] == {
        "cost_centre": 7,
        "closed_by": "payrunbot",
        "reviewed": "yes",
    }
    assert (outcome, again) == (Done(), Done())
    assert action.is_done(before, request) is False
    assert action.is_done(after, request) is True
    assert action.key(before, 1) == action.key(after, 1)
    assert "somebody" not in repr(before)


@pytest.mark.parametrize(
    ("call", "fault", "outcome", "sent"),
    [
        ("GET /payruns/:id/", {"kind": "status", "code": 403}, Retry, 0),
        ("GET /payruns/:id/", {"kind": "status", "code": 404}, Refused, 0),
        ("update_payrun", {"kind": "lose_reply"}, Unknown, 1),
        ("update_payrun", {"kind": "html"}, Unknown, 1),
        ("update_payrun", {"kind": "status", "code": 400}, Refused, 1),
    ],
)
async def test_a_tag_is_sent_at_most_once(
    gigapay: Stand, call: str, fault: dict[str, Any], outcome: type, sent: int
) -> None:
    gigapay.vendor.faults.add(call=call, **fault)
    came = await gigapay.connection.act(
        TAG_PAYRUN.name, {"payrun": "2859272", "metadata": '{"a": "b"}'}, "k1"
    )

    assert type(came) is outcome
    assert len(made(gigapay, "update_payrun")) == sent


def test_the_same_tag_has_one_key_however_it_is_written_and_another_has_another() -> None:
    snapshot = read(OPEN)

    assert tag(a="1", b="2").key(snapshot, 1) == tag(b="2", a="1").key(snapshot, 1)
    assert len({tag(a="1").key(snapshot, 1), tag(a="2").key(snapshot, 1), tag(a="1").key(snapshot, 2)}) == 3


@pytest.mark.parametrize(
    ("metadata", "is_done"),
    [
        ({"a": "b", "c": 1}, True),
        ({"a": "x"}, False),
        ({}, False),
        (None, None),
        ("a", None),
    ],
)
def test_a_tag_is_read_off_the_metadata_where_there_is_any(metadata: object, is_done: bool | None) -> None:
    snapshot = read({**OPEN, "metadata": metadata})

    assert tag(a="b").is_done(snapshot, {"metadata": '{"a": "b"}'}) is is_done


def test_metadata_is_kept_as_marks_alone() -> None:
    snapshot = read({**OPEN, "metadata": {"canary": "canary-value"}})

    assert "canary" not in repr(snapshot)
    assert snapshot.call["metadata"] == mark_of("canary", "canary-value")


# Never a wrong amount


def test_a_price_below_nothing_is_under_no_limit() -> None:
    snapshot = read({**OPEN, "price": "-5.00"}, payout(1))

    assert isinstance(snapshot.values["price"], Unread)
    assert isinstance(snapshot.values["cost"], Unread)
    assert snapshot.notes == ("Gigapay says '-5.00' as price, which is no price",)


def test_a_currency_that_is_none_makes_every_amount_unknown_and_nothing_worse() -> None:
    for payouts in ((), (payout(1),)):
        snapshot = read({**OPEN, "currency": "kr", "invoice": None}, *payouts)

        for name in ("currency", "price", "cost", "net pay"):
            assert isinstance(snapshot.values[name], Unread), name


@pytest.mark.parametrize("currency", ["EUR", "kr"])
def test_an_invoice_in_another_currency_makes_the_amounts_unknown(currency: str) -> None:
    told: Any = {**OPEN, "invoice": {**OPEN["invoice"], "currency": currency}}
    snapshot = read(told, payout(1))

    for name in ("price", "cost", "net pay", "invoice total", "amount due"):
        assert snapshot.values[name] == Unread(f"its invoice is in {currency}, not SEK")


def test_a_payout_in_another_currency_is_no_line() -> None:
    assert read(OPEN, payout(1), payout(2, currency="EUR")).lines is None


def test_a_payout_of_which_nobody_knows_whether_it_is_cancelled_makes_the_sums_unknown() -> None:
    snapshot = read(OPEN, payout(1), payout(2, canceled_at="perhaps"))

    assert snapshot.lines is None
    for name in ("cost", "net pay", "payouts", "cancelled payouts", "payees"):
        assert isinstance(snapshot.values[name], Unread), name


def test_a_payout_status_that_we_do_not_know_is_reported() -> None:
    snapshot = read(OPEN, payout(1, latest_status="frozen"))

    assert snapshot.notes == ("a payout's status: Gigapay says 'frozen', which we do not know",)
    assert set(resources.PAYOUT_WORDS) == set(PAYOUT_STATUSES)


@pytest.mark.parametrize(
    ("terms", "left"),
    [
        ([], MISSING),
        ([{"currency": "EUR", "credit_limit": "9", "credit_used": "1"}], MISSING),
        (
            [{"currency": "SEK", "credit_limit": "100.00", "credit_used": "100.01"}],
            Known(Money.of("-0.01", "SEK")),
        ),
        (
            [{"currency": "SEK", "credit_limit": "100.00"}],
            Unread("Gigapay gives a credit limit without what is used of it, or the other way round"),
        ),
        (
            [{"currency": "SEK", "credit_limit": "lots", "credit_used": "1"}],
            Unread("Gigapay says 'lots' as credit_limit, which is no amount"),
        ),
        (
            [{"currency": "SEK", "credit_limit": "1", "credit_used": "1"}] * 2,
            Unread("Gigapay says '2 × SEK' as credit_terms, which is no single limit"),
        ),
    ],
)
def test_credit_left_is_known_only_where_both_ends_are(terms: list[dict[str, str]], left: object) -> None:
    term = PaymentTerm.model_validate({"credit_terms": terms})

    assert credit_left(term, "SEK", Reader("Gigapay")) == left
