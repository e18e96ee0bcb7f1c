from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from bot.connectors.problem import Gone, VendorProblem
from bot.connectors.values import (
    DEEPEST,
    Raw,
    Reader,
    Sent,
    amount,
    base_address,
    day,
    hook_json,
    instant,
    segment,
    total,
    validated,
    without,
)
from bot.core.money import Money
from bot.core.resource import MISSING, Known, Unread

SEK_10 = Known(Money(Decimal("10.00"), "SEK"))


@pytest.mark.parametrize(
    ("text", "at"),
    [
        pytest.param(
            "2019-05-25T9:02:16.8462735Z",
            datetime(2019, 5, 25, 9, 2, 16, 846273, UTC),
            id="seven digits and a one-digit hour",
        ),
        pytest.param(
            "2019-05-22T10:32:36.118753Z", datetime(2019, 5, 22, 10, 32, 36, 118753, UTC), id="as usual"
        ),
        pytest.param(
            "2024-06-06T04:53:26.177Z", datetime(2024, 6, 6, 4, 53, 26, 177000, UTC), id="milliseconds"
        ),
        pytest.param("2026-11-20T13:00:00+01:00", datetime(2026, 11, 20, 12, tzinfo=UTC), id="an offset"),
        pytest.param("2026-11-20T13:00", datetime(2026, 11, 20, 12, tzinfo=UTC), id="the zone assumed"),
    ],
)
def test_an_instant_is_read_exactly_as_the_vendors_write_it(text: str, at: datetime) -> None:
    assert instant(text, ZoneInfo("Europe/Stockholm")) == at


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2019-13-01T00:00:00Z",
        "2019-05-25",
        "2019-05-25T25:00:00Z",
        "9999-12-31T23:59:59-01:00",
        "0001-01-01T00:00:00+01:00",
    ],
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        instant(text, UTC)


def test_an_instant_without_offset_is_refused_where_no_zone_is_assumed() -> None:
    with pytest.raises(ValueError, match="has no offset"):
        instant("2017-06-27T07:28:20")


@pytest.mark.parametrize("text", ["2017-05-05T00:00:00", "2017-05-05", "2017-05-05T00:00:00Z"])
def test_a_date_may_be_written_as_its_midnight(text: str) -> None:
    assert day(text) == date(2017, 5, 5)


@pytest.mark.parametrize("text", ["2017-05-05T07:00:00", "05/05/2017", "2017-02-30"])
def test_what_is_no_plain_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        day(text)


@pytest.mark.parametrize("raw", [True, None, "", "1e3", "12,50", "١٢", "NaN", "9" * 19])
def test_what_is_no_amount_is_refused(raw: Raw) -> None:
    with pytest.raises(ValueError):
        amount(raw)


def test_one_field_that_makes_no_sense_is_unknown_and_noted_once() -> None:
    reader = Reader("Gigapay")

    values = [reader.money("price", "a lot", "SEK") for _ in range(2)]

    assert values == [Unread("Gigapay says 'a lot' as price, which is no amount")] * 2
    assert reader.notes == ["Gigapay says 'a lot' as price, which is no amount"]


@pytest.mark.parametrize("currency", [None, "", "kr", 7])
def test_an_amount_without_a_currency_is_unknown(currency: Raw) -> None:
    assert isinstance(Reader("Gigapay").money("price", "10.00", currency), Unread)


@pytest.mark.parametrize(
    ("amounts", "summed"),
    [
        pytest.param([], Known(Money(Decimal(0), "SEK")), id="nothing is zero"),
        pytest.param([SEK_10, SEK_10], Known(Money(Decimal("20.00"), "SEK")), id="a sum"),
        pytest.param([SEK_10, MISSING], Unread("one payout has no amount"), id="one without an amount"),
        pytest.param(
            [SEK_10, Known(Money(Decimal(1), "EUR"))],
            Unread("one payout is in EUR, not SEK"),
            id="another currency",
        ),
        pytest.param([SEK_10, Unread("not read")], Unread("not read"), id="one unread"),
    ],
)
def test_a_sum_is_only_known_when_all_of_it_is(amounts: list[Known], summed: object) -> None:
    assert total(amounts, "SEK", "payout") == summed


def test_a_reply_of_another_shape_names_the_place_and_never_the_value() -> None:
    class Payrun(Sent):
        price: Raw

    with pytest.raises(VendorProblem) as caught:
        validated(Payrun, {"price": ["canary"]}, "a payrun")

    assert "price" in caught.value.what
    assert "canary" not in caught.value.what


@pytest.mark.parametrize("vendor_id", ["", ".", "..", "9" * 201])
def test_an_id_that_would_leave_its_path_is_none(vendor_id: str) -> None:
    with pytest.raises(Gone):
        segment(vendor_id)


def test_an_id_is_one_part_of_a_path() -> None:
    assert segment("../a b?c") == "..%2Fa%20b%3Fc"


@pytest.mark.parametrize(
    ("configured", "address"),
    [
        pytest.param(None, "https://api.gigapay.se/v2", id="production"),
        pytest.param(
            "http://127.0.0.1:8080", "http://127.0.0.1:8080/v2", id="without a path gets the vendor's"
        ),
        pytest.param("http://127.0.0.1:8080/", "http://127.0.0.1:8080/v2", id="a slash is no path"),
        pytest.param(
            "http://127.0.0.1:8080/v3/", "http://127.0.0.1:8080/v3", id="with a path is used as it is"
        ),
    ],
)
def test_the_address_is_the_configured_one_or_the_vendors(configured: str | None, address: str) -> None:
    assert base_address(configured, "https://api.gigapay.se", "/v2/") == address


@pytest.mark.parametrize(("opens", "closes"), [(b'{"a":', b"}"), (b"[", b"]")])
def test_a_webhook_is_read_to_its_bound_and_no_deeper(opens: bytes, closes: bytes) -> None:
    def nested(levels: int) -> bytes:
        return opens * levels + b"1" + closes * levels

    deepest = hook_json(nested(DEEPEST - 1))
    assert without(deepest, frozenset({"b"})) == deepest is not None
    assert hook_json(nested(DEEPEST)) is None
    assert hook_json(nested(600)) is None


@pytest.mark.parametrize("body", [b'"\\ud800"', b'{"\\udfff": 1}', b'["\\ud800x"]'])
def test_half_a_character_is_not_read_and_a_whole_one_in_two_halves_is(body: bytes) -> None:
    assert hook_json(body) is None
    assert hook_json(b'"\\ud83d\\ude00"') == "\U0001f600"
