"""A reading's values by their type, and what a pay run is called."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from bot.core.money import Money
from bot.core.resource import (
    MISSING,
    Field,
    Kind,
    Known,
    Snapshot,
    Type,
    Unread,
    fields,
    reference,
    split_reference,
)

NOW = datetime(2026, 11, 13, 15, tzinfo=UTC)
VALUES = {
    "cost": Known(Money(Decimal(5), "SEK")),
    "at": Known(NOW),
    "on": Known(date(2026, 11, 13)),
    "word": Known("open"),
    "number": Known(3),
    "flag": Known(True),
    "share": Known(Decimal("0.1")),
    "none": MISSING,
    "unread": Unread("nobody knows"),
}
SNAPSHOT = Snapshot("gigapay.payrun", "gigapay-se", "28/59", VALUES, NOW)


@pytest.mark.parametrize(
    ("read", "name", "value"),
    [
        (Snapshot.money, "cost", Money(Decimal(5), "SEK")),
        (Snapshot.instant, "at", NOW),
        (Snapshot.day, "on", date(2026, 11, 13)),
        (Snapshot.text, "word", "open"),
        (Snapshot.count, "number", 3),
    ],
)
def test_a_value_is_there_as_its_own_type_alone(read, name: str, value: object) -> None:
    assert {one: found for one in (*VALUES, "other") if (found := read(SNAPSHOT, one)) is not None} == {
        name: value
    }


def test_a_value_that_was_not_read_is_not_one_that_is_missing() -> None:
    assert SNAPSHOT.value("unread") == Unread("nobody knows")
    assert SNAPSHOT.value("none") is MISSING
    assert SNAPSHOT.value("other") is MISSING


def test_a_reference_leads_back_to_connection_and_id() -> None:
    assert SNAPSHOT.ref == "gigapay-se/28%2F59"
    assert split_reference(SNAPSHOT.ref) == ("gigapay-se", "28/59")
    assert reference("a", "b c") == "a/b%20c"
    assert split_reference("a/b%20c") == ("a", "b c")


@pytest.mark.parametrize("text", ["", "gigapay-se", "gigapay-se/", "/2859272", "a/b/c", "/"])
def test_what_is_no_reference_is_refused_by_an_example(text: str) -> None:
    with pytest.raises(ValueError) as refused:
        split_reference(text)

    assert str(refused.value) == f"{text!r} is not a reference such as gigapay-se/2859272"


def test_a_kind_names_its_vendor_and_each_field_once() -> None:
    one, other = (Field(name, Type.TEXT, "", None, "") for name in ("one", "other"))

    assert Kind("gigapay.payrun", "Gigapay payrun", fields(one, other)).vendor == "gigapay"
    assert list(fields(one, other)) == ["one", "other"]
    with pytest.raises(AssertionError, match="a field is declared twice"):
        fields(one, one)
