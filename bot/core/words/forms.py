"""Amounts, days and times as people write them, in their language.

Days and months are Babel's, never the machine's: those of `strftime` change with its
locale, and a mail must not. Amounts hold together: no-break spaces, a true minus, and
every decimal that the amount has. English groups by spaces too, which all of its readers
understand; the comma means something else in half of Europe.
"""

from datetime import date, datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from bot.core.money import MINUS, NBSP, Money

if TYPE_CHECKING:
    from babel import Locale


def money(value: Money, language: str = "en") -> str:
    """`18 450.25 SEK`; in Swedish `18 450,25 SEK`."""
    return f"{amount(value, language)}{NBSP}{value.currency}"


def amount(value: Money, language: str = "en") -> str:
    """`18 450.25`, for a column whose head names the currency."""
    written = value.plain().removesuffix(f" {value.currency}").replace(" ", NBSP)
    return written.replace(".", _decimal_mark(language))


def plain(value: Money, language: str = "en") -> str:
    """`18 450.25 SEK` with ordinary spaces, as rules and lists write it."""
    return value.plain().replace(".", _decimal_mark(language))


def signed(value: Money, language: str = "en") -> str:
    """`+5 135.00`, `−369.75`: a difference, without its currency; no difference has no sign."""
    return f"+{amount(value, language)}" if value.amount > 0 else amount(value, language)


def percent(value: Decimal, language: str = "en") -> str:
    """`+23.8 %`, `−5.0 %`: a difference in percent, to one decimal, halves away from zero."""
    rounded = value.quantize(Decimal("0.1"), ROUND_HALF_UP)
    sign = "+" if rounded > 0 else MINUS if rounded < 0 else ""
    return f"{sign}{abs(rounded):f}{NBSP}%".replace(".", _decimal_mark(language))


def day(value: date, language: str = "en") -> str:
    """`Thu 26 Nov`, `tors 26 nov.`. A datetime is refused: which day it is depends on a zone."""
    return _day(value, "EEE d MMM", language)


def day_and_year(value: date, language: str = "en") -> str:
    """`Thu 26 Nov 2026`, where the year may not be this one."""
    return _day(value, "EEE d MMM y", language)


def clock(value: datetime, zone: tzinfo, language: str = "en") -> str:
    """`16:30`, on the clocks of the zone: the same in every language so far."""
    return _of_day(_local(value, zone))


def moment(value: datetime, zone: tzinfo, language: str = "en") -> str:
    """`Tue 24 Nov 16:00`, on the calendar and clocks of the zone."""
    local = _local(value, zone)
    return f"{day(local.date(), language)} {_of_day(local)}"


def _of_day(local: datetime) -> str:
    return f"{local.hour:02}:{local.minute:02}"


def _day(value: date, form: str, language: str) -> str:
    if isinstance(value, datetime):
        raise TypeError("a moment has no day without a zone: use moment")
    return _written(value, form, language)


@lru_cache(maxsize=2_000)
def _written(value: date, form: str, language: str) -> str:
    """Kept: a list of deadlines says the same few days again and again, and Babel takes its time."""
    from babel.dates import format_date  # as in _locale

    return format_date(value, form, locale=_locale(language))


def _local(value: datetime, zone: tzinfo) -> datetime:
    if value.tzinfo is None:
        raise TypeError("a moment without a zone is no moment")
    return value.astimezone(zone)


@cache
def _locale(language: str) -> "Locale":
    from babel import Locale  # slow to import: a service takes webhooks before it writes to anybody

    return Locale.parse(language)


@cache
def _decimal_mark(language: str) -> str:
    from babel.numbers import get_decimal_symbol  # as in _locale

    return get_decimal_symbol(_locale(language))
