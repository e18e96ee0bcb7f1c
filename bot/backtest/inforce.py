"""Rules to replay: those of a folder, those in force, or what was answered on the day.

Each is a `Side` of a backtest. The rules of a folder run in their file's mode, as if
they had been signed off; those in force, in the version and mode that runs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from json import loads
from typing import Protocol

from bot.backtest.world import Standing
from bot.core.condition import Answer
from bot.core.decide import Decision, Facts, Verdict, decide
from bot.core.explain import tree_from_json
from bot.core.guard import Guards
from bot.core.rule import Mode, Rule
from bot.core.watched import CONNECTION
from bot.core.workdays import WorkCalendar
from bot.rulebook import Rulebook, Setup, Vocabulary, parse_calendars, parse_rule_text
from bot.store import rules
from bot.store.database import Tx
from bot.store.recorded import RecordedAnswer
from bot.store.rules import Version


@dataclass(frozen=True, slots=True)
class Place:
    """One connection, as far as rules are concerned, with the settings' guards of today."""

    id: str
    calendar: str
    guards: Guards
    poll: timedelta


@dataclass(frozen=True, slots=True)
class InForce:
    """A rule in a version and a mode, with the work calendars of that version."""

    rule: Rule
    mode: Mode
    calendars: Mapping[str, WorkCalendar]

    def calendar(self, place: Place) -> WorkCalendar | None:
        """The one that it counts with; None where its version knew no such calendar."""
        return self.calendars.get(self.rule.calendar_for(place.calendar))


class Side(Protocol):
    """One of the answers that a backtest compares."""

    is_asked_anew: bool
    """Whether equal rules on two such sides say the same, so that one may be asked for both."""

    def asking(self, about: Standing) -> Iterable[InForce]:
        """The rules that have something to say about a resource now."""

    def decide(self, one: InForce, about: Standing, facts: Facts, now: datetime) -> Decision:
        """What one of them says."""


class Rules:
    """Rules that are asked anew."""

    is_asked_anew = True

    def __init__(self, rules: Iterable[InForce]) -> None:
        self._rules = tuple(one for one in rules if is_replayed(one.rule) and one.mode is not Mode.OFF)
        self._asking: dict[tuple[str, str], tuple[InForce, ...]] = {}

    def asking(self, about: Standing) -> Iterable[InForce]:
        kind, connection = about.snapshot.kind, about.snapshot.connection
        found = self._asking.get((kind, connection))
        if found is None:
            found = tuple(
                one for one in self._rules if one.rule.is_about(kind) and one.rule.watches(connection)
            )
            self._asking[kind, connection] = found
        return found

    def decide(self, one: InForce, about: Standing, facts: Facts, now: datetime) -> Decision:
        return decide(one.rule, facts, now, one.mode)


class Answered:
    """What was answered on the day, by the versions of the day. Nothing is asked anew.

    Only the reasons for asking a person were not recorded; they are worked out again.
    """

    is_asked_anew = False

    def __init__(self, versions: Mapping[str, InForce]) -> None:
        self._versions = {hash: one for hash, one in versions.items() if is_replayed(one.rule)}
        self._latest: dict[str, dict[str, RecordedAnswer]] = {}

    def hear(self, answer: RecordedAnswer) -> None:
        """The replay has come to the instant of this answer."""
        if answer.rule_hash in self._versions:
            self._latest.setdefault(answer.resource, {})[answer.rule] = answer

    def asking(self, about: Standing) -> Iterable[InForce]:
        return [self._versions[one.rule_hash] for one in self._latest.get(about.id, {}).values()]

    def decide(self, one: InForce, about: Standing, facts: Facts, now: datetime) -> Decision:
        said = self._latest[about.id][one.rule.id]
        decided = decide(one.rule, facts, now, one.mode)
        tree = tree_from_json(loads(said.tree))
        return decided._replace(
            answer=Answer(said.answer), verdict=Verdict(said.verdict), why=tree, next_at=None
        )


def is_replayed(rule: Rule) -> bool:
    """Whether a rule answers about each resource whenever it changes, and that resource is recorded."""
    return not rule.is_at_times and rule.watch != CONNECTION


def of_book(book: Rulebook, only: str | None = None) -> tuple[InForce, ...]:
    """The rules of a folder, or of one file of it, in their own mode."""
    return tuple(
        InForce(rule, rule.mode, book.calendars)
        for rule in book.rules.values()
        if only is None or rule.file == only
    )


async def now_in_force(tx: Tx, vocabulary: Vocabulary, setup: Setup) -> tuple[tuple[InForce, ...], list[str]]:
    """The rules that run now, and the ids of those whose text cannot be read any more."""
    found, unreadable = [], []
    for state in (await rules.states(tx)).values():
        version = await rules.version(tx, state.running_hash) if state.running_hash else None
        if version is None:
            continue
        one = read_version(version, vocabulary, setup)
        if one is None:
            unreadable.append(state.rule)
        else:
            found.append(replace(one, mode=Mode(state.mode_now)))
    return tuple(found), unreadable


async def versions_of(
    tx: Tx, hashes: Iterable[str], vocabulary: Vocabulary, setup: Setup
) -> tuple[dict[str, InForce], list[str]]:
    """These versions by their hash, and the ids of rules with one that cannot be read any more."""
    found, unreadable = {}, set()
    for hash in hashes:
        version = await rules.version(tx, hash)
        one = read_version(version, vocabulary, setup) if version else None
        if one is not None:
            found[hash] = one
        elif version is not None:
            unreadable.add(version.rule)
    return found, sorted(unreadable)


def read_version(version: Version, vocabulary: Vocabulary, setup: Setup) -> InForce | None:
    """A stored version from its own text, with the calendars of its day."""
    rule, problems = parse_rule_text(
        version.text, version.calendars_text, vocabulary=vocabulary, setup=setup, file=version.file
    )
    if rule is None or problems:
        return None
    calendars, _ = parse_calendars(version.calendars_text)
    return InForce(replace(rule, hash=version.hash), Mode(version.mode), calendars.by_name)


def one_calendar_each(sides: Sequence[Sequence[InForce]]) -> list[tuple[InForce, ...]]:
    """The same rules, where equal work calendars are one: what depends on them is then worked out once."""
    kept: dict[str, list[WorkCalendar]] = {}

    def same(calendar: WorkCalendar) -> WorkCalendar:
        known = kept.setdefault(calendar.name, [])
        for one in known:
            if one == calendar:
                return one
        known.append(calendar)
        return calendar

    return [
        tuple(
            replace(one, calendars={name: same(calendar) for name, calendar in one.calendars.items()})
            for one in side
        )
        for side in sides
    ]
