"""The three calendars that ship, as specs, for the tests of the pure part."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from bot.core.workdays import (
    BeforePayDate,
    CalendarSpec,
    DaysAfterPeriodEnd,
    WeekdayAfterCutOff,
    WeeklyCutOff,
    WorkCalendar,
)

SE_SPEC = CalendarSpec(
    "se",
    "Europe/Stockholm",
    country="SE",
    categories=("public", "bank", "de_facto"),
    cut_offs={"input": WeeklyCutOff(4, time(15))},
    pay_date=WeekdayAfterCutOff(3),
    bank_deadline=BeforePayDate(2, time(16)),
    approval_deadline=BeforePayDate(3, time(12)),
)
SE = WorkCalendar(SE_SPEC)
UK = WorkCalendar(
    CalendarSpec(
        "uk-bacs", "Europe/London", country="GB", subdivision="ENG", bank_deadline=BeforePayDate(2, time(17))
    )
)
AU = WorkCalendar(
    CalendarSpec(
        "au-nsw", "Australia/Sydney", country="AU", subdivision="NSW", pay_date=DaysAfterPeriodEnd(10)
    )
)


def on(text: str) -> date:
    return date.fromisoformat(text)


def at(text: str, calendar: WorkCalendar = SE) -> datetime:
    """The instant of a wall time in the calendar's zone."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(calendar.spec.zone))
