"""Everything that was recorded, read at once: what a replay goes through."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.store import recorded
from bot.store.database import Tx
from bot.store.recorded import RecordedAnswer, RecordedEnd, RecordedReading


@dataclass(frozen=True, slots=True)
class Gone:
    """The vendor no longer had it."""

    resource: str
    at: datetime


Event = RecordedReading | Gone | RecordedAnswer


@dataclass(frozen=True, slots=True)
class Recording:
    """`events` are in their order; `begins` and `ends` are when anything was known first and last."""

    events: Sequence[Event]
    begins: datetime
    ends: datetime


class NothingRecorded(Exception):
    """The database holds no reading, so there is nothing to replay."""


async def read_newest(
    tx: Tx, kinds: Collection[str], connections: Collection[str], *, at_most: int
) -> Recording:
    """The last readings of these kinds there, no more than so many. Raises NothingRecorded."""
    readings = await recorded.newest_readings(tx, kinds, connections, at_most=at_most)
    if not readings:
        raise NothingRecorded
    ends = await recorded.ends_of(tx, {one.resource for one in readings})
    return _in_order(readings, ends, ())


async def read_recording(tx: Tx, *, answers: bool = False) -> Recording:
    """All readings, and the answers of the day where they are asked for. Raises NothingRecorded."""
    readings = await recorded.readings(tx)
    if not readings:
        raise NothingRecorded
    ends = await recorded.ends(tx)
    said = await recorded.answers(tx) if answers else ()
    return _in_order(readings, ends, said)


def _in_order(
    readings: Sequence[RecordedReading], ends: Sequence[RecordedEnd], said: Sequence[RecordedAnswer]
) -> Recording:
    gone = [Gone(one.resource, one.gone_at) for one in ends if one.gone_at is not None]
    events: list[Event] = [*readings, *gone, *said]
    events.sort(key=lambda event: event.at)  # of one instant, readings first
    last = max(*(one.at for one in events), *(one.observed_at for one in ends))
    return Recording(events, readings[0].at, last)
