"""What can be said of a zone's clocks at large: how far from UTC, and whether days are in order.

Asked of the years that a rule may name. The offset is looked up every other week: no
zone changes its clocks there and back within two.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from bot.core.workdays import DAY

FIRST = datetime(1990, 1, 1, tzinfo=UTC)
LAST = datetime(2200, 1, 1, tzinfo=UTC)
_APART = timedelta(weeks=2)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Clocks:
    """`least` and `most` are the offsets from UTC."""

    least: timedelta
    most: timedelta
    keeps_days: bool
    """No where a day can come back."""
    steady_from: timedelta
    """How late in a day a clock was ever changed; two later times of a day lie just so far apart."""


@cache
def clocks(zone: ZoneInfo) -> Clocks:
    looked_at = [FIRST + number * _APART for number in range((LAST - FIRST) // _APART + 1)]
    offsets = [_offset(zone, one) for one in looked_at]
    changes = [
        ((change - _SECOND).astimezone(zone), change.astimezone(zone)) for change in _changes(zone, looked_at)
    ]
    return Clocks(
        least=min(offsets),
        most=max(offsets),
        keeps_days=all(_keeps_days(last, first) for last, first in changes),
        steady_from=max((_steady(last, first) for last, first in changes), default=timedelta(0)),
    )


def _offset(zone: ZoneInfo, instant: datetime) -> timedelta:
    offset = instant.astimezone(zone).utcoffset()
    assert offset is not None, "a zone says how far it is from UTC"
    return offset


def _changes(zone: ZoneInfo, looked_at: list[datetime]) -> Iterator[datetime]:
    """The first second of each new offset."""
    for one in looked_at[:-1]:
        before, after = one, one + _APART
        old = _offset(zone, before)
        if old == _offset(zone, after):
            continue
        while after - before > _SECOND:
            middle = before + (after - before) // _SECOND // 2 * _SECOND
            before, after = (middle, after) if _offset(zone, middle) == old else (before, middle)
        yield after


def _keeps_days(last: datetime, first: datetime) -> bool:
    """A clock may jump at midnight, and within a day, but not over a midnight."""
    return last.date() == first.date() or (
        since_midnight(last) + _SECOND == DAY and last.date() < first.date()
    )


def _steady(last: datetime, first: datetime) -> timedelta:
    """When in its day a change is over; one from midnight on is of the day that begins."""
    if last.date() != first.date():
        return since_midnight(first)
    return max(since_midnight(last) + _SECOND, since_midnight(first))


def since_midnight(wall: datetime | time) -> timedelta:
    return timedelta(hours=wall.hour, minutes=wall.minute, seconds=wall.second)
