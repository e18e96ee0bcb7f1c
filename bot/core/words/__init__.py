"""What people read: amounts, days, times and sentences, in the language of the reader."""

from datetime import date, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache

from bot.core.money import Money
from bot.core.words.said import (
    ENGLISH,
    LANGUAGES,
    Day,
    LanguageCode,
    Moment,
    Percent,
    Said,
    Sum,
    in_each,
    joined,
    lower,
    part_in,
    say,
    say_many,
    told_by,
    translated,
    upper,
)

__all__ = [
    "ENGLISH",
    "LANGUAGES",
    "LanguageCode",
    "Said",
    "amount",
    "clock",
    "day",
    "day_and_year",
    "in_each",
    "joined",
    "lower",
    "moment",
    "money",
    "part_in",
    "percent",
    "plain",
    "say",
    "say_many",
    "signed",
    "told_by",
    "translated",
    "upper",
]


def money(value: Money) -> Said:
    """`18 450.25 SEK`."""
    return Said(Sum(value))


def amount(value: Money) -> Said:
    """`18 450.25`, for a column whose head names the currency."""
    return Said(Sum(value, "amount"))


def plain(value: Money) -> Said:
    """`18 450.25 SEK` with ordinary spaces, as rules and lists write it."""
    return Said(Sum(value, "plain"))


def signed(value: Money) -> Said:
    """`+5 135.00`, `−369.75`: a difference, without its currency; no difference has no sign."""
    return Said(Sum(value, "signed"))


def percent(value: Decimal, *, is_signed: bool = True) -> Said:
    """`+23.8 %`, `−5.0 %`: a difference in percent, to one decimal, halves away from zero."""
    return Said(Percent(value, is_signed))


def day(value: date) -> Said:
    """`Thu 26 Nov`. A datetime is refused: which day it is depends on a zone."""
    return Said(Day(value))


def day_and_year(value: date) -> Said:
    """`Thu 26 Nov 2026`, where the year may not be this one."""
    return Said(Day(value, has_year=True))


def clock(value: datetime, zone: tzinfo) -> Said:
    """`16:30`, on the clocks of the zone."""
    return Said(Moment(value, zone, is_clock=True))


def moment(value: datetime, zone: tzinfo) -> Said:
    """`Tue 24 Nov 16:00`, on the calendar and clocks of the zone."""
    return _moment(value, value.fold, zone)


@lru_cache(maxsize=1_000)
def _moment(value: datetime, _fold: int, zone: tzinfo) -> Said:
    """Kept: the HTML of a mail says what its text did, and the next reader's mail the same again.

    By its fold as well: Python takes both hours of a clock that goes back for one.
    """
    return Said(Moment(value, zone))
