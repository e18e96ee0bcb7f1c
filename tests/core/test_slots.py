"""Every time of every schedule, over ten years in six zones, against a table made another way.

The table knows nothing of the code it checks. It walks through ten years of UTC half
hours and notes when each wall time first comes, or is first passed over; it counts
working days in one long list of days. All clocks here change at a half hour of UTC.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays
import pytest

from bot.core.slots import Schedule, Slot, latest_slots, parse_schedule
from bot.core.workdays import CalendarSpec, IfClosed, WorkCalendar
from tests.faults.tally import note

from .calendars import SE, at

DAY, HALF_HOUR = timedelta(days=1), timedelta(minutes=30)
BEGINS, ENDS = datetime(2021, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
CLOSED = (*(date(2026, 7, day) for day in range(6, 25)), date(2028, 2, 29))
"""A works holiday of three weeks, and a leap day."""
ZONES = {
    "Europe/Stockholm": ("SE", None, IfClosed.BEFORE),
    "Europe/London": ("GB", "ENG", IfClosed.AFTER),
    "Australia/Sydney": ("AU", "NSW", IfClosed.NEAREST),
    "America/New_York": ("US", None, IfClosed.BEFORE),
    "Australia/Lord_Howe": (None, None, IfClosed.AFTER),
    "Africa/Cairo": (None, None, IfClosed.BEFORE),
}
"""Lord Howe moves by half an hour, and Cairo skips midnight."""


def calendar_of(zone: str) -> WorkCalendar:
    country, part, if_closed = ZONES[zone]
    return WorkCalendar(
        CalendarSpec(zone, zone, country=country, subdivision=part, if_closed=if_closed, extra_closed=CLOSED)
    )


class Table:
    """One zone's ten years, in plain lists."""

    def __init__(self, zone: str) -> None:
        country, part, self.if_closed = ZONES[zone]
        named = holidays.country_holidays(country, subdiv=part, years=range(2020, 2033)) if country else {}
        first = date(2020, 1, 1)
        self.days = [first + number * DAY for number in range(12 * 366)]
        self.open = [day for day in self.days if day.weekday() < 5 and day not in named and day not in CLOSED]
        self.due = self._first_coming(ZoneInfo(zone))

    @staticmethod
    def _first_coming(zone: ZoneInfo) -> dict[datetime, datetime]:
        """When each half hour on the wall is first there, or first passed."""
        due: dict[datetime, datetime] = {}
        now = BEGINS - 2 * DAY
        reached = now.astimezone(zone).replace(tzinfo=None)
        while now < ENDS + 2 * DAY:
            now += HALF_HOUR
            wall = now.astimezone(zone).replace(tzinfo=None)
            while reached < wall:
                reached += HALF_HOUR
                due[reached] = now
        return due

    def moved(self, day: date) -> date:
        if day in self.open[(place := bisect_left(self.open, day)) : place + 1]:
            return day
        before, after = self.open[place - 1], self.open[place]
        if self.if_closed is IfClosed.NEAREST:
            return after if after - day < day - before else before
        return after if self.if_closed is IfClosed.AFTER else before

    def grouped(self, key: Callable[[date], object], pick: int) -> list[date]:
        groups: dict[object, list[date]] = {}
        for day in self.open:
            groups.setdefault(key(day), []).append(day)
        return [days[pick] for days in groups.values()]

    def in_months(self, number: int) -> list[date]:
        """That day of each month; the last one where it has fewer."""
        last: dict[object, date] = {}
        for day in self.days:
            if day.day <= number:
                last[month(day)] = day
        return list(last.values())

    def slots(self, walls: Iterable[datetime]) -> list[tuple[str, datetime]]:
        """The slots of ten years, one for each instant."""
        found: dict[datetime, datetime] = {}
        for wall in sorted(set(walls)):
            if BEGINS < self.due.get(wall, BEGINS) <= ENDS:
                found.setdefault(self.due[wall], wall)
        return [(wall.isoformat(" ", "minutes"), due) for due, wall in found.items()]


@cache
def table(zone: str) -> Table:
    return Table(zone)


def on(days: Iterable[date], *hours: str) -> list[datetime]:
    return [datetime.combine(day, time.fromisoformat(hour)) for day in days for hour in hours]


def back(table: Table, days: Iterable[date], count: int) -> list[date]:
    """The working day so many before each."""
    return [table.open[bisect_left(table.open, day) - count] for day in days]


def week(day: date) -> object:
    return day.isocalendar()[:2]


def month(day: date) -> object:
    return day.year, day.month


def weekday(table: Table, number: int) -> list[date]:
    return [table.moved(day) for day in table.days if day.weekday() == number]


ODD_HOURS = [f"{hour:02}:{minute}" for hour in (0, 1, 2, 3, 23) for minute in ("00", "30")]
FORMS: dict[str, Callable[[Table], list[datetime]]] = {
    "day at 02:30": lambda t: on(t.days, "02:30"),
    "working day at 00:00": lambda t: on(t.open, "00:00"),
    "first working day of the week 08:00": lambda t: on(t.grouped(week, 0), "08:00"),
    "last working day of the week at 01:30": lambda t: on(t.grouped(week, -1), "01:30"),
    "first working day of the month 02:00": lambda t: on(t.grouped(month, 0), "02:00"),
    "last working day of the month 16:00": lambda t: on(t.grouped(month, -1), "16:00"),
    "Friday 15:00": lambda t: on(weekday(t, 4), "15:00"),
    "sun at 02:30": lambda t: on(weekday(t, 6), "02:30"),
    "1st of the month 08:00": lambda t: on(map(t.moved, t.in_months(1)), "08:00"),
    "29th 02:00": lambda t: on(map(t.moved, t.in_months(29)), "02:00"),
    "31st at 23:30": lambda t: on(map(t.moved, t.in_months(31)), "23:30"),
    "last day of the month at 09:00": lambda t: on(map(t.moved, t.in_months(31)), "09:00"),
    "25th, 3 working days before, 12:00": lambda t: on(back(t, map(t.moved, t.in_months(25)), 3), "12:00"),
    "25th, 70 working days before, 12:00": lambda t: on(back(t, map(t.moved, t.in_months(25)), 70), "12:00"),
    "cron 0 8 * * 1-5": lambda t: on([day for day in t.days if day.weekday() < 5], "08:00"),
    "cron 0 0 29 2 *": lambda t: on([day for day in t.days if (day.month, day.day) == (2, 29)], "00:00"),
    "cron 30 2 31 * *": lambda t: on([day for day in t.days if day.day == 31], "02:30"),
    "cron 0,30 0-3,23 * 3,4,9-11 5,6,0": lambda t: on(
        [day for day in t.days if day.month in (3, 4, 9, 10, 11) and day.weekday() in (4, 5, 6)], *ODD_HOURS
    ),
}


def walked(schedule: Schedule, calendar: WorkCalendar) -> list[tuple[str, datetime]]:
    """All slots of ten years, each asked for with the one before it."""
    found: list[Slot] = []
    while (slot := schedule.next_slot(found[-1].due_at if found else BEGINS, calendar)).due_at <= ENDS:
        found.append(slot)
    return [(slot.name, slot.due_at) for slot in found]


@pytest.mark.parametrize("zone", ZONES)
def test_ten_years_of_every_form_are_those_of_the_table(zone: str) -> None:
    wrong, slots = {}, 0
    for words, walls in FORMS.items():
        expected, found = (
            table(zone).slots(walls(table(zone))),
            walked(parse_schedule(words), calendar_of(zone)),
        )
        slots += len(expected)
        if differences := set(expected) ^ set(found):
            wrong[words] = sorted(differences)
        assert len(set(found)) == len(found) >= 2
        assert found == sorted(found, key=lambda slot: slot[1])
    note("schedules", slots=slots, differences=sum(map(len, wrong.values())))

    assert wrong == {}


@pytest.mark.parametrize("zone", ZONES)
def test_the_table_has_wall_times_that_are_skipped_and_that_come_twice(zone: str) -> None:
    """Else it would prove less than it says."""
    due = table(zone).due
    first_seen = set(due.values())
    steps = {BEGINS + number * HALF_HOUR for number in range((ENDS - BEGINS) // HALF_HOUR)}

    assert len(due) - len(first_seen) >= 8, "walls that share the instant after a gap"
    assert len(steps - first_seen) >= 8, "instants at which the wall shows what it has shown before"


@pytest.mark.parametrize(
    ("words", "name", "due"),
    [
        pytest.param(
            "day at 02:30", "2026-03-29 02:30", "2026-03-29T01:00Z", id="skipped: the first minute after"
        ),
        pytest.param("day at 02:17", "2026-10-25 02:17", "2026-10-25T00:17Z", id="twice: the first time"),
        pytest.param("cron 17,18 2 * * *", "2026-03-29 02:17", "2026-03-29T01:00Z", id="two skipped are one"),
    ],
)
def test_a_clock_change_moves_a_time_but_never_loses_or_doubles_it(words: str, name: str, due: str) -> None:
    schedule, day = parse_schedule(words), date.fromisoformat(name[:10])
    slot = schedule.next_slot(SE.start_of(day), SE)

    assert slot == Slot(name, datetime.fromisoformat(due))
    assert schedule.next_slot(slot.due_at, SE).name > (day + DAY).isoformat()


@pytest.mark.parametrize(
    ("words", "after", "name"),
    [
        pytest.param("Friday 15:00", "2026-10-30 00:00", "2026-10-30 14:00", id="All Saints' Eve"),
        pytest.param("Friday 15:00", "2026-04-01 00:00", "2026-04-02 14:00", id="Maundy Thursday"),
        pytest.param("working day at 13:00", "2026-10-30 00:00", "2026-10-30 13:00", id="before it closes"),
        pytest.param(
            "last working day of the month 16:00", "2026-04-03 00:00", "2026-04-30 14:00", id="Walpurgis"
        ),
        pytest.param("day at 16:00", "2026-10-30 00:00", "2026-10-30 16:00", id="every day means every day"),
        pytest.param("cron 0 16 * * *", "2026-10-30 00:00", "2026-10-30 16:00", id="cron knows no half day"),
    ],
)
def test_on_a_half_day_nothing_of_the_work_calendar_comes_after_its_closing_hour(
    words: str, after: str, name: str
) -> None:
    assert parse_schedule(words).next_slot(at(after), SE).name == name


@pytest.mark.parametrize(
    ("after", "name"),
    [
        pytest.param("2026-11-13 13:59:59.999999", "2026-11-13 14:00", id="just before"),
        pytest.param("2026-11-13 14:00", "2026-11-14 14:00", id="at it, the next"),
    ],
)
def test_the_next_slot_is_later_than_the_instant(after: str, name: str) -> None:
    assert parse_schedule("day at 14:00").next_slot(at(after), SE).name == name


def test_the_latest_slots_are_the_last_of_all_that_came() -> None:
    schedule = parse_schedule("cron */20 * * * *")
    after, until = at("2026-03-28 12:00"), at("2026-03-30 12:10")
    every = walked_between(schedule, after, until)

    assert latest_slots(schedule, SE, after, until, at_most=1000) == every
    assert latest_slots(schedule, SE, after, until, at_most=5) == every[-5:]
    assert latest_slots(schedule, SE, until, until, at_most=5) == []


def walked_between(schedule: Schedule, after: datetime, until: datetime) -> list[Slot]:
    found: list[Slot] = []
    while (slot := schedule.next_slot(found[-1].due_at if found else after, SE)).due_at <= until:
        found.append(slot)
    return found


def test_years_of_missed_minutes_are_not_counted_one_by_one() -> None:
    """Three million of them, and a service that starts must not be held up by them."""
    schedule = parse_schedule("cron * * * * *")
    asked = []

    class Counting(Schedule):
        def next_slot(self, after: datetime, calendar: WorkCalendar) -> Slot:
            asked.append(after)
            return schedule.next_slot(after, calendar)

    counting = Counting(schedule.words, schedule.form)
    found = latest_slots(counting, SE, at("2020-01-01 00:00"), at("2026-01-01 00:00"), at_most=200)

    assert len(found) == 200
    assert len(asked) < 1000


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        pytest.param("every Friday at 15:00", "Friday 15:00", id="every and at"),
        pytest.param("Every  FRIDAY   15:00", "friday at 15:00", id="case and spaces"),
        pytest.param("25th, 3 working days before, 12:00", "25th, 3 working days before 12:00", id="25th"),
        pytest.param("last day of the month 09:00", "31st 09:00", id="last day"),
        pytest.param("cron: 0 8 * * 1-5", "cron 0 8 * * 1-5", id="cron"),
    ],
)
def test_one_time_may_be_said_in_several_ways(said: str, meant: str) -> None:
    assert parse_schedule(said).form == parse_schedule(meant).form


def test_the_words_have_one_form_so_that_spaces_are_no_change() -> None:
    assert (
        parse_schedule("every  Friday 9:00").words
        == parse_schedule("Friday at 09:00").words
        == "Friday at 09:00"
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("Friday", '"Friday" says no time of day.'),
        ("", '"" says no time of day.'),
        ("Friday 25:00", '"25:00" is not a time such as 15:05'),
        ("Fryday 15:00", '"Fryday" is not a day on which a rule can be asked. Did you mean "friday"?'),
        ("0th 15:00", '"0th" is not a day on which a rule can be asked.'),
        ("32nd 15:00", '"32nd" is not a day on which a rule can be asked.'),
        ("٣rd 15:00", '"٣rd" is not a day on which a rule can be asked.'),
        ("Friday 1٥:00", '"Friday 1٥:00" says no time of day.'),
        ("cron 0 0 8 * * 1", '"0 0 8 * * 1" has 6 fields, and a cron line has five'),
        ("cron 0 8 * *", '"0 8 * *" has 4 fields, and a cron line has five'),
        ("cron 0 8 * * 8", '"0 8 * * 8" is not a cron line: bad day-of-week'),
        ("cron 0 0 30 2 *", '"0 0 30 2 *" is not a cron line: bad day-of-month'),
        ("cron 0 0 30 2 */8", '"0 0 30 2 */8" is not a cron line: bad day-of-month'),
        ("cron " + "0," * 60 + "0 8 * * 1", "a cron line has at most 100 characters"),
    ],
)
def test_words_that_are_no_time_are_refused_with_what_was_meant(words: str, says: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse_schedule(words)

    assert str(refused.value).startswith(says)
