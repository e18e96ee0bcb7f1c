"""Working days, cut-offs and deadlines of one work calendar, in its own zone.

Three things here surprise:

- A half day is a working day that closes early. In the `holidays` library it is known
  by its name ("from 2pm"); a deadline later that day comes forward to the closing hour.
- A wall time that the clock skips is the first minute that exists; one that comes
  twice is its first coming. So every slot happens once.
- "Today" counts: the end of the first working day from now is tonight, if today is one.

The zone's rules and the holidays come from data files that travel with the program;
nothing here reads a clock.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from itertools import count, takewhile
from zoneinfo import ZoneInfo

import holidays

from bot.core.words import ENGLISH, LanguageCode, in_each, say

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
_FROM = re.compile(r"\(from (\d{1,2})(?:[:.](\d\d))? ?(am|pm)?\)", re.IGNORECASE)
_FAR_MOVED = 21 * DAY
"""No holidays move a cut-off further."""
_FAR_DAYS = 800
"""No work calendar is closed for longer; a search that gets here is a bug of ours."""


class IfClosed(StrEnum):
    """Where a date on a closed day moves."""

    BEFORE = "before"
    AFTER = "after"
    NEAREST = "nearest"


@dataclass(frozen=True, slots=True)
class WeeklyCutOff:
    """`Friday 15:00`. `weekday` counts from Monday as 0."""

    weekday: int
    at: time


@dataclass(frozen=True, slots=True)
class MonthlyCutOff:
    """`25th, 3 working days before, 12:00`; day 31 is the last day of any month."""

    day: int
    working_days_before: int
    at: time


CutOff = WeeklyCutOff | MonthlyCutOff


@dataclass(frozen=True, slots=True)
class BeforePayDate:
    """`2 working days before pay date 16:00`."""

    working_days: int
    at: time


@dataclass(frozen=True, slots=True)
class WeekdayAfterCutOff:
    """`Thursday after cut-off`: the first such weekday later than the cut-off's day."""

    weekday: int


@dataclass(frozen=True, slots=True)
class DaysAfterPeriodEnd:
    """`10 days after period end`."""

    days: int


OwnPayDate = WeekdayAfterCutOff | DaysAfterPeriodEnd


@dataclass(frozen=True, slots=True)
class CalendarSpec:
    """A work calendar as `calendars.yaml` says it, parsed."""

    name: str
    zone: str
    country: str | None = None
    subdivision: str | None = None
    categories: tuple[str, ...] = ("public",)
    half_days_close: time | None = None
    """Overrides the hour that is in a half day's name."""
    opens: time = time(8)
    closes: time = time(17)
    if_closed: IfClosed = IfClosed.BEFORE
    extra_closed: tuple[date, ...] = ()
    cut_offs: Mapping[str, CutOff] = field(default_factory=dict)
    """By name; `input` is the one behind the field `input cut-off`."""
    bank_deadline: BeforePayDate | None = None
    approval_deadline: BeforePayDate | None = None
    pay_date: OwnPayDate | None = None
    """Ours, for vendors that give none."""


@cache
def named_holidays(
    country: str | None,
    subdivision: str | None,
    categories: tuple[str, ...],
    year: int,
    language: LanguageCode = "en",
) -> Mapping[date, str]:
    """The year's holidays by day, their names joined by "; ".

    They are in English for a language that the library does not have for this country: it
    would give those of the country's own. Raises ValueError or NotImplementedError where the
    library does not know the country, its part or a category.
    """
    if country is None:
        return {}
    known = holidays.country_holidays(country).supported_languages
    named = [one for one in known if one.partition("_")[0] == language and language != ENGLISH]
    found = holidays.country_holidays(
        country,
        subdiv=subdivision,
        years=year,
        categories=categories,
        language=named[0] if named else "en_US",
    )
    return {day: name for day, name in sorted(found.items()) if day.year == year}


def early_close(name: str) -> time | None:
    """The hour in "Maundy Thursday (from 2pm)"; None when the whole day is closed.

    A day that is a half day in one category and a holiday in another is closed.
    """
    hours = []
    for part in name.split("; "):
        match = _FROM.search(part)
        if match is None:
            return None
        hour = int(match[1]) % 12 + 12 if (match[3] or "").lower() == "pm" else int(match[1])
        hours.append(time(hour, int(match[2] or 0)))
    return min(hours)


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """What a `CalendarSpec` means on any day. Instants go in and come out aware, in UTC."""

    spec: CalendarSpec

    @property
    def name(self) -> str:
        return self.spec.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.spec.zone)

    def without_holidays(self) -> "WorkCalendar":
        """The same in a year in which only weekends are closed."""
        return WorkCalendar(replace(self.spec, country=None, subdivision=None, extra_closed=()))

    def local(self, instant: datetime) -> datetime:
        return instant.astimezone(self.zone)

    def today(self, now: datetime) -> date:
        return self.local(now).date()

    def instant(self, day: date, at: time) -> datetime:
        """The instant of a wall time; the first minute that exists where it is skipped."""
        wall = datetime.combine(day, at)
        while True:
            instant = wall.replace(tzinfo=self.zone, fold=0).astimezone(UTC)
            if self.local(instant).replace(tzinfo=None) == wall:
                return instant
            wall = wall.replace(second=0, microsecond=0) + MINUTE

    def start_of(self, day: date) -> datetime:
        return self.instant(day, time())

    def end_of(self, day: date) -> datetime:
        """The first instant that is no longer that day."""
        return self.start_of(day + DAY)

    # -- days --------------------------------------------------------------------

    def holiday(self, day: date) -> str | None:
        """The name of the holiday or half day, for the screens."""
        if day in self.spec.extra_closed:
            return say("closed by the calendar")
        name = self._named(day)
        return None if name is None else in_each(lambda language: self._named(day, language) or name)

    def _named(self, day: date, language: LanguageCode = "en") -> str | None:
        spec = self.spec
        return named_holidays(spec.country, spec.subdivision, spec.categories, day.year, language).get(day)

    def closes_at(self, day: date) -> time | None:
        """When work ends on that day; None when it is closed all day."""
        if day.weekday() >= 5 or day in self.spec.extra_closed:
            return None
        name = self._named(day)
        if name is None:
            return self.spec.closes
        early = early_close(name)
        if early is None:
            return None
        return min(self.spec.half_days_close or early, self.spec.closes)

    def is_working(self, day: date) -> bool:
        return self.closes_at(day) is not None

    def is_half_day(self, day: date) -> bool:
        closes = self.closes_at(day)
        return closes is not None and closes < self.spec.closes

    def _step(self, day: date, count: int, step: timedelta) -> date:
        left = count
        for _ in range(_FAR_DAYS):
            if left <= 0:
                return day
            day += step
            left -= self.is_working(day)
        raise AssertionError(f"calendar {self.name} has no {count} working days near {day}")

    def working_days_before(self, day: date, count: int) -> date:
        """The count-th working day before `day`, which itself does not count."""
        return self._step(day, count, -DAY)

    def working_days_after(self, day: date, count: int) -> date:
        """The count-th working day after `day`, which itself does not count."""
        return self._step(day, count, DAY)

    def move(self, day: date) -> date:
        """`day`, or where `if_closed` puts it when that is closed."""
        if self.is_working(day):
            return day
        before, after = self.working_days_before(day, 1), self.working_days_after(day, 1)
        match self.spec.if_closed:
            case IfClosed.BEFORE:
                return before
            case IfClosed.AFTER:
                return after
            case IfClosed.NEAREST:
                return before if day - before <= after - day else after

    # -- working time ------------------------------------------------------------

    def _working_times(self, since: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The stretches of working time that end after `since`, in order."""
        first = self.today(since)
        for offset in range(_FAR_DAYS):
            day = first + offset * DAY
            closes = self.closes_at(day)
            if closes is None:
                continue
            start, end = self.instant(day, self.spec.opens), self.instant(day, closes)
            if end > since and end > start:
                yield max(start, since), end

    def next_working_time(self, now: datetime) -> datetime:
        """`now` when that is working time, else the next opening."""
        return next(self._working_times(now))[0]

    def working_time_between(self, start: datetime, end: datetime) -> timedelta:
        """How much working time lies between two instants; zero when `end` is not later."""
        total = timedelta()
        for opened, closed in self._working_times(start):
            if opened >= end:
                break
            total += min(closed, end) - opened
        return total

    def when_worked(self, since: datetime, amount: timedelta, *, at_last: bool) -> datetime:
        """The first instant at which `amount` of working time has passed since `since`.

        With `at_last` the last such instant: five o'clock and eight the next morning
        are the same amount of work, and "more than" begins after the later one.
        """
        left = amount
        for opened, closed in self._working_times(since):
            if closed - opened > left or (closed - opened == left and not at_last):
                return opened + left
            left -= closed - opened
        raise AssertionError(f"calendar {self.name} has no {amount} of working time after {since}")

    # -- deadlines ---------------------------------------------------------------

    def in_time(self, day: date, at: time) -> datetime:
        """The wall time of `at` on that day, or of its closing hour when a half day ends before."""
        closes = self.closes_at(day)
        if closes is not None and self.is_half_day(day):
            at = min(at, closes)
        return datetime.combine(day, at)

    def _due(self, day: date, at: time) -> datetime:
        wall = self.in_time(day, at)
        return self.instant(wall.date(), wall.time())

    def cut_offs(self, rule: CutOff, around: date) -> Iterator[datetime]:
        """A cut-off's wall times, in order and without end, from some weeks before a day.

        Closed days move them, so two may be the same.
        """
        if isinstance(rule, WeeklyCutOff):
            days, before = _weekly_days(rule, around), 0
        else:
            days, before = _monthly_days(rule, around), rule.working_days_before
        for day in days:
            yield self.in_time(self.working_days_before(self.move(day), before), rule.at)

    def next_cut_off(self, name: str, at_or_after: datetime) -> datetime | None:
        """The first cut-off of that name at or after an instant; None without such a one."""
        rule = self.spec.cut_offs.get(name)
        if rule is None:
            return None
        walls = self.cut_offs(rule, self.today(at_or_after))
        slots = (self.instant(wall.date(), wall.time()) for wall in walls)
        return next(slot for slot in slots if slot >= at_or_after)

    def _usual_day(self, cut_off: datetime) -> date:
        """The day of an input cut-off in a year without holidays; its own where none moved it."""
        day, rule, bare = self.today(cut_off), self.spec.cut_offs.get("input"), self.without_holidays()
        if rule is None:
            return day
        usual = list(takewhile(lambda wall: wall.date() <= day + _FAR_MOVED, bare.cut_offs(rule, day)))
        if any(bare.instant(wall.date(), wall.time()) == cut_off for wall in usual):
            return day
        moved = zip(self.cut_offs(rule, day), usual, strict=False)
        found = [was.date() for wall, was in moved if self.instant(wall.date(), wall.time()) == cut_off]
        return found[-1] if found else day

    def bank_deadline(self, effective_pay_date: date) -> datetime | None:
        return self._before_pay_date(self.spec.bank_deadline, effective_pay_date)

    def approval_deadline(self, effective_pay_date: date) -> datetime | None:
        return self._before_pay_date(self.spec.approval_deadline, effective_pay_date)

    def _before_pay_date(self, rule: BeforePayDate | None, pay_date: date) -> datetime | None:
        if rule is None:
            return None
        return self._due(self.working_days_before(pay_date, rule.working_days), rule.at)

    def own_pay_date(self, cut_off: datetime | None, period_end: date | None) -> date | None:
        """The pay date where the vendor gives none, before it is moved off a closed day."""
        match self.spec.pay_date:
            case WeekdayAfterCutOff(weekday) if cut_off is not None:
                # A cut-off that a holiday pulls forward must not pull the pay date before itself.
                day = self._usual_day(cut_off) + DAY
                return day + (weekday - day.weekday()) % 7 * DAY
            case DaysAfterPeriodEnd(days) if period_end is not None:
                return period_end + days * DAY
            case _:
                return None


def _weekly_days(rule: WeeklyCutOff, start: date) -> Iterator[date]:
    """That weekday, from two weeks before `start` on: a move may cross weeks."""
    monday = start - start.weekday() * DAY
    return (monday + week * 7 * DAY + rule.weekday * DAY for week in count(-2))


def _monthly_days(rule: MonthlyCutOff, start: date) -> Iterator[date]:
    for offset in count(-1):
        year, month = divmod(start.year * 12 + start.month - 1 + offset, 12)
        after_year, after_month = divmod(year * 12 + month + 1, 12)
        last = date(after_year, after_month + 1, 1) - DAY
        yield last.replace(day=min(rule.day, last.day))
