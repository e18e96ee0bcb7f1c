"""The mail about a month: what its sums leave out, and what it says when a month was empty."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.core.money import Money
from bot.mail.month import Figure, MonthPart, PaidRun
from bot.mail.preview_month import MONTH_PAID
from tests.mail.test_letters import RENDERER, Seen, rendered, squeezed


def run(people: int | None, net_pay: str = "100", cost: str | None = "150") -> PaidRun:
    return PaidRun(people, sek(net_pay), sek(cost) if cost else None)


def sek(amount: str) -> Money:
    return Money(Decimal(amount), "SEK")


def figures(*runs: PaidRun, before: tuple[PaidRun, ...] = ()) -> dict[str, Figure]:
    return {one.label: one for one in MonthPart.of(before, runs, currency="SEK").figures}


@pytest.mark.parametrize(
    ("people", "summed"),
    [
        pytest.param(3, sek("1100"), id="three people may be summed"),
        pytest.param(2, sek("1000"), id="two may not"),
        pytest.param(None, sek("1000"), id="nor may nobody knows how many"),
    ],
)
def test_a_pay_run_of_fewer_than_three_people_is_in_no_sum(people: int | None, summed: Money) -> None:
    found = figures(run(10, "1000"), run(people))

    assert found["Pay runs"].now == 2
    assert found["Net pay"].now == summed


def test_the_month_before_keeps_out_a_small_pay_run_too() -> None:
    found = figures(run(3), before=(run(3, "80"), run(2, "7")))

    assert found["Net pay"].before == sek("80")
    assert found["Net pay"].percent == Decimal(25)


def test_a_month_of_small_pay_runs_alone_has_counts_and_no_amount() -> None:
    assert list(figures(run(2), run(1))) == ["Pay runs", "Payees"]


def test_payees_are_not_known_where_those_of_one_pay_run_are_not() -> None:
    assert figures(run(3), run(None))["Payees"].now is None
    assert figures(run(3), run(4))["Payees"].now == 7


def test_a_cost_that_only_some_pay_runs_have_is_summed_of_those() -> None:
    assert figures(run(3), run(3, cost=None))["Cost"].now == sek("150")


async def test_a_month_in_which_nothing_was_paid_says_so() -> None:
    bare = replace(
        MONTH_PAID, runs=0, parts=(), totals=(), not_summed=0, troubles=(), troubles_total=0,
        deeds=(), answers=(), held=0, ahead=(), ahead_total=0, closed_days=(),
    )  # fmt: skip

    mail = await rendered(bare)

    assert mail.subject == "No pay run was paid in November 2026, 1 not answered"
    for words in (squeezed(mail.text), Seen(mail.html).text):
        assert "Nothing was late or needed somebody." in words
        assert "Nobody was asked, or nobody answered." in words
        assert "what is ahead" not in words.casefold()


@pytest.mark.parametrize(("language", "amount"), [("en", "34 175.25 +16.7 %"), ("sv", "34 175,25 +16,7 %")])
async def test_each_reader_has_the_amounts_of_their_own_language(language: str, amount: str) -> None:
    mail = await RENDERER.render("month", language, MONTH_PAID.context())

    for words in (squeezed(mail.text), Seen(mail.html).text):
        assert amount in words
