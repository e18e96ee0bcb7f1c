"""Amounts, days and times as people read them, on pages and in mails alike.

The names of days and months are written out here, because those of `strftime` change
with the machine's locale and a mail must not. Amounts hold together: no-break spaces,
a true minus, and every decimal that the amount has.
"""

from datetime import date, datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal

from bot.core.money import MINUS, NBSP, Money

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def money(value: Money) -> str:
    """`18 450.25 SEK`."""
    return str(value)


def amount(value: Money) -> str:
    """`18 450.25`, for a column whose head names the currency."""
    return value.plain().removesuffix(f" {value.currency}").replace(" ", NBSP)


def signed(value: Money) -> str:
    """`+5 135.00`, `−369.75`: a difference, without its currency; no difference has no sign."""
    return f"+{amount(value)}" if value.amount > 0 else amount(value)


def percent(value: Decimal) -> str:
    """`+23.8 %`, `−5.0 %`: a difference in percent, to one decimal, halves away from zero."""
    rounded = value.quantize(Decimal("0.1"), ROUND_HALF_UP)
    sign = "+" if rounded > 0 else MINUS if rounded < 0 else ""
    return f"{sign}{abs(rounded):f}{NBSP}%"


def day(value: date) -> str:
    """`Thu 26 Nov`. A datetime is refused: which day it is depends on a zone."""
    if isinstance(value, datetime):
        raise TypeError("a moment has no day without a zone: use moment")
    return f"{_DAYS[value.weekday()]} {value.day} {_MONTHS[value.month - 1]}"


def day_and_year(value: date) -> str:
    """`Thu 26 Nov 2026`, where the year may not be this one."""
    return f"{day(value)} {value.year}"


def clock(value: datetime, zone: tzinfo) -> str:
    """`16:30`, on the clocks of the zone."""
    local = _local(value, zone)
    return f"{local.hour:02}:{local.minute:02}"


def moment(value: datetime, zone: tzinfo) -> str:
    """`Tue 24 Nov 16:00`, on the calendar and clocks of the zone."""
    return f"{day(_local(value, zone).date())} {clock(value, zone)}"


def _local(value: datetime, zone: tzinfo) -> datetime:
    if value.tzinfo is None:
        raise TypeError("a moment without a zone is no moment")
    return value.astimezone(zone)
