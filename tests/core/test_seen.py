"""Values as people read them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from bot.core import seen
from bot.core.money import Money
from bot.core.resource import MISSING, Known, Unread
from tests.core.calendars import SE

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (119, "1 minute"),
        (120, "2 minutes"),
        (3_600, "1 hour"),
        (3_660, "1 hour 1 minute"),
        (7_320, "2 hours 2 minutes"),
        (86_400, "1 day"),
        (86_460, "1 day 1 minute"),
        (2 * 86_400 + 3 * 3_600 + 240, "2 days 3 hours"),
        (-1_920, "32 minutes"),
    ],
)
def test_a_length_of_time_has_two_units_at_most_and_is_rounded_down(seconds: int, text: str) -> None:
    assert seen.span(timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(
    ("at", "now", "text"),
    [
        (datetime(2026, 11, 20, 14, 3, tzinfo=UTC), NOW, "15:03"),
        (datetime(2026, 11, 20, 14, 3, 7, tzinfo=UTC), NOW, "15:03:07"),
        (datetime(2026, 11, 20, 23, 30, tzinfo=UTC), NOW, "Sat 21 Nov 00:30"),
        (datetime(2026, 11, 24, 15, tzinfo=UTC), NOW, "Tue 24 Nov 16:00"),
        (datetime(2027, 1, 4, 15, tzinfo=UTC), NOW, "Mon 4 Jan 2027 16:00"),
        (datetime(2026, 11, 20, 14, 3, tzinfo=UTC), None, "Fri 20 Nov 2026 15:03"),
    ],
)
def test_a_moment_says_no_more_of_its_day_than_is_needed(
    at: datetime, now: datetime | None, text: str
) -> None:
    assert seen.moment(at, SE, now) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [("20000", "20 000 SEK"), ("20000.50", "20 000.50 SEK"), ("0.005", "0.005 SEK"), ("0", "0 SEK")],
)
def test_a_limit_has_no_zeros_that_nobody_wrote(amount: str, text: str) -> None:
    assert seen.round_money(Money(Decimal(amount), "SEK")).replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("share", "text"),
    [("10", "10 %"), ("10.04", "10 %"), ("10.06", "10.1 %"), ("-2.5", "-2.5 %"), ("100", "100 %")],
)
def test_a_percentage_has_a_decimal_where_it_says_something(share: str, text: str) -> None:
    assert seen.percent(Decimal(share)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Known(True), "yes"),
        (Known(False), "no"),
        (Known(3), "3"),
        (Known("open"), "open"),
        (Known(Decimal("12.5")), "12.5 %"),
        (Known(timedelta(hours=2)), "2 hours"),
        (Known(date(2026, 11, 20)), "Fri 20 Nov 2026"),
        (Known(datetime(2026, 11, 20, 14, 3, tzinfo=UTC)), "15:03"),
        (Known(Money(Decimal("1650"), "SEK")), "1 650.00 SEK"),
        (Known(2, ("employee 72944: no rate", "employee 7")), "2 (employee 72944: no rate; employee 7)"),
        (MISSING, "none"),
        (Unread("the vendor is down"), "the vendor is down"),
    ],
)
def test_a_value_is_said_with_what_makes_it_up(value, text: str) -> None:
    assert seen.seen(value, SE, NOW).replace("\u00a0", " ") == text


def test_a_note_stands_behind_where_there_is_one() -> None:
    assert (seen.with_note("status is open", "closed"), seen.with_note("status is open", "")) == (
        "status is open (closed)",
        "status is open",
    )
    assert (seen.plural(1, "line"), seen.plural(0, "line"), seen.plural(2, "line")) == (
        "1 line",
        "0 lines",
        "2 lines",
    )
