"""Values in a language, exactly: nothing is rounded, so that what is signed is what runs.

Texts stand in quotation marks, because they may hold any word of the sentence itself.
A closing mark within one is doubled.
"""

import re
from datetime import date, time, timedelta
from decimal import Decimal
from typing import assert_never

from bot.core.literal import Wall
from bot.core.money import MINUS, Money
from bot.core.resource import Field, Scalar, Type
from bot.core.sentence.language import Language
from bot.core.slots import Cron, OnDays, Schedule
from bot.core.workdays import MonthlyCutOff, WeeklyCutOff

_NAME = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_LENGTHS = (
    ("day", timedelta(days=1)),
    ("hour", timedelta(hours=1)),
    ("minute", timedelta(minutes=1)),
    ("second", timedelta(seconds=1)),
)


def money(language: Language, amount: Money) -> str:
    """`20 000 SEK`, `20 000.01 SEK`: every decimal that the amount has, and no others."""
    whole, _, cents = f"{amount.amount:,f}".partition(".")
    cents = cents.rstrip("0")
    shown = f"{whole}.{cents:0<2}" if cents else whole
    shown = shown.replace(",", " ").replace("-", MINUS).replace(".", language.decimal_mark)
    return f"{shown} {amount.currency}"


def percent(language: Language, value: Decimal) -> str:
    return f"{value.normalize():f} %".replace(".", language.decimal_mark)


def duration(language: Language, length: timedelta) -> str:
    """In the largest unit that leaves nothing over: `90 minutes`, not 1 hour 30."""
    unit, size = next((unit, size) for unit, size in _LENGTHS if not length % size)
    return language.length(length // size, unit)


def day(language: Language, value: date) -> str:
    """`Fri 13 Nov 2026`."""
    weekday = language.weekdays[value.weekday()][:3]
    return f"{weekday} {value.day} {language.months[value.month - 1]} {value.year}"


def clock(at: time) -> str:
    return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"


def moment(language: Language, wall: Wall) -> str:
    return f"{day(language, wall.day)} {clock(wall.at)}" if wall.day else clock(wall.at)


def quoted(language: Language, text: str) -> str:
    _, mark = language.phrases["quoted"].split("{text}")
    return language.say("quoted", text=text.replace(mark, mark * 2))


def name(language: Language, text: str) -> str:
    """An id as it is, anything else as a text."""
    return text if _NAME.fullmatch(text) else quoted(language, text)


def value(language: Language, field: Field, known: Scalar) -> str:
    match known:
        case bool():
            return language.say("yes" if known else "no")
        case Money():
            return money(language, known)
        case Decimal():
            return percent(language, known)
        case timedelta():
            return duration(language, known)
        case date():
            return day(language, known)
        case str():
            return language.status(known) if field.type is Type.STATUS else quoted(language, known)
        case _:
            return str(known)


def times(language: Language, schedule: Schedule) -> str:
    """When a schedule comes: `every Friday at 15:00`, `on the 25th of the month at 08:00`."""
    match schedule.form:
        case Cron(line):
            return language.say("cron", line=quoted(language, line))
        case OnDays(days, at):
            return language.say("at", day=language.say(f"on {days}"), at=clock(at))
        case WeeklyCutOff(weekday, at):
            every = language.say("every weekday", weekday=language.weekdays[weekday])
            return language.say("at", day=every, at=clock(at))
        case MonthlyCutOff(at=at) as monthly:
            named = language.say("on", day=day_of_month(language, monthly))
            return language.say("at", day=named, at=clock(at))
        case _:
            assert_never(schedule.form)


def day_of_month(language: Language, monthly: MonthlyCutOff) -> str:
    """`the 25th of the month`, `3 working days before the last day of the month`."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(monthly.day % 10 if monthly.day // 10 != 1 else 0, "th")
    numbered = language.say("numbered day", number=monthly.day, ending=ending)
    named = language.say("last day") if monthly.day == 31 else numbered
    if not monthly.working_days_before:
        return named
    length = language.length(monthly.working_days_before, "working day")
    return language.say("before day", length=length, day=named)
