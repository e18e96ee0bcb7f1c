"""rules/calendars.yaml: the work calendars, and how each is read aloud for a year."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from bot.core.hint import guess
from bot.core.literal import parse_date, parse_time, parse_weekday
from bot.core.seen import day as say_day
from bot.core.workdays import (
    DAY,
    BeforePayDate,
    CalendarSpec,
    CutOff,
    DaysAfterPeriodEnd,
    IfClosed,
    MonthlyCutOff,
    OwnPayDate,
    WeekdayAfterCutOff,
    WeeklyCutOff,
    WorkCalendar,
    named_holidays,
)
from bot.rulebook.document import Document, Items, Part, Table, Text, read
from bot.rulebook.reader import Reader

FILE = "calendars.yaml"
KEYS = (
    "zone", "holidays", "half_days", "working_hours", "if_closed", "extra_closed",
    "input_cut_off", "bank_deadline", "approval_deadline", "pay_date",
)  # fmt: skip
_MONTHLY = re.compile(r"(\d{1,2})(?:st|nd|rd|th)(?:, (\d{1,2}) working days? before)?,? (\d{1,2}:\d\d)")
_BEFORE = re.compile(r"(\d{1,2}) working days? before pay date (\d{1,2}:\d\d)")
_CHECKED_YEAR = 2026
"""Any year shows whether the library knows a country, its part and the categories."""


@dataclass(frozen=True, slots=True)
class Calendars:
    """What was read: the calendars that are right, and each one's canonical content."""

    by_name: Mapping[str, WorkCalendar]
    contents: Mapping[str, Any]


def plain(part: Part) -> Any:
    """A part as plain data: the content that a hash is made of, without its layout."""
    match part:
        case Text():
            return " ".join(part.value.split())
        case Items():
            return [plain(item) for item in part.items]
        case Table():
            return {name: plain(value) for name, value in part.values.items()}


def parse_calendars(text: str, file: str = FILE) -> tuple[Calendars, Document]:
    """Read calendars from a file's text; a broken one leaves the others standing."""
    document = read(file, text)
    reader = Reader(document)
    found: dict[str, WorkCalendar] = {}
    contents: dict[str, Any] = {}
    top = reader.table(document.root, "the file", ("calendars",)) if document.root is not None else None
    table = top.values.get("calendars") if top is not None else None
    if top is not None and not isinstance(table, Table):
        reader.refuse(top.spot, 'the file needs "calendars", with each calendar under its name')
    if isinstance(table, Table):
        for name, part in table.values.items():
            before = len(document.problems)
            spec = _spec(reader, name, part)
            last = part.end.line + 1 if isinstance(part, Table) else part.spot.line + 1
            untroubled = len(document.problems) == before and not document.is_troubled(part.spot.line, last)
            if spec is not None and untroubled:
                found[name] = WorkCalendar(spec)
                contents[name] = plain(part)
    return Calendars(found, contents), document


@lru_cache(maxsize=32)
def stored_calendars(text: str) -> Calendars:
    """The calendars of a stored text, read once: every version that was signed with it names it again."""
    return parse_calendars(text)[0]


def _spec(reader: Reader, name: str, part: Part) -> CalendarSpec | None:
    table = reader.table(part, "a calendar", KEYS)
    if table is None:
        return None
    what = f"calendar {name}"
    zone = reader.parsed(reader.text(table, "zone", what, required=True), _zone)
    country, subdivision, categories = _holidays(reader, table.values.get("holidays"))
    half = (
        reader.table(table.values["half_days"], "half_days", ("close",))
        if "half_days" in table.values
        else None
    )
    half_days_close = (
        reader.parsed(reader.text(half, "close", "half_days", required=True), parse_time) if half else None
    )
    hours = reader.parsed(reader.text(table, "working_hours", what), _hours) or (time(8), time(17))
    if_closed = reader.choice(reader.text(table, "if_closed", what), list(IfClosed), "a way to move a date")
    closed = [
        reader.parsed(one, parse_date) for one in reader.words(table.values.get("extra_closed"), "a day")
    ]
    cut_off = reader.parsed(reader.text(table, "input_cut_off", what), parse_cut_off)
    return CalendarSpec(
        name=name,
        zone=zone or "UTC",
        country=country,
        subdivision=subdivision,
        categories=categories,
        half_days_close=half_days_close,
        opens=hours[0],
        closes=hours[1],
        if_closed=IfClosed(if_closed or "before"),
        extra_closed=tuple(one for one in closed if one is not None),
        cut_offs={"input": cut_off} if cut_off is not None else {},
        bank_deadline=reader.parsed(reader.text(table, "bank_deadline", what), parse_before_pay_date),
        approval_deadline=reader.parsed(reader.text(table, "approval_deadline", what), parse_before_pay_date),
        pay_date=reader.parsed(reader.text(table, "pay_date", what), parse_own_pay_date),
    )


def _holidays(reader: Reader, part: Part | None) -> tuple[str | None, str | None, tuple[str, ...]]:
    categories: tuple[str, ...] = ("public",)
    if part is None:
        return None, None, categories
    table = reader.table(part, "holidays", ("country", "subdivision", "categories"))
    if table is None:
        return None, None, categories
    country = reader.text(table, "country", "holidays", required=True)
    subdivision = reader.text(table, "subdivision", "holidays")
    if "categories" in table.values:
        categories = tuple(word.value for word in reader.words(table.values["categories"], "a category"))
    if country is None:
        return None, None, categories
    part_of = subdivision.value if subdivision is not None else None
    try:
        named_holidays(country.value, part_of, categories, _CHECKED_YEAR)
    except (NotImplementedError, ValueError) as error:
        reader.refuse(country.spot, f"the holidays library does not know this: {error}")
    return country.value, part_of, categories


def _zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (KeyError, ValueError, OSError):
        zones = sorted(available_timezones())
        near = guess(text, zones) or "".join(
            f' Did you mean "{zone}"?' for zone in zones if zone.lower().endswith(f"/{text.lower()}")
        )
        raise ValueError(f'"{text}" is not a time zone such as Europe/Stockholm.{near}') from None


def _hours(text: str) -> tuple[time, time]:
    opens, dash, closes = text.partition("-")
    if not dash or parse_time(opens) >= parse_time(closes):
        raise ValueError(f'"{text}" are not working hours such as 08:00-17:00')
    return parse_time(opens), parse_time(closes)


def parse_cut_off(text: str) -> CutOff:
    """`Friday 15:00`, or `25th, 3 working days before, 12:00`."""
    squeezed = " ".join(text.split())
    monthly = _MONTHLY.fullmatch(squeezed)
    if monthly is not None and 1 <= int(monthly[1]) <= 31:
        return MonthlyCutOff(int(monthly[1]), int(monthly[2] or 0), parse_time(monthly[3]))
    day, _, at = squeezed.rpartition(" ")
    try:
        return WeeklyCutOff(parse_weekday(day), parse_time(at))
    except ValueError:
        raise ValueError(
            f'"{text}" is not a cut-off such as Friday 15:00 or 25th, 3 working days before, 12:00'
        ) from None


def parse_before_pay_date(text: str) -> BeforePayDate:
    match = _BEFORE.fullmatch(" ".join(text.split()))
    if match is None:
        raise ValueError(f'"{text}" is not a deadline such as 2 working days before pay date 16:00')
    return BeforePayDate(int(match[1]), parse_time(match[2]))


def parse_own_pay_date(text: str) -> OwnPayDate:
    squeezed = " ".join(text.split())
    if match := re.fullmatch(r"(\d{1,3}) days? after period end", squeezed):
        return DaysAfterPeriodEnd(int(match[1]))
    if match := re.fullmatch(r"(\w+) after cut-off", squeezed):
        return WeekdayAfterCutOff(parse_weekday(match[1]))
    raise ValueError(f'"{text}" is not a pay date such as Thursday after cut-off or 10 days after period end')


def calendars_of_the_year(calendar: WorkCalendar, year: int) -> Iterator[str]:
    """The closed and half days of a year that are not weekends, a line each."""
    current = date(year, 1, 1)
    while current.year == year:
        closes, name = calendar.closes_at(current), calendar.holiday(current)
        if name is not None and current.weekday() < 5:
            if closes is None:
                yield f"{say_day(current)}  closed  {name}"
            elif calendar.is_half_day(current):
                yield f"{say_day(current)}  until {closes:%H:%M}  {name}"
        current += DAY
