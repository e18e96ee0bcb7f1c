"""An amount that somebody typed is read as its reader writes numbers, or refused with what is wrong."""

from decimal import Decimal

import pytest

from bot.core.typed import typed_amount


@pytest.mark.parametrize(
    ("text", "language", "amount"),
    [
        ("18 450.25", "en", "18450.25"),
        ("18\u00a0450,25", "sv", "18450.25"),
        ("18450,25", "en", "18450.25"),
        ("18,450", "en", "18450"),
        ("18,450", "sv", "18.450"),
        ("18.450", "sv", "18450"),
        ("18.450", "en", "18.450"),
        ("18.450,25 SEK", "sv", "18450.25"),
        ("1,234,567.5", "en", "1234567.5"),
        ("1.234.567", "en", "1234567"),
        ("SEK 12", "en", "12"),
        ("\u2212369.75", "sv", "-369.75"),
    ],
)
def test_an_amount_is_read_as_its_reader_writes_it(text: str, language: str, amount: str) -> None:
    assert typed_amount(text, "SEK", language).amount == Decimal(amount)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Nothing is typed"),
        ("all of it", "is no amount"),
        ("1,23,4", "is no amount"),
        ("12..3", "is no amount"),
        ("1.234,567.8", "is no amount"),
        ("5.", "is no amount"),
        ("\u0663", "is no amount"),
        ("1e5", "is no amount"),
        ("NaN", "is no amount"),
        ("12 GBP", "The amount is in SEK, and you typed GBP."),
        ("9" * 60, "is no amount"),
    ],
)
def test_what_is_no_amount_is_refused_with_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        typed_amount(text, "SEK", "en")
