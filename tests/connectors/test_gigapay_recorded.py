"""What Gigapay's own documents show, read by its connector. The page's list lacks a bracket, put in here."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.connectors.gigapay import resources
from bot.connectors.gigapay.actions import CLOSE_PAYRUN
from bot.connectors.gigapay.models import Page, PaymentTerm, Payout, Payrun
from bot.connectors.gigapay.term import credit_left
from bot.connectors.values import Reader
from bot.core.money import Money
from bot.core.resource import MISSING, Known, Snapshot

from .conftest import NOON

FOLDER = Path(__file__).parents[1] / "testdata" / "gigapay"


def recorded(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())


def read(name: str) -> Snapshot:
    payouts = [Payout.model_validate(one) for one in recorded("payouts")[:1]]
    term = PaymentTerm.model_validate(recorded("payment_term"))
    return resources.snapshot("gigapay-se", Payrun.model_validate(recorded(name)), payouts, term, NOON)


@pytest.mark.parametrize("name", ["payrun", "payrun_with_status", "payrun_with_invoice", "payrun_updated"])
def test_each_payrun_of_the_documents_is_paid_and_costs_what_they_say(name: str) -> None:
    snapshot = read(name)

    assert snapshot.values["status"] == Known("paid")
    assert snapshot.values["paid at"] == Known(datetime(2019, 5, 25, 9, 2, 16, 846273, UTC))
    assert snapshot.values["cost"] == Known(Money.of("1340.48", "SEK"))
    assert snapshot.notes == ()
    assert "token" not in repr(snapshot)


def test_the_expanded_invoice_is_read_and_the_plain_one_is_only_its_id() -> None:
    expanded, plain = read("payrun_with_invoice"), read("payrun")

    assert expanded.values["invoice total"] == Known(Money.of("1745.40", "SEK"))
    assert expanded.values["amount due"] == Known(Money.of("1745.40", "SEK"))
    assert expanded.values["invoice number"] == Known("986911160380")
    assert (plain.values["invoice total"], plain.values["invoice number"]) == (MISSING, MISSING)
    assert plain.identities == expanded.identities


def test_the_list_of_the_documents_has_two_of_the_four_that_it_counts() -> None:
    page = Page.model_validate(recorded("payruns"))
    rows = [resources.listed(Payrun.model_validate(one)) for one in page.results]

    assert (page.count, [row.vendor_id for row in rows]) == (4, ["2859272", "2859273"])
    assert [row.is_live for row in rows] == [False, False]


def test_the_documents_payrun_under_its_new_id_is_the_same_one() -> None:
    before, after = read("payrun"), read("payrun_updated")

    assert (before.vendor_id, after.vendor_id) == ("2859272", "846271")
    assert before.identities == after.identities
    assert CLOSE_PAYRUN.key(before, 1) == CLOSE_PAYRUN.key(after, 1)


@pytest.mark.parametrize(("currency", "left"), [("SEK", "37654.33"), ("EUR", "19567.90")])
def test_the_credit_of_the_documents_is_told_apart_by_currency(currency: str, left: str) -> None:
    term = PaymentTerm.model_validate(recorded("payment_term"))

    assert credit_left(term, currency, Reader("Gigapay")) == Known(Money.of(left, currency))
    assert credit_left(term, "NOK", Reader("Gigapay")) == MISSING


def test_an_expanded_payee_is_the_id_and_nothing_else() -> None:
    told = {**recorded("payouts")[0], "employee": recorded("employees")[0]}
    payout = Payout.model_validate(told)

    assert payout.employee is not None
    assert (payout.employee.id, payout.employee.latest_status) == ("1847", "active")
    assert "Albin" not in repr(payout)
