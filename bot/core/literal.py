"""Values as an author writes them: `20 000 SEK`, `10 %`, `Fri 13 Nov 2026 15:05`.

A wall time stays one here (`Wall`); only a work calendar knows which instant it is.
Every refusal is a ValueError whose text can be shown to the author. Digits are 0 to 9:
Python reads those of every script as numbers, and whoever checks a rule may not.
"""

import re
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal

from bot.core.hint import guess, listing
from bot.core.money import Money
from bot.core.resource import Field, Type

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
UNITS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
LONGEST = timedelta(days=3653)
"""What is waited for longer than ten years leads out of the calendar."""
MOST_DIGITS = 15
"""Of an amount, before its point: no pay run comes to more, and arithmetic stays exact."""
_WORDED = re.compile(r"(?:([a-z]+),? )?(\d{1,2}) ([a-z]+)(?: (\d{4}))?", re.IGNORECASE | re.ASCII)
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)
_TIME = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wall:
    """A time on the wall, still without a zone. Without a day it is the day of `now`."""

    day: date | None
    at: time


Literal = Money | Decimal | int | timedelta | Wall | date | str | bool


def parse_time(text: str) -> time:
    match = _TIME.fullmatch(text.strip())
    if match is None or int(match[1]) > 23 or int(match[2]) > 59 or int(match[3] or 0) > 59:
        raise ValueError(f'"{text}" is not a time such as 15:05')
    return time(int(match[1]), int(match[2]), int(match[3] or 0))


def parse_weekday(text: str) -> int:
    """0 for Monday. Accepts `Fri` for Friday."""
    word = text.strip().lower()
    for number, name in enumerate(WEEKDAYS):
        if len(word) >= 3 and name.startswith(word):
            return number
    raise ValueError(f'"{text}" is not a day of the week such as Friday')


def parse_date(text: str) -> date:
    """`Fri 13 Nov 2026`, `13 November 2026` or `2026-11-13`."""
    squeezed = " ".join(text.split())
    iso, worded = _ISO.fullmatch(squeezed), _WORDED.fullmatch(squeezed)
    try:
        if iso is not None:
            return _in_range(date(int(iso[1]), int(iso[2]), int(iso[3])))
        if worded is not None and worded[4] and worded[3].lower()[:3] in MONTHS:
            day = date(int(worded[4]), MONTHS.index(worded[3].lower()[:3]) + 1, int(worded[2]))
            if worded[1] and parse_weekday(worded[1]) != day.weekday():
                raise ValueError(
                    f"{worded[2]} {worded[3]} {worded[4]} is a {WEEKDAYS[day.weekday()].title()}"
                )
            return _in_range(day)
    except ValueError as error:
        raise ValueError(f'"{text}" is not a date: {error}') from None
    raise ValueError(f'"{text}" is not a date such as Fri 13 Nov 2026 or 2026-11-13')


def _in_range(day: date) -> date:
    """Far outside, the arithmetic of days and zones ends; no pay run is there."""
    if not 1990 <= day.year <= 2199:
        raise ValueError("no pay run is in that year")
    return day


def parse_wall(text: str) -> Wall:
    """`Fri 13 Nov 2026 15:05`, `2026-11-13 15:05`, or a time alone."""
    squeezed = " ".join(text.replace("T", " ").split()) if _ISO.match(text) else " ".join(text.split())
    day, _, at = squeezed.rpartition(" ")
    if not _TIME.fullmatch(at):
        raise ValueError(f'"{text}" is not a moment such as Fri 13 Nov 2026 15:05')
    return Wall(parse_date(day) if day else None, parse_time(at))


def parse_duration(text: str) -> timedelta:
    """`30 minutes`, `1 hour`, `7 days`."""
    match = re.fullmatch(r"(\d+) ?([a-z]+?)s?", " ".join(text.split()).lower(), re.ASCII)
    if match is None or match[2] not in UNITS or len(match[1]) > 6:
        raise ValueError(f'"{text}" is not a length of time such as 30 minutes')
    length = int(match[1]) * UNITS[match[2]]
    if length > LONGEST:
        raise ValueError(f'"{text}" is longer than ten years')
    return length


def parse_count(text: str) -> int:
    squeezed = "".join(text.split())
    if not re.fullmatch(r"\d{1,12}", squeezed, re.ASCII):
        raise ValueError(f'"{text}" is not a whole number')
    return int(squeezed)


def parse_money(text: str) -> Money:
    """`20 000 SEK`."""
    if any(sign.isdigit() and not sign.isascii() for sign in text):
        raise ValueError(f'"{text}" is not an amount: its digits are 0 to 9')
    if re.fullmatch(r"\D*\d{1,3}\.\d{3}\D*", text):
        whole, thousands = re.sub(r"\.\d+", "", text), text.replace(".", " ")
        raise ValueError(f'"{text}" can be read in two ways: write {thousands}, or {whole}')
    amount = Money.parse(text)
    if abs(amount.amount) >= 10**MOST_DIGITS or len(amount.amount.as_tuple().digits) > 2 * MOST_DIGITS:
        raise ValueError(f"no amount has more than {MOST_DIGITS} digits")
    return amount


def parse_percent(text: str) -> Decimal:
    """`10 %`. The sign is required, so that nobody wonders whether 0.1 was meant."""
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?) ?%", text.strip(), re.ASCII)
    if match is None:
        raise ValueError(f'"{text}" is not a percentage such as 10 %')
    return Decimal(match[1])


def parse_flag(text: str) -> bool:
    match text.strip().lower():
        case "yes":
            return True
        case "no":
            return False
        case _:
            raise ValueError(f'"{text}" is neither yes nor no')


def parse_literal(field: Field, text: str) -> Literal:
    """A value of the field's type. Raises ValueError with a sentence for the author."""
    match field.type:
        case Type.MONEY:
            return parse_money(text)
        case Type.COUNT:
            return parse_count(text)
        case Type.PERCENT:
            return parse_percent(text)
        case Type.DURATION:
            return parse_duration(text)
        case Type.INSTANT:
            return parse_wall(text)
        case Type.DATE:
            return parse_date(text)
        case Type.FLAG:
            return parse_flag(text)
        case Type.STATUS:
            word = " ".join(text.split()).lower()
            if word not in field.words:
                near = guess(word, field.words) or f" It is one of: {listing(field.words)}."
                raise ValueError(f'"{text}" is not a {field.name} here.{near}')
            return word
        case Type.TEXT:
            return " ".join(text.split())
