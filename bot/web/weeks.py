"""What the calendar page shows: weeks of working days, what is due on them, what collides."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from bot.web.shapes import Status
from bot.web.views import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that is due on a day."""

    what: str
    whose: str
    at: datetime | None = None
    elsewhere: str = ""
    """The same moment on the clocks it is meant for, where those differ: `17:00 London`."""
    run: str = ""
    """The pay run it is of, where one is known."""
    url: str = ""
    status: Status | None = None
    moved_from: str = ""
    """`Thu 26 Nov`, `Fri 25 Dec 15:00`, `15:00`"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    on: date
    items: tuple[Item, ...]
    closed: tuple[str, ...] = ()
    """`Christmas Eve: se closed`, `Maundy Thursday: se until 14:00`"""
    is_shut: bool = False
    is_today: bool = False


@dataclass(frozen=True, slots=True)
class Week:
    number: int
    days: tuple[Day, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar(Page):
    template: ClassVar[str] = "calendar.html"
    nav: ClassVar[str] = "calendar"

    weeks: tuple[Week, ...]
    ahead: int
    """How many weeks were asked for; those in which there is nothing may be left out."""
    moved: int
    """How many deadlines holidays move."""
    by: tuple[str, ...]
    """The holidays that do."""
    collisions: tuple[tuple[str, str], ...]
    """(what is wrong, what it means)"""
    more: int
    """How many more of these there are."""
    calendars: tuple[str, ...]
    calendar: str = ""
    """The one that was chosen; empty for all that are in use."""
    quiet: str = ""
    """`week 2 and 3 of 2027`: in which there is nothing, where they are left out."""
    legend: tuple[str, ...] = ()
