"""Where the calendar's counts turn: the moments beside which an example is worth looking for.

`in the next 2 working days` ends with the second working day, and `more than 4 working
hours ago` begins when four of them have been worked. Limits on plain time know neither.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta

from bot.core.condition import Ago, Claim, Condition, Unit, Within, claims
from bot.core.prove.found import Wanted
from bot.core.workdays import DAY, WorkCalendar

_SECOND = timedelta(seconds=1)
_FARTHEST = timedelta(days=400)
_BESIDE = (timedelta(minutes=1), _SECOND)


def is_counted(condition: Condition) -> bool:
    """Whether the calendar's working days or hours are counted in it."""
    return any(
        isinstance(line.test, Within | Ago) and line.test.unit in (Unit.WORKING_DAYS, Unit.WORKING_HOURS)
        for line in claims(condition)
    )


def edges(name: str, lines: Sequence[Wanted], calendar: WorkCalendar, now: datetime) -> list[datetime]:
    """Moments at and beside which a count of the field's time from now, or until now, changes."""
    own = [line for one in lines for line in claims(one.condition) if line.field.name == name]
    found = [instant for line in own for instant in _turns(line, calendar, now)]
    return [*found, *(one + sign * by for by in _BESIDE for sign in (-1, 1) for one in found)]


def _turns(line: Claim, calendar: WorkCalendar, now: datetime) -> Iterator[datetime]:
    match line.test:
        case Within(count, Unit.WORKING_DAYS):
            last = calendar.working_days_after(calendar.today(now) - DAY, count)
            for one in (last, last + DAY, calendar.working_days_after(last, 1)):
                yield calendar.instant(one, time(12))
        case Ago(_, count, Unit.WORKING_HOURS):
            worked = _worked_since(count * timedelta(hours=1), calendar, now)
            if worked is not None:
                yield worked


def _worked_since(length: timedelta, calendar: WorkCalendar, now: datetime) -> datetime | None:
    """The last moment, to the second, since when so much has been worked."""
    longest = length
    while calendar.working_time_between(now - longest, now) < length:
        longest *= 2
        if longest > _FARTHEST:
            return None
    early, late = now - longest, now
    while late - early > _SECOND:
        middle = early + (late - early) // _SECOND // 2 * _SECOND
        if calendar.working_time_between(middle, now) < length:
            late = middle
        else:
            early = middle
    return early
