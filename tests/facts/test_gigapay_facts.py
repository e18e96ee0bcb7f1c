"""Facts about Gigapay's payouts alone."""

import pytest

from bot.connectors import kinds
from bot.core.resource import MISSING, Known, Unread
from bot.facts import facts_of
from bot.rulebook.shared import payruns

from .test_facts import NOT_READ, fact, line, run, sek


@pytest.mark.parametrize(
    ("name", "status"),
    [("payouts not funded", "not_funded"), ("payouts not onboarded", "onboarding_incomplete")],
)
def test_payouts_in_a_status_are_counted_in_any_case_and_named(name, status):
    lines = (line("a", "7", "1", status=status), line("b", "8", "1", status=status.upper()))
    others = (line("c", "9", "1", status="available"), line("d", "9", "1", status="complete"))

    assert fact(name, run(*lines, *others)) == Known(2, ("payout a to payee 7", "payout b to payee 8"))
    assert fact(name, run()) == Known(0)
    assert fact(name, run(unread=True)) == NOT_READ


@pytest.mark.parametrize("name", ["payouts not funded", "payouts not onboarded"])
def test_a_status_that_nobody_knows_counts_as_neither(name):
    snapshot = run(line("a", "7", "1", status="created"), line("b", "8", "1", status="frozen"))

    assert fact(name, snapshot) == Unread("payout b is 'frozen', which we do not know")


@pytest.mark.parametrize("name", ["payouts not funded", "payouts not onboarded"])
def test_a_payout_without_a_status_is_not_taken_for_one_that_is_well(name):
    snapshot = run(line("a", "7", "1", status="created"), line("b", "8", "1"))

    assert fact(name, snapshot) == Unread("payout b has no status")


@pytest.mark.parametrize(
    ("price", "costs", "answer"),
    [
        pytest.param(Known(sek("30.01")), ("10", "20"), True, id="an öre more"),
        pytest.param(Known(sek("30.00")), ("10", "20"), False, id="the same"),
        pytest.param(Known(sek("0")), (), False, id="nothing and no payouts"),
        pytest.param(Known(sek("1")), (), True, id="something and no payouts"),
    ],
)
def test_price_and_payouts_disagree(price, costs, answer):
    lines = [line(str(number), "7", "1", cost=sek(cost)) for number, cost in enumerate(costs)]
    value = fact("price and payouts disagree", run(*lines, price=price))

    assert isinstance(value, Known)
    assert value.value is answer


def test_price_and_payouts_cannot_disagree_while_one_is_not_known():
    known = Known(sek("1"))
    name = "price and payouts disagree"
    euro = line("a", "7", "1", cost=type(sek("1")).of("1", "EUR"))

    assert fact(name, run(line("a", "7", "1"), price=known)) == Unread("one payout has no cost")
    assert fact(name, run(euro, price=known)) == Unread("SEK and EUR cannot be compared")
    assert fact(name, run(price=Unread("no answer"))) == Unread("no answer")
    assert fact(name, run()) == MISSING
    assert fact(name, run(price=known, unread=True)) == NOT_READ


def test_possible_duplicates_are_not_asked_of_lines_that_are_one_a_person():
    having = [kind.name for kind in payruns(kinds()) if "possible duplicates" in facts_of(kind.name)]

    assert having == ["gigapay.payrun", "staffology.payrun", "xero.payrun"]


def test_these_facts_are_gigapays_alone():
    own = {"payouts not funded", "payouts not onboarded", "price and payouts disagree"}

    assert own <= set(facts_of("gigapay.payrun"))
    assert not own & set(facts_of("staffology.payrun"))
