"""Each sort of value: what somebody types is read, and written as an author writes it.

What is written is made from what was read, but for set times: of those the words stay,
which the reading has found to be its own. Nothing that somebody typed reaches a file
without having been read as the one value that it is.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from bot.core import words
from bot.core.hint import listing
from bot.core.lapse import parse_lapse
from bot.core.literal import (
    UNITS,
    Wall,
    parse_count,
    parse_date,
    parse_duration,
    parse_money,
    parse_percent,
    parse_wall,
)
from bot.core.money import MINUS
from bot.core.resource import Type
from bot.core.rule import Mode
from bot.core.seen import round_money
from bot.core.slots import Cron, parse_schedule
from bot.rulebook.rule_parts import parse_at_most, parse_limit

LONGEST = 100
"""Characters: no value of a rule comes near it."""
_WORDED = re.compile(r"(\d{1,6}) ?([a-z ]+?)s?", re.ASCII)
_UNITS = ("minute", "hour", "day", "week", "working hour", "working day")


class Sort(StrEnum):
    """What a value is."""

    AMOUNT = "amount"
    COUNT = "count"
    PERCENT = "percentage"
    LENGTH = "length of time"
    TIMES = "set times"
    CRON = "cron line"
    MOMENT = "moment"
    DAY = "day"
    OFTEN = "how often"
    MODE = "mode"


EXAMPLES: Mapping[Sort, str] = {
    Sort.AMOUNT: "22 000 SEK",
    Sort.COUNT: "3",
    Sort.PERCENT: "12.5 %",
    Sort.LENGTH: "45 minutes",
    Sort.TIMES: "Friday 15:00",
    Sort.CRON: "0 8 * * 1-5",
    Sort.MOMENT: "15:00",
    Sort.DAY: "Fri 13 Nov 2026",
    Sort.OFTEN: "1 per 7 days",
    Sort.MODE: listing(list(Mode)),
}


@dataclass(frozen=True, slots=True)
class Read:
    """A value as it is written in a file. Two with one `meaning` are the same value."""

    text: str
    meaning: Any


Reads = Callable[[str], Read]
"""Raises ValueError with a sentence for whoever typed it."""


def one_line(text: str) -> str:
    """What somebody typed, with its spaces squeezed. Raises ValueError where it is no short line of text."""
    if len(text) > LONGEST:
        raise ValueError(f"that is longer than {LONGEST} characters")
    said = text.replace("\u00a0", " ").replace("\u202f", " ")
    if not said.isprintable():
        raise ValueError("a value is one line, without tabs or other signs that cannot be seen")
    squeezed = " ".join(said.split())
    if not squeezed:
        raise ValueError("the value is missing")
    return squeezed


def _amount(text: str) -> Read:
    amount = parse_money(text)
    return Read(round_money(amount).replace(MINUS, "-"), amount)


def _limit(text: str) -> Read:
    amount = parse_limit(text)
    return Read(round_money(amount), amount)


def _count(text: str) -> Read:
    count = parse_count(text)
    return Read(str(count), count)


def _percent(text: str) -> Read:
    value = parse_percent(text if text.endswith("%") else f"{text} %")
    shown = value.normalize() if value else Decimal(0)
    return Read(f"{shown:f} %", value)


def _worded(text: str) -> str:
    """`45 minutes`, with the unit in its number. Raises ValueError."""
    match = _WORDED.fullmatch(text.lower())
    if match is None or match[2] not in (*_UNITS, *UNITS):
        raise ValueError(f'"{text}" is not a length of time such as 45 minutes')
    count = int(match[1])
    return f"{count} {match[2]}{'' if count == 1 else 's'}"


def _duration(text: str) -> Read:
    said = _worded(text)
    return Read(said, parse_duration(said))


def _span(text: str) -> Read:
    """A length in working time or not, as a line says it: three days are not 72 hours there."""
    said = _worded(text)
    return Read(said, said)


def _lapse(text: str) -> Read:
    lapse = parse_lapse(text)
    return Read(lapse.words, lapse)


def _times(text: str) -> Read:
    return Read(text, parse_schedule(text).form)


def _cron(text: str) -> Read:
    form = parse_schedule(f"cron {text}").form
    if not isinstance(form, Cron):
        raise ValueError(f'"{text}" is not a cron line such as {EXAMPLES[Sort.CRON]}')
    return Read(text, form)


def _moment(text: str) -> Read:
    wall = parse_wall(text)
    at = f"{wall.at:%H:%M:%S}" if wall.at.second else f"{wall.at:%H:%M}"
    return Read(f"{words.day_and_year(wall.day)} {at}" if wall.day else at, wall)


def _day(text: str) -> Read:
    day = parse_date(text)
    return Read(words.day_and_year(day), day)


def _often(text: str) -> Read:
    return Read(text.lower(), parse_at_most(text.lower()))


def _mode(text: str) -> Read:
    if text.lower() not in list(Mode):
        raise ValueError(f'"{text}" is not a mode. Known are: {listing(list(Mode))}.')
    return Read(text.lower(), Mode(text.lower()))


LIMIT, DURATION, SPAN, LAPSE, TIMES, CRON, OFTEN, MODE, COUNT = (
    _limit, _duration, _span, _lapse, _times, _cron, _often, _mode, _count,
)  # fmt: skip
OF_TYPE: Mapping[Type, tuple[Sort, Reads]] = {
    Type.MONEY: (Sort.AMOUNT, _amount),
    Type.COUNT: (Sort.COUNT, _count),
    Type.PERCENT: (Sort.PERCENT, _percent),
    Type.DURATION: (Sort.LENGTH, _duration),
    Type.DATE: (Sort.DAY, _day),
}
"""What a field is compared with, where that is a value: words and yes or no are none."""


def of_time(other: Wall | date) -> tuple[Sort, Reads]:
    """What stands after "before" or "after"."""
    return (Sort.MOMENT, _moment) if isinstance(other, Wall) else (Sort.DAY, _day)
