"""Money is exact, and two currencies never meet."""

from decimal import Decimal

import pytest

from bot.core.money import CurrencyMismatch, Money, total

NARROW, WIDE, MINUS = "\u202f", "\u00a0", "\u2212"


def sek(amount: str) -> Money:
    return Money(Decimal(amount), "SEK")


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("50 000 SEK", "50000", "SEK"),
        ("50,000 SEK", "50000", "SEK"),
        ("1,234,567.89 SEK", "1234567.89", "SEK"),
        ("SEK 50000.01", "50000.01", "SEK"),
        ("sek 7", "7", "SEK"),
        ("7gbp", "7", "GBP"),
        (f"50{NARROW}000{WIDE}SEK", "50000", "SEK"),
        ("\t20 000.50  AUD ", "20000.50", "AUD"),
        ("-5 SEK", "-5", "SEK"),
        (f"{MINUS}5 SEK", "-5", "SEK"),
        ("+5 SEK", "5", "SEK"),
        ("0.005 SEK", "0.005", "SEK"),
    ],
)
def test_an_amount_is_read_as_people_write_it(text: str, amount: str, currency: str) -> None:
    assert Money.parse(text) == Money(Decimal(amount), currency)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("50 000", "'50 000' has no currency: write for example 50000 SEK"),
        ("SEK 50 000 SEK", "'SEK 50 000 SEK' has no currency: write for example 50000 SEK"),
        ("", "'' is not an amount such as 50 000 SEK"),
        ("SEK", "'SEK' is not an amount such as 50 000 SEK"),
        ("20.000,50 SEK", "'20.000,50 SEK' is not an amount such as 50 000 SEK"),
        ("1,00 SEK", "'1,00 SEK' is not an amount such as 50 000 SEK"),
        ("1,0000 SEK", "'1,0000 SEK' is not an amount such as 50 000 SEK"),
        (".5 SEK", "'.5 SEK' is not an amount such as 50 000 SEK"),
        ("5. SEK", "'5. SEK' is not an amount such as 50 000 SEK"),
        ("5e3 SEK", "'5e3 SEK' is not an amount such as 50 000 SEK"),
        ("٥ SEK", "'٥ SEK' is not an amount such as 50 000 SEK"),
        ("5 SEKX", "'5 SEKX' is not an amount such as 50 000 SEK"),
    ],
)
def test_what_is_no_amount_is_refused_with_why(text: str, why: str) -> None:
    with pytest.raises(ValueError) as refused:
        Money.parse(text)

    assert str(refused.value) == why


@pytest.mark.parametrize(
    ("amount", "value"), [("12.50", "12.50"), (f"{MINUS}3", "-3"), (7, "7"), (Decimal("0.1"), "0.1")]
)
def test_an_amount_of_a_vendor_keeps_its_digits(amount: str | int | Decimal, value: str) -> None:
    assert Money.of(amount, "GBP") == Money(Decimal(value), "GBP")


def test_what_a_vendor_sends_and_is_none_is_refused() -> None:
    with pytest.raises(ValueError) as refused:
        Money.of("much", "GBP")

    assert str(refused.value) == "'much' is not an amount"
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    ("amount", "currency", "why"),
    [
        ("NaN", "SEK", "NaN is not an amount"),
        ("Infinity", "SEK", "Infinity is not an amount"),
        ("1", "kr", "'kr' is not a currency code such as SEK"),
        ("1", "SEKK", "'SEKK' is not a currency code such as SEK"),
        ("1", "sek", "'sek' is not a currency code such as SEK"),
    ],
)
def test_there_is_none_of_no_number_or_no_currency(amount: str, currency: str, why: str) -> None:
    with pytest.raises(ValueError) as refused:
        Money(Decimal(amount), currency)

    assert str(refused.value) == why


def test_amounts_of_one_currency_are_added_and_compared() -> None:
    assert sek("1.10") + sek("2.20") == sek("3.30")
    assert sek("1.10") - sek("2.20") == sek("-1.10")
    assert (sek("1") < sek("2"), sek("2") < sek("2"), sek("3") < sek("2")) == (True, False, False)
    assert (sek("1") <= sek("2"), sek("2") <= sek("2"), sek("3") <= sek("2")) == (True, True, False)
    assert (sek("3") > sek("2"), sek("2") >= sek("2")) == (True, True)


def test_two_currencies_never_meet() -> None:
    pound = Money(Decimal(1), "GBP")
    for together in (
        lambda: sek("1") + pound,
        lambda: sek("1") - pound,
        lambda: sek("1") < pound,
        lambda: sek("1") <= pound,
    ):
        with pytest.raises(CurrencyMismatch) as refused:
            together()
        assert str(refused.value) == "SEK and GBP cannot be compared"
    assert sek("1") != pound


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "0.00 SEK"),
        ("5", "5.00 SEK"),
        ("1234567.5", "1 234 567.50 SEK"),
        ("-1234.5", f"{MINUS}1 234.50 SEK"),
        ("0.005", "0.005 SEK"),
        ("1.230", "1.23 SEK"),
        ("1E+3", "1 000.00 SEK"),
    ],
)
def test_an_amount_is_written_with_two_decimals_or_all_it_has(amount: str, text: str) -> None:
    assert sek(amount).plain() == text
    assert str(sek(amount)) == text.replace(" ", WIDE)


def test_a_total_is_of_one_currency_and_there_is_none_of_nothing() -> None:
    assert total([sek("1"), sek("2.50"), sek("-0.25")]) == sek("3.25")
    assert total([]) is None
    with pytest.raises(CurrencyMismatch):
        total([sek("1"), Money(Decimal(1), "GBP")])
