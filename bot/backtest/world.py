"""The world as it was known at one instant of a replay: each resource as last read.

It is the store's table of resources played forward, so that generations and earlier
runs are what they were on that day and not what they have become since.
"""

from dataclasses import dataclass

from bot.core.resource import Snapshot
from bot.facts.gather import MOST_EARLIER
from bot.store.resources import ends_on, series_of

Series = tuple[str, str, str]


@dataclass(slots=True)
class Standing:
    """A resource as it stands at the instant of the replay."""

    id: str
    snapshot: Snapshot
    generation: int
    is_gone: bool
    series: Series
    ends_on: str


class World:
    def __init__(self) -> None:
        self.by_id: dict[str, Standing] = {}
        self._of_series: dict[Series, dict[str, Standing]] = {}

    def read(self, resource: str, snapshot: Snapshot) -> Standing:
        """A reading comes in. A run that was closed and is open again is a new generation."""
        before = self.by_id.get(resource)
        generation = 1
        if before is not None:
            reopened = before.snapshot.is_open is False and snapshot.is_open is True
            generation = before.generation + reopened
            del self._of_series[before.series][resource]
        series = snapshot.kind, snapshot.connection, series_of(snapshot)
        now = Standing(resource, snapshot, generation, False, series, ends_on(snapshot))
        self.by_id[resource] = self._of_series.setdefault(series, {})[resource] = now
        return now

    def gone(self, resource: str) -> Standing | None:
        found = self.by_id.get(resource)
        if found is not None:
            found.is_gone = True
        return found

    def earlier(self, of: Standing) -> tuple[Snapshot, ...]:
        """The closed runs before this one that may be compared with it, newest first."""
        closed = [
            one
            for one in self._of_series[of.series].values()
            if one.ends_on < of.ends_on and one.snapshot.is_open is False and not one.is_gone
        ]
        closed.sort(key=lambda one: one.id)
        closed.sort(key=lambda one: one.ends_on, reverse=True)
        return tuple(one.snapshot for one in closed[:MOST_EARLIER])

    def after(self, of: Standing) -> list[Standing]:
        """What is still read and may be compared with this one, so that it may answer otherwise now."""
        return [
            one
            for one in self._of_series[of.series].values()
            if one.ends_on > of.ends_on and one.snapshot.is_live and not one.is_gone
        ]
