"""A rule as the rest of the program sees it: parsed, typed, frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from bot.core.condition import Condition
from bot.core.money import Money
from bot.core.slots import Schedule


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
class Limits:
    """What the rule itself tightens. The guards of the settings hold besides."""

    ask_above: Money | None = None
    ask_when: tuple[Condition, ...] = ()
    two_people_above: Money | None = None
    only_during_working_hours: bool = False
    at_most: AtMost | None = None


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
    limits: Limits = Limits()
    group_by: str | None = None
    """payrun or connection: what one alert collects."""
    wait: timedelta = timedelta(0)
    ask: str | None = None
    """A group that narrows who is asked."""
    every: Schedule | None = None
    """Asked at these times about all it watches, instead of whenever one of them changes."""
    if_missed: IfMissed = IfMissed.TELL
    advice: str = ""
    tests: tuple[RuleTest, ...] = ()

    def watches(self, connection: str) -> bool:
        return not self.connections or connection in self.connections
