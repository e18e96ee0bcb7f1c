"""Schedules: the times at which a rule is asked, from its words.

A slot is a time on the wall of one work calendar; its name is that wall time, without
an offset, so that a slot has one name for ever. Where the clock skips it, it is due at
the first minute that exists; where it comes twice, at its first coming. Slots that
fall on one instant are one, with the name of the first.

The days are those of the work calendar. `Friday` and `25th` move off a closed day as
cut-offs do, and on a half day nothing comes later than its closing hour. A `31st` is
the last day of any month. `day` and `cron` know no closed days and never move.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import count
from typing import Protocol

from cronsim import CronSim, CronSimError

from bot.core.hint import guess
from bot.core.literal import WEEKDAYS, parse_time, parse_weekday
from bot.core.workdays import DAY, CutOff, MonthlyCutOff, WeeklyCutOff, WorkCalendar

EXAMPLES = "working day at 09:00, first working day of the week 08:00, Friday 15:00, 25th 08:00, day 07:00"
_TIMED = re.compile(r"(?:every )?(.+?),?(?: at)? (\d{1,2}:\d{2})", re.ASCII | re.IGNORECASE)
_BY_NUMBER = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th)(?: of the month)?(?:, (\d{1,2}) working days? before)?", re.ASCII
)
_CRON = re.compile(r"cron:? (.+)", re.IGNORECASE)
_LONGEST_CRON = 100
_ANY_DAY = datetime.combine(date(2026, 1, 1), time())
"""Any day shows whether a cron line ever comes."""


class Days(StrEnum):
    """Days that a schedule names by what they are."""

    ALL = "day"
    WORKING = "working day"
    FIRST_OF_WEEK = "first working day of the week"
    LAST_OF_WEEK = "last working day of the week"
    FIRST_OF_MONTH = "first working day of the month"
    LAST_OF_MONTH = "last working day of the month"


@dataclass(frozen=True, slots=True)
class OnDays:
    days: Days
    at: time


@dataclass(frozen=True, slots=True)
class Cron:
    """Five fields, read as Debian's cron reads them, over the wall time of the calendar."""

    line: str


@dataclass(frozen=True, slots=True)
class Slot:
    """One due time. `name` is its wall time, `2026-10-25 02:30`."""

    name: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a rule is asked. `words` are the author's, in one form: `Friday at 15:00`."""

    words: str
    form: OnDays | CutOff | Cron

    @property
    def times(self) -> str:
        """`every Friday at 15:00`, as it stands inside a sentence."""
        return f"by {self.words}" if isinstance(self.form, Cron) else f"every {self.words}"

    def next_slot(self, after: datetime, calendar: WorkCalendar) -> Slot:
        """The first slot later than an instant. Asked again with its due time, the one after it."""
        for wall in self._walls(calendar.local(after).replace(tzinfo=None), calendar):
            due_at = calendar.instant(wall.date(), wall.time())
            if due_at > after:
                return Slot(f"{wall:%Y-%m-%d %H:%M}", due_at)
        raise AssertionError(f"{self.words} has no slot after {after}")

    def _walls(self, since: datetime, calendar: WorkCalendar) -> Iterator[datetime]:
        """Every wall time later than `since`, in order, with some before it.

        No other can be due later: a skipped time is due when the wall has passed it, and
        one that comes twice was due before it comes again.
        """
        match self.form:
            case Cron(line):
                return CronSim(line, since)
            case OnDays(days, at):
                found = _days(days, since.date(), calendar)
                if days is Days.ALL:
                    return (datetime.combine(day, at) for day in found)
                return (calendar.in_time(day, at) for day in found)
            case WeeklyCutOff() | MonthlyCutOff() as rule:
                return calendar.cut_offs(rule, since.date())


class Times(Protocol):
    """Set times on the wall of a work calendar, and how they are said."""

    @property
    def words(self) -> str: ...

    def next_slot(self, after: datetime, calendar: WorkCalendar) -> Slot:
        """The first time later than an instant."""


def latest_slots(
    schedule: Times, calendar: WorkCalendar, after: datetime, until: datetime, *, at_most: int
) -> list[Slot]:
    """The last slots that are later than `after` and not later than `until`, in order.

    However far apart the two are, no more than some multiple of `at_most` is worked out.
    """
    reach = timedelta(hours=1)
    while True:
        since = max(after, until - reach)
        found: list[Slot] = []
        while (slot := schedule.next_slot(found[-1].due_at if found else since, calendar)).due_at <= until:
            found.append(slot)
        if since == after or len(found) >= at_most:
            return found[-at_most:]
        reach *= 4


def _days(days: Days, since: date, calendar: WorkCalendar) -> Iterator[date]:
    match days:
        case Days.ALL:
            return (since + number * DAY for number in count())
        case Days.WORKING:
            return (day for number in count() if calendar.is_working(day := since + number * DAY))
        case Days.FIRST_OF_WEEK:
            return (working[0] for week in _weeks(since) if (working := _working(week, calendar)))
        case Days.LAST_OF_WEEK:
            return (working[-1] for week in _weeks(since) if (working := _working(week, calendar)))
        case Days.FIRST_OF_MONTH:
            return (working[0] for month in _months(since) if (working := _working(month, calendar)))
        case Days.LAST_OF_MONTH:
            return (working[-1] for month in _months(since) if (working := _working(month, calendar)))


def _working(days: list[date], calendar: WorkCalendar) -> list[date]:
    return [day for day in days if calendar.is_working(day)]


def _weeks(since: date) -> Iterator[list[date]]:
    monday = since - since.weekday() * DAY
    return ([monday + (7 * week + number) * DAY for number in range(7)] for week in count())


def _months(since: date) -> Iterator[list[date]]:
    first = since.replace(day=1)
    while True:
        following = (first + 31 * DAY).replace(day=1)
        yield [first + number * DAY for number in range((following - first).days)]
        first = following


# -- words ---------------------------------------------------------------------------


def parse_schedule(text: str) -> Schedule:
    """`first working day of the week 08:00`, `Friday 15:00`, `cron 0 8 * * 1-5`.

    Raises ValueError with a sentence for the author.
    """
    words = " ".join(text.split())
    cron = _CRON.fullmatch(words)
    if cron is not None:
        return Schedule(f"cron {cron[1]}", Cron(_cron(cron[1])))
    timed = _TIMED.fullmatch(words)
    if timed is None:
        raise ValueError(f'"{words}" says no time of day. It takes for example: {EXAMPLES}, cron 0 8 * * 1-5')
    at = parse_time(timed[2])
    return Schedule(f"{timed[1]} at {at:%H:%M}", _form(timed[1], at))


def _form(said: str, at: time) -> OnDays | CutOff:
    day = said.lower()
    if day in list(Days):
        return OnDays(Days(day), at)
    if day == "last day of the month":
        return MonthlyCutOff(31, 0, at)
    numbered = _BY_NUMBER.fullmatch(day)
    if numbered is not None and 1 <= int(numbered[1]) <= 31:
        return MonthlyCutOff(int(numbered[1]), int(numbered[2] or 0), at)
    try:
        return WeeklyCutOff(parse_weekday(day), at)
    except ValueError:
        near = guess(day, [*Days, *WEEKDAYS, "last day of the month"])
        known = near or f" It takes for example: {EXAMPLES}, cron 0 8 * * 1-5"
        raise ValueError(f'"{said}" is not a day on which a rule can be asked.{known}') from None


def _cron(line: str) -> str:
    fields = line.split()
    if len(fields) != 5:
        raise ValueError(
            f'"{line[:_LONGEST_CRON]}" has {len(fields)} fields, and a cron line has five: '
            "minute, hour, day of the month, month, day of the week"
        )
    try:
        if len(line) > _LONGEST_CRON:
            raise ValueError(f"a cron line has at most {_LONGEST_CRON} characters")
        next(CronSim(line, _ANY_DAY))
    except CronSimError as error:
        raise ValueError(f'"{line}" is not a cron line: {str(error).lower()}') from None
    except StopIteration:
        raise ValueError(f'"{line}" never comes') from None
    return line
