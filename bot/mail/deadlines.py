"""The deadlines ahead, by week. See `letters` for what holds of every letter.

There is no amount in it: a list of many runs is forwarded, and one of them may be one
person's pay.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from bot.mail.lasting import Still
from bot.mail.letter import Letter
from bot.mail.scheduled import NotAnswered


@dataclass(frozen=True, slots=True)
class Deadline:
    """One thing that is due. `at` is an instant, or a day where it is due on all of it."""

    at: datetime | date
    what: str
    """`Bank deadline`"""
    run: str
    url: str
    elsewhere: str = ""
    """The same moment on the clocks it is meant for, where those differ: `17:00 London`."""
    status: str = ""
    """The vendor's own word."""
    moved: str = ""
    """`moved from Fri 25 Dec: Christmas Day`"""

    @property
    def is_instant(self) -> bool:
        return isinstance(self.at, datetime)


@dataclass(frozen=True, slots=True)
class DeadlineWeek:
    """`name` is `This week`, `Next week` or `Further ahead`."""

    name: str
    deadlines: tuple[Deadline, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlinesAhead(Letter):
    """Which deadlines are ahead, this week's first, what moved and why, and what could not be answered."""

    template: ClassVar[str] = "deadlines_ahead"

    title: str
    """The rule's own."""
    times: str
    slot_at: datetime
    late: str = ""
    weeks: tuple[DeadlineWeek, ...] = ()
    """Bounded; `total` is not."""
    total: int = 0
    first_at: datetime | date | None = None
    last_on: date | None = None
    moved: int = 0
    """How many a holiday or a weekend has moved."""
    more_runs: int = 0
    """Of how many further pay runs the deadlines are on the page only."""
    not_answered: tuple[NotAnswered, ...] = ()
    not_answered_total: int = 0
    undo: tuple[str, ...] = ()

    def context(self) -> Mapping[str, Any]:
        return {**Letter.context(self), "first_is_instant": isinstance(self.first_at, datetime)}


@dataclass(frozen=True, slots=True)
class Moved:
    """One deadline that a holiday moves. Both are instants, or days where it is due on all of it."""

    what: str
    came: datetime | date
    at: datetime | date
    elsewhere: str = ""

    @property
    def is_instant(self) -> bool:
        return isinstance(self.at, datetime)


@dataclass(frozen=True, slots=True, kw_only=True)
class HolidayAhead(Letter):
    """Which deadlines of a pay run a holiday moves, from when to when, and what to do by then."""

    template: ClassVar[str] = "holiday_ahead"

    title: str
    connection: str
    by: str
    """`Christmas Day and St. Stephen's Day`, `A holiday`"""
    moves: tuple[Moved, ...]
    do: tuple[str, ...] = ()
    still: Still | None = None
    """Only for an alert that comes once more."""
