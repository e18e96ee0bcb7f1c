"""Values as authors write them."""

from datetime import date, time, timedelta
from decimal import Decimal

import pytest

from bot.core.literal import (
    Wall,
    parse_count,
    parse_date,
    parse_duration,
    parse_flag,
    parse_money,
    parse_percent,
    parse_time,
    parse_wall,
)

NOV_13 = date(2026, 11, 13)


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (parse_date, "Fri 13 Nov 2026", NOV_13),
        (parse_date, "13 November 2026", NOV_13),
        (parse_date, "2026-11-13", NOV_13),
        (parse_wall, "Fri 13 Nov 2026 15:05", Wall(NOV_13, time(15, 5))),
        (parse_wall, "2026-11-13T15:05:30", Wall(NOV_13, time(15, 5, 30))),
        (parse_wall, "9:02", Wall(None, time(9, 2))),
        (parse_duration, "1 hour", timedelta(hours=1)),
        (parse_duration, "30 minutes", timedelta(minutes=30)),
        (parse_count, "1 000", 1000),
        (parse_percent, "10 %", Decimal(10)),
        (parse_percent, "0.5%", Decimal("0.5")),
        (parse_flag, "Yes", True),
        (parse_flag, "no", False),
    ],
)
def test_a_value_is_read(parse, text, value):
    assert parse(text) == value


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_date, "13/11/2026"),
        (parse_date, "Thu 13 Nov 2026"),
        (parse_date, "29 Feb 2026"),
        (parse_date, "1 Jan 9999"),
        (parse_date, "Fri 13 Nov"),
        (parse_wall, "24:00"),
        (parse_wall, "13 Nov 2026"),
        (parse_duration, "half an hour"),
        (parse_duration, "1.5 hours"),
        (parse_count, "-1"),
        (parse_count, "many"),
        (parse_percent, "0.1"),
        (parse_flag, "true"),
    ],
)
def test_a_value_that_is_none_is_refused(parse, text):
    with pytest.raises(ValueError, match="is "):
        parse(text)


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_date, "2026-11-13"),
        (parse_date, "13 Nov 2026"),
        (parse_wall, "13 Nov 2026 15:05"),
        (parse_time, "15:05"),
        (parse_duration, "30 minutes"),
        (parse_count, "12"),
        (parse_percent, "10 %"),
        (parse_money, "20 000 SEK"),
    ],
)
@pytest.mark.parametrize("zero", ["\uff10", "\u0660"], ids=["full-width", "Arabic"])
def test_digits_of_another_script_are_no_number(parse, text, zero):
    parse(text)
    written = "".join(chr(ord(zero) + int(sign)) if sign.isdigit() else sign for sign in text)

    with pytest.raises(ValueError, match="is not"):
        parse(written)
