"""docs/growth.md is what the model of growth says now, and the model adds up."""

from datetime import timedelta

import pytest

from tests.bench.growth import apart
from tests.bench.growth_limits import MANY, limits
from tests.bench.growth_model import PRICES, SERVICE, Cost, alike, week
from tests.docs import growth
from tests.docs.follow import DOCS

HOUR = timedelta(hours=1)


def test_the_page_says_what_the_model_says() -> None:
    assert (DOCS / growth.PAGE).read_text() == growth.page()


def test_a_week_is_its_polls_and_its_pay_runs() -> None:
    price = PRICES["xero"]

    assert week({"xero": 3}, HOUR) == SERVICE + price.together + (price.poll * 168 + price.pay_run) * 3


def test_nobody_costs_no_more_than_the_service_itself() -> None:
    assert week(alike(0), HOUR) == SERVICE


@pytest.mark.parametrize("count", [10, 12, 1_000])
def test_every_company_is_somewhere(count: int) -> None:
    assert sum(alike(count).values()) == count


def test_the_limit_that_is_met_first_stands_first() -> None:
    met = [one.met_at for one in limits((10, 1_000))]

    assert met == sorted(met)
    assert all(one.used[10] < one.used[1_000] < one.used[MANY] for one in limits((10, 1_000)))


def test_a_count_that_is_too_low_is_as_wrong_as_one_that_is_too_high() -> None:
    one, other = Cost(calls=100, mails=4), Cost(calls=110, mails=4)

    assert apart(one, other) == apart(other, one)
    assert apart(one, other)["calls"] == pytest.approx(1.1)
    assert apart(one, other)["events"] == 1.0


def test_what_one_has_and_the_other_has_not_is_not_alike() -> None:
    assert apart(Cost(events=1), Cost())["events"] == float("inf")
