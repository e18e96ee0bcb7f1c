"""An example in the words of a rule's test, to be pasted behind its `given`."""

import json
import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import assert_never

from bot.core import words
from bot.core.literal import UNITS
from bot.core.money import MINUS, Money
from bot.core.prove.found import Example
from bot.core.resource import Known, Missing, Scalar, Unread, Value
from bot.core.seen import plural, round_money
from bot.core.workdays import WorkCalendar

_PLAIN = re.compile(r"\w[\w./-]*( [\w./-]+)*")
"""A text that YAML reads as it stands, inside `{…}`."""


def given_line(example: Example, calendar: WorkCalendar) -> str:
    """`status: open, cost: 50 000.01 SEK, now: Fri 13 Nov 2026 15:05`.

    Exact, so that the test says what the proof found; the fields in their order, now last.
    """
    said = {**example.values, "now": Known(example.now)}
    return ", ".join(f"{name}: {_value(value, calendar)}" for name, value in said.items())


def _value(value: Value, calendar: WorkCalendar) -> str:
    match value:
        case Known(known):
            return _scalar(known, calendar)
        case Missing():
            return "missing"
        case Unread():
            return "unknown"


def _scalar(value: Scalar, calendar: WorkCalendar) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case Money():
            return _money(value)
        case Decimal():
            return f"{value:f} %"
        case timedelta():
            return _length(value)
        case datetime():
            local = calendar.local(value)
            seconds = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
            return f"{words.day_and_year(local.date())} {seconds}"
        case date():
            return words.day_and_year(value)
        case int():
            return str(value)
        case str():
            return value if _PLAIN.fullmatch(value) else json.dumps(value, ensure_ascii=False)
        case _:
            assert_never(value)


def _money(value: Money) -> str:
    """With more than cents never three decimals, which could be thousands."""
    text = round_money(value).replace(MINUS, "-")
    return re.sub(r"(\.\d{3}) ", r"\g<1>0 ", text)


def _length(value: timedelta) -> str:
    """In the largest unit in which it is a whole number: a rule knows no "2 days 3 hours"."""
    word, unit = next(
        ((word, unit) for word, unit in reversed(UNITS.items()) if not value % unit),
        ("second", timedelta(seconds=1)),
    )
    return plural(value // unit, word)
