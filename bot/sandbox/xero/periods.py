"""How a pay run calendar's period follows from its start."""

from calendar import monthrange
from datetime import date, timedelta

_DAYS = {"Weekly": 7, "Fortnightly": 14, "FourWeekly": 28}
_MONTHS = {"Monthly": 1, "Quarterly": 3, "Annual": 12}
TYPES = (*_DAYS, *_MONTHS)


def later(day: date, calendar_type: str) -> date:
    """Return the day one period later; the last day of a month stays a last day."""
    if calendar_type in _DAYS:
        return day + timedelta(days=_DAYS[calendar_type])
    months = day.year * 12 + day.month - 1 + _MONTHS[calendar_type]
    year, month = divmod(months, 12)
    last = monthrange(year, month + 1)[1]
    was_last = day.day == monthrange(day.year, day.month)[1]
    return date(year, month + 1, last if was_last and day.day >= 28 else min(day.day, last))


def period_end(start: date, calendar_type: str) -> date:
    """Return the last day of the period that starts on `start`: 6 March, weekly, ends on 12 March."""
    return later(start, calendar_type) - timedelta(days=1)
