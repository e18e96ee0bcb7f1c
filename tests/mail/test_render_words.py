"""Amounts, days and times in words, at their edges."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from bot.core import words
from bot.core.money import Money

STOCKHOLM = ZoneInfo("Europe/Stockholm")


@pytest.mark.parametrize(
    ("change", "written"),
    [
        ("23.84", "+23.8\u00a0%"),
        ("23.85", "+23.9\u00a0%"),
        ("-5", "\u22125.0\u00a0%"),
        ("0", "0.0\u00a0%"),
        ("-0.04", "0.0\u00a0%"),
        ("0.05", "+0.1\u00a0%"),
    ],
)
def test_a_percentage_is_signed_and_has_one_decimal(change, written):
    assert words.percent(Decimal(change)) == written


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("5135", "+5\u00a0135.00"),
        ("-369.75", "\u2212369.75"),
        ("0", "0.00"),
        ("0.001", "+0.001"),
    ],
)
def test_a_difference_is_signed_and_loses_no_decimal(amount, written):
    assert words.signed(Money.of(amount, "SEK")) == written


def test_an_amount_holds_together_in_a_line():
    million = Money.of("1234567.5", "SEK")

    assert words.money(million) == "1\u00a0234\u00a0567.50\u00a0SEK"
    assert words.amount(million) == "1\u00a0234\u00a0567.50"


def test_a_moment_is_told_on_the_readers_day():
    late = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)

    assert words.moment(late, UTC) == "Tue 24 Nov 23:30"
    assert words.moment(late, STOCKHOLM) == "Wed 25 Nov 00:30"
    assert words.clock(late, STOCKHOLM) == "00:30"


def test_days_are_written_alike_whatever_the_machine_speaks():
    assert words.day(date(2026, 3, 1)) == "Sun 1 Mar"
    assert words.day_and_year(date(2026, 5, 9)) == "Sat 9 May 2026"


def test_a_moment_without_a_zone_is_refused():
    with pytest.raises(TypeError, match="no moment"):
        words.moment(datetime(2026, 11, 24, 23, 30), STOCKHOLM)


def test_a_moment_has_no_day_without_a_zone():
    with pytest.raises(TypeError, match="use moment"):
        words.day(datetime(2026, 11, 24, 23, 30, tzinfo=UTC))
