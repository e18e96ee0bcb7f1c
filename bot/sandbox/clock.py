"""Whose time it is at the vendors.

A server never reads the system clock: a demo that jumps ten days forward has to
find payruns closed by themselves on the way, and a test has to be exact.
"""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Anything that tells the present instant, as an aware UTC datetime."""

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        ...


def seven_digits(at: datetime) -> str:
    """Write an instant with seven digits of a second and no offset, as Xero does.

    The seventh digit is a 7, so that a reader which silently cuts it is found out.
    """
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}7"


def micros(at: datetime) -> str:
    """Write an instant with microseconds and Z, as Gigapay's `created_at` is."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def millis(at: datetime) -> str:
    """Write an instant with milliseconds and Z, as Roubler does."""
    at = at.astimezone(UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
