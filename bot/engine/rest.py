"""When a connection is left alone: after failures in a row, or because its vendor asks for it.

Failures in a row make it rest, twice as long each time, and its list is then read first,
by one worker alone: that goes well and all goes on, or it rests again. A vendor that asks
to wait (`Retry-After`) speaks of the account, so everything there waits, within bounds.
"""

from datetime import datetime, timedelta

from bot.connectors import VendorProblem
from bot.store.health import Health
from bot.store.rest import LONGEST_REST

FAILURES_BEFORE_REST = 3
FIRST_REST = timedelta(seconds=30)


def length_of(rests: int) -> timedelta:
    """How long the first, second, third rest in a row is."""
    return min(FIRST_REST * (1 << min(rests - 1, 10)), LONGEST_REST)


def is_resting(health: Health, now: datetime) -> bool:
    """Whether nothing may be called there now. A rest longer than any is from before the clock went back."""
    return health.rest_until is not None and now < health.rest_until <= now + LONGEST_REST


def rest_after(
    before: Health, failures: int, problem: VendorProblem, asked_until: datetime | None, now: datetime
) -> tuple[datetime | None, int]:
    """Until when the connection rests after a failure, and how often in a row it has by then.

    A failure that belongs to a call from before the rest changes nothing: many calls may
    be under way when a vendor goes down, and together they say it once.
    """
    until, rests = before.rest_until, before.rests
    is_down = problem.is_outage and failures >= FAILURES_BEFORE_REST
    if not is_resting(before, now) and (rests or is_down):
        rests += 1
        until = now + length_of(rests)
    if asked_until is not None and now < asked_until <= now + LONGEST_REST:
        until = asked_until if until is None else max(until, asked_until)
    return until, rests
