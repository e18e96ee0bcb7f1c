"""A rule as the rest of the program sees it: parsed, typed, frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from bot.core.answer import Answering, answering
from bot.core.condition import Condition, names
from bot.core.expect import Expectation
from bot.core.lapse import Lapse
from bot.core.money import Money
from bot.core.slots import Schedule
from bot.core.watched import is_about, may_be_of


class Mode(StrEnum):
    """What a rule may do, from least to most. `OFF` is not decided at all."""

    OFF = "off"
    WATCH = "watch"
    ASK = "ask"
    ACT = "act"

    @property
    def steps(self) -> int:
        """0 to 3: how far the mode goes, for comparing and for the picture."""
        return list(Mode).index(self)


class IfMissed(StrEnum):
    """What becomes of set times at which the service was not there."""

    RUN_LATE = "run late"
    TELL = "tell"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of `then`: an action's name and what the rule says to it."""

    action: str
    args: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AtMost:
    count: int
    per: timedelta


@dataclass(frozen=True, slots=True)
class Escalate:
    """Who else is told once of an alert that is still open so long after it was told."""

    after: Lapse
    to: str
    """A group of the settings."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the rule itself tightens. The guards of the settings hold besides."""

    ask_above: Money | None = None
    ask_when: tuple[Condition, ...] = ()
    two_people_above: Money | None = None
    only_during_working_hours: bool = False
    at_most: AtMost | None = None


NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class RuleTest:
    """One `given … expect …` of a rule file; values as written."""

    given: Mapping[str, str]
    expect: str
    """act, ask, watch, nothing or unknown."""
    line: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of one file, in one version.

    `hash` covers everything that could change an answer: the rule's own text, the
    calendars and groups it is read with, and the facts' versions.
    """

    id: str
    title: str
    watch: str
    when: Condition
    then: tuple[Step, ...]
    mode: Mode
    hash: str
    text: str
    """The rule's own lines of the file."""
    file: str
    line: int
    connections: tuple[str, ...] = ()
    """Empty means all of the vendor."""
    calendar: str | None = None
    limits: Limits = NO_LIMITS
    group_by: str | None = None
    """payrun or connection: what one alert collects."""
    wait: timedelta = timedelta(0)
    remind: Schedule | None = None
    """An alert that is still open is told again at these times."""
    escalate: Escalate | None = None
    ask: str | None = None
    """A group that narrows who is asked."""
    every: Schedule | None = None
    """Asked at these times about all it watches, instead of whenever one of them changes."""
    if_missed: IfMissed = IfMissed.TELL
    expect: Expectation | None = None
    """How many of what it watches are to come by when; then it is asked at these times, by counting."""
    advice: str = ""
    tests: tuple[RuleTest, ...] = ()
    names: frozenset[str] = field(init=False, compare=False, repr=False)
    """Every field that its conditions look at."""
    answering: Answering = field(init=False, compare=False, repr=False)
    """Answers `when` of a resource."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "answering", answering(self.when))
        asked = (self.when, *self.limits.ask_when)
        object.__setattr__(self, "names", frozenset().union(*(names(condition) for condition in asked)))

    @property
    def is_at_times(self) -> bool:
        """Whether it is asked at set times, and not whenever something that it watches changes."""
        return self.every is not None or self.expect is not None

    def calendar_for(self, own: str) -> str:
        """The work calendar that counts for what is at a connection whose own is `own`.

        With `every` the rule's calendar says when it is asked, of all vendors at once, and
        each pay run keeps the dates of its own.
        """
        return own if self.calendar is None or self.every is not None else self.calendar

    def calendars_for(self, own: str) -> frozenset[str]:
        """That one, and the one by which the rule is asked."""
        return frozenset((self.calendar_for(own), self.calendar or own))

    def watches(self, connection: str) -> bool:
        return not self.connections or connection in self.connections

    def is_about(self, kind: str) -> bool:
        """Whether it is asked about resources of this kind."""
        return is_about(self.watch, kind)

    def may_be_of(self, vendor: str) -> bool:
        """Whether what it watches can be at a connection of this vendor."""
        return may_be_of(self.watch, vendor)
