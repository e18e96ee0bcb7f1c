"""The arithmetic of allowances: laws that hold for every order of calls."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.connectors import connectors
from bot.connectors.budget import Budget, BudgetLimits, Purpose, Span, Window
from bot.connectors.xero.api import XeroSettings

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MINUTE = timedelta(seconds=60)
AHEAD = timedelta(minutes=1)
LOOKS, EFFECTS = Purpose.LOOKS, Purpose.EFFECTS

CALLS = st.lists(
    st.tuples(st.floats(0, 25, allow_nan=False), st.sampled_from((LOOKS, EFFECTS)), st.integers(1, 7)),
    max_size=60,
)
"""After how many seconds, for what, and how many."""


def made(
    calls: list[tuple[float, Purpose, int]], window: Window
) -> tuple[list[tuple[datetime, Purpose]], dict[Span, int]]:
    """The calls that a window lets through, each with its instant, and what is counted at the end."""
    at, used, through = NOON, dict[Span, int](), list[tuple[datetime, Purpose]]()
    for gap, purpose, wanted in calls:
        at += timedelta(seconds=gap)
        used = window.still_counting(used, at, AHEAD)
        granted = max(0, min(wanted, window.left(used, purpose, at)))
        span = Span(window.name, purpose, window.start_of(at))
        used[span] = used.get(span, 0) + granted
        through += [(at, purpose)] * granted
    return through, used


@given(CALLS, st.integers(12, 60))
def test_in_any_sixty_seconds_there_are_never_more_calls_than_allowed(
    calls: list[tuple[float, Purpose, int]], limit: int
) -> None:
    through, _ = made(calls, Budget(per_minute=limit).windows()[0])

    for last, _ in through:
        assert sum(last - MINUTE < at <= last for at, _ in through) <= limit


@given(CALLS, st.integers(12, 60))
def test_looks_never_take_more_than_two_thirds(calls: list[tuple[float, Purpose, int]], limit: int) -> None:
    through, _ = made(calls, Budget(per_minute=limit).windows()[0])

    for last, _ in through:
        assert sum(last - MINUTE < at <= last and by is LOOKS for at, by in through) <= limit * 2 / 3


@given(CALLS, st.integers(12, 60))
def test_after_any_number_of_looks_a_third_is_left_for_effects(
    calls: list[tuple[float, Purpose, int]], limit: int
) -> None:
    window = Budget(per_minute=limit).windows()[0]
    through, used = made([(gap, LOOKS, wanted) for gap, _, wanted in calls], window)
    last = through[-1][0] if through else NOON

    assert window.left(used, EFFECTS, last) >= limit / 3


@given(CALLS, st.integers(1, 7))
def test_the_instant_that_is_named_is_the_first_at_which_there_is_enough(
    calls: list[tuple[float, Purpose, int]], wanted: int
) -> None:
    window = Budget(per_minute=12).windows()[0]
    through, used = made(calls, window)
    last = through[-1][0] if through else NOON
    if window.left(used, LOOKS, last) >= wanted:
        return
    free_at = window.free_at(used, LOOKS, last, wanted)

    assert window.left(used, LOOKS, free_at) >= wanted
    assert window.left(used, LOOKS, free_at - timedelta(microseconds=1)) < wanted


def test_a_span_counts_until_its_last_call_is_a_minute_old() -> None:
    window = Budget(per_minute=60).windows()[0]
    used = {Span("minute", LOOKS, NOON): 40}

    assert window.left(used, LOOKS, NOON + timedelta(seconds=70) - timedelta(microseconds=1)) == 0
    assert window.left(used, LOOKS, NOON + timedelta(seconds=70)) == 40


def test_a_day_is_the_last_24_hours_at_every_moment() -> None:
    day = Budget(per_day=1000).windows()[1]
    used = {Span("day", EFFECTS, NOON): 1000}

    assert day.left(used, EFFECTS, NOON + timedelta(hours=24)) == 0
    assert day.free_at(used, EFFECTS, NOON, 1) == NOON + timedelta(hours=25)


def test_what_was_counted_before_the_clock_went_back_counts_as_of_now() -> None:
    window = Budget(per_minute=60).windows()[0]
    ahead = {Span("minute", LOOKS, NOON + timedelta(days=1)): 40}
    now = window.still_counting(ahead, NOON, AHEAD)

    assert window.left(now, LOOKS, NOON) == 0
    assert window.left(now, LOOKS, NOON + timedelta(seconds=70)) == 40


def test_a_span_reads_back_as_it_was_written() -> None:
    span = Span("day", EFFECTS, NOON)

    assert Span.parse(str(span)) == span


def test_xero_has_the_limits_of_its_documents_and_the_settings_only_tighten_them() -> None:
    xero = connectors()["xero"].budget

    assert (xero.at_once, xero.per_minute, xero.per_day) == (5, 60, 5000)
    assert xero.within(BudgetLimits(per_day=1000)) == Budget(5, 60, 1000)
    told = {
        "id": "x",
        "vendor": "xero",
        "calendar": "c",
        "client_id": "c",
        "client_secret": "s",
        "tenant_id": "t",
    }
    with pytest.raises(ValidationError, match="less than or equal to 5000"):
        XeroSettings.model_validate({**told, "budget": {"per_day": 5001}})


@pytest.mark.parametrize("vendor", ["gigapay", "staffology", "roubler"])
def test_a_vendor_that_documents_no_limit_may_be_given_any(vendor: str) -> None:
    assert connectors()[vendor].budget.within(BudgetLimits(per_minute=900)).per_minute == 900
