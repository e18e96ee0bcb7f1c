"""Replay: every recorded reading in its order, and each instant at which time alone mattered.

All sides are asked at the same instants, so that what they say can be compared line by
line. A reading counts as fresh until the next one: readings that found nothing new left
no row, and nor did a vendor that was down.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush

from bot.backtest.inforce import Answered, InForce, Place, Side
from bot.backtest.recording import Gone, Recording
from bot.backtest.rounds import Heard, Rounds
from bot.backtest.world import Standing, World
from bot.core.action import Action
from bot.core.condition import earliest
from bot.core.decide import Decision, Facts, gone
from bot.core.workdays import WorkCalendar
from bot.facts.gather import gather
from bot.store.recorded import RecordedAnswer, RecordedReading
from bot.store.resources import read_back

WARM_UP = timedelta(days=31)
"""How long before the time that is asked for a replay begins, so that it knows what was yes by then."""

Listener = Callable[[InForce, str, Decision, datetime], None]
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Replayed:
    """What each side's rules came to, in the sides' order. `decided` counts single decisions."""

    rounds: tuple[Rounds, ...]
    decided: int = 0
    broken: int = 0
    """Readings that could not be read back, and were left out."""


@dataclass(slots=True)
class Replay:
    """One replay. `run` goes through it once; `heard_first` hears each answer of the first side."""

    recording: Recording
    sides: Sequence[Side]
    places: Mapping[str, Place]
    calendars: Mapping[str, WorkCalendar]
    actions: Mapping[str, Action]
    heard_first: Listener | None = None
    _world: World = field(default_factory=World)
    _due: list[tuple[datetime, str]] = field(default_factory=list)
    _due_at: dict[str, datetime | None] = field(default_factory=dict)
    _result: Replayed = field(default_factory=lambda: Replayed(()))

    def run(
        self, since: datetime, until: datetime | None = None, progress: Progress = lambda done, total: None
    ) -> Replayed:
        """Replay to an instant, by default the record's end, deciding from a while before `since` on."""
        end = min(until or self.recording.ends, self.recording.ends)
        self._result = Replayed(tuple(Rounds(self.actions) for _ in self.sides))
        begins = since - WARM_UP
        events, total = self.recording.events, len(self.recording.events)
        has_begun = False
        for done, event in enumerate(events):
            if event.at > end:
                break
            if not has_begun and event.at >= begins:
                has_begun = True
                self._begin(begins)
            self._until(event.at)
            self._happen(event, is_deciding=has_begun)
            progress(done + 1, total)
        self._until(end + timedelta(microseconds=1))
        for rounds in self._result.rounds:
            rounds.end(end)
        return self._result

    def _begin(self, now: datetime) -> None:
        for standing in list(self._world.by_id.values()):
            if not standing.is_gone:
                self._decide(standing, now, at_start=True)

    def _until(self, end: datetime) -> None:
        """Decide again wherever time alone may have changed an answer before `end`."""
        while self._due and self._due[0][0] < end:
            now, resource = heappop(self._due)
            if self._due_at.get(resource) == now:
                self._decide(self._world.by_id[resource], now)

    def _happen(self, event: RecordedReading | Gone | RecordedAnswer, *, is_deciding: bool) -> None:
        now = event.at
        match event:
            case RecordedReading(resource, _, content):
                snapshot = read_back(content, now)
                if snapshot is None:
                    self._result.broken += 1
                    return
                standing: Standing | None = self._world.read(resource, snapshot)
            case Gone(resource):
                standing = self._world.gone(resource)
            case RecordedAnswer():
                for side in self.sides:
                    if isinstance(side, Answered):
                        side.hear(event)
                standing = self._world.by_id.get(event.resource)
        if not is_deciding or standing is None:
            return
        self._decide(standing, now)
        if not isinstance(event, RecordedAnswer):
            for other in self._world.after(standing):
                self._decide(other, now)

    def _decide(self, about: Standing, now: datetime, *, at_start: bool = False) -> None:
        """Ask every rule of every side about one resource."""
        place = self.places.get(about.snapshot.connection)
        if place is None:  # it has left the settings
            return
        answers = self._hear(about, place, now)
        again = [heard.decision.next_at for side in answers for heard in side.values()]
        for number, (rounds, side) in enumerate(zip(self._result.rounds, answers, strict=True)):
            for rule, heard in side.items():
                again.append(rounds.take(heard, now, _beside(answers, number, rule), at_start=at_start))
                if number == 0 and self.heard_first is not None:
                    self.heard_first(heard.one, about.id, heard.decision, now)
        self._come_back(about, earliest(*(at for at in again if at is not None and at > now)))

    def _hear(self, about: Standing, place: Place, now: datetime) -> list[dict[str, Heard]]:
        """What each side's rules say. What both sides share is worked out once."""
        earlier = self._world.earlier(about)
        facts: dict[int, Facts] = {}
        known: dict[tuple[str, str, int], Decision] = {}
        answers: list[dict[str, Heard]] = []
        for side in self.sides:
            answers.append({})
            for one in side.asking(about):
                calendar = one.calendar(place)
                if calendar is None:
                    continue
                given = facts.get(id(calendar))
                if given is None:
                    given = gather(about.snapshot, earlier, calendar, now, about.generation)
                    facts[id(calendar)] = given
                same = one.rule.hash, one.mode.value, id(calendar)
                said = known.get(same) if side.is_asked_anew else None
                if said is None:
                    self._result.decided += 1
                    decided = side.decide(one, about, given, now)
                    said = known[same] = gone(decided) if about.is_gone else decided
                own = self.calendars[place.calendar]
                answers[-1][one.rule.id] = Heard(one, said, given, about, earlier, place, own)
        return answers

    def _come_back(self, about: Standing, at: datetime | None) -> None:
        self._due_at[about.id] = at
        if at is not None:
            heappush(self._due, (at, about.id))


def _beside(answers: Sequence[Mapping[str, Heard]], number: int, rule: str) -> Decision | None:
    """What another side's version of the rule said at the same instant."""
    others = (side[rule].decision for n, side in enumerate(answers) if n != number and rule in side)
    return next(others, None)
