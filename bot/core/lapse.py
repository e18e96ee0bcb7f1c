"""A length of time from some instant on, in working time where it says so: `4 working hours`.

Working hours pass only while a work calendar is open. `2 working days` is the same time of
the day on the second working day after: Friday 14:00 is followed by Tuesday 14:00.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.literal import UNITS
from bot.core.workdays import WorkCalendar

_MOST: Mapping[str, int] = {
    "minute": 10_000,
    "hour": 1_000,
    "day": 90,
    "week": 12,
    "working hour": 400,
    "working day": 60,
}
"""By unit. No work calendar has to be searched for years."""
_WORDED = re.compile(r"(\d{1,6}) (.+?)s?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Lapse:
    """`count` of `unit`, a key of those that `parse_lapse` takes."""

    count: int
    unit: str

    @property
    def words(self) -> str:
        return f"{self.count} {self.unit}{'' if self.count == 1 else 's'}"

    def end(self, since: datetime, calendar: WorkCalendar) -> datetime:
        """The first instant at which it has passed."""
        match self.unit:
            case "working hour":
                return calendar.when_worked(since, timedelta(hours=self.count), at_last=False)
            case "working day":
                day = calendar.working_days_after(calendar.today(since), self.count)
                return calendar.instant(day, calendar.local(since).time())
            case unit:
                return since + self.count * UNITS[unit]


def parse_lapse(text: str) -> Lapse:
    """Raises ValueError with a sentence for the author."""
    match = _WORDED.fullmatch(" ".join(text.split()).lower())
    if match is None or match[2] not in _MOST or int(match[1]) == 0:
        raise ValueError(
            f'"{text}" is not a length of time such as 4 working hours, 2 working days or 90 minutes'
        )
    lapse = Lapse(int(match[1]), match[2])
    most = Lapse(_MOST[lapse.unit], lapse.unit)
    if lapse.count > most.count:
        raise ValueError(f"{lapse.words} is longer than anybody waits: at most {most.words}")
    return lapse
