"""Lengths, periods and set times of a rule as letters say them, in the language of whoever reads."""

from dataclasses import dataclass
from datetime import date, timedelta

from babel.dates import format_date

from bot.core.lapse import Lapse
from bot.core.seen import span as english_span
from bot.core.sentence import LANGUAGES
from bot.core.sentence.values import times as times_in
from bot.core.slots import Schedule
from bot.core.words import ENGLISH, Said


@dataclass(frozen=True, slots=True)
class Times:
    of: Schedule

    def text(self, language: str) -> str:
        return self.of.times if language == ENGLISH else times_in(LANGUAGES[language], self.of)


@dataclass(frozen=True, slots=True)
class Lapsed:
    of: Lapse

    def text(self, language: str) -> str:
        if language == ENGLISH:
            return self.of.words
        return LANGUAGES[language].length(self.of.count, self.of.unit)


@dataclass(frozen=True, slots=True)
class Span:
    of: timedelta

    def text(self, language: str) -> str:
        said = english_span(self.of)
        if language == ENGLISH:
            return said
        counts, units = said.split()[::2], said.split()[1::2]
        pairs = zip(counts, units, strict=True)
        return " ".join(
            LANGUAGES[language].length(int(count), unit.removesuffix("s")) for count, unit in pairs
        )


@dataclass(frozen=True, slots=True)
class Period:
    start: date
    end: date

    def text(self, language: str) -> str:
        is_one_month = self.start.month == self.end.month
        first = str(self.start.day) if is_one_month else _day_of_month(self.start, language)
        last = _day_of_month(self.end, language)
        return f"{first} to {last}" if language == ENGLISH else f"{first}\u2013{last}"


@dataclass(frozen=True, slots=True)
class StatusWord:
    """A status in the words of rules."""

    word: str

    def text(self, language: str) -> str:
        return LANGUAGES[language].status(self.word)


def times(schedule: Schedule) -> Said:
    """`every Friday at 15:00`."""
    return Said(Times(schedule))


def lapse(length: Lapse) -> Said:
    """`4 working hours`."""
    return Said(Lapsed(length))


def span(length: timedelta) -> Said:
    """`10 minutes`, `2 days 3 hours`."""
    return Said(Span(length))


def period(start: date, end: date) -> Said:
    """`2 to 15 November`."""
    return Said(Period(start, end))


def status(word: str) -> Said:
    """`open`: a status as rules name it, which is not the vendor's own word."""
    return Said(StatusWord(word))


def _day_of_month(value: date, language: str) -> str:
    return format_date(value, "d MMMM", locale=language)
