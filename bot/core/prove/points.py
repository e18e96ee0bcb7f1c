"""Moments and days as points on one line, and what the calendar makes of them.

A moment is its microseconds. A day is those of midnight at UTC of its date, so that days
lie whole days apart, whatever the clocks do.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from bot.core.prove.bounds import ORIGIN, Apart, Point

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TICK = timedelta.resolution
WHOLE_DAY = timedelta(days=1) // TICK


class Side(NamedTuple):
    """A point, or one so many microseconds later than it."""

    point: Point
    plus: int = 0


def at(name: str) -> Point:
    return "at", name


def day(name: str) -> Point:
    return "day", name


def worked(name: str) -> Point:
    """The working time from a moment until now, as if it were a point after the origin."""
    return "worked", name


def working_days(name: str) -> Point:
    """In the next how many working days a time is, at least."""
    return "working days", name


def today_at(wall: time) -> Point:
    """A time on the wall of the day of `now`."""
    return "today", wall.isoformat()


def moment(instant: datetime) -> Side:
    return Side(ORIGIN, (instant - EPOCH) // TICK)


def whole_day(one: date) -> Side:
    return Side(ORIGIN, (one - EPOCH.date()).days * WHOLE_DAY)


def instant_at(place: float) -> datetime:
    return EPOCH + int(place) * TICK


def date_at(place: float) -> date:
    return EPOCH.date() + timedelta(days=int(place) // WHOLE_DAY)


def apart(later: Side, earlier: Side, most: int) -> Apart:
    return Apart(later.point, earlier.point, most + earlier.plus - later.plus)


def equal(point: Point, other: Side) -> tuple[Apart, Apart]:
    return apart(Side(point), other, 0), apart(other, Side(point), 0)
