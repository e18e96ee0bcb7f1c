"""What rules are checked against: the words of the vendors, and the set-up they run in."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.actions import GeneralAction
from bot.core.action import Action
from bot.core.guard import Guards
from bot.core.resource import Field, Kind
from bot.facts import facts_of
from bot.facts.gather import vocabulary_of


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Every word a rule may use. `fields` are by kind and name, facts and dates included."""

    kinds: Mapping[str, Kind]
    vendor_actions: Mapping[str, Action]
    general_actions: Mapping[str, GeneralAction]
    fields: Mapping[str, Mapping[str, Field]]
    fact_versions: Mapping[str, Mapping[str, int]]


def vocabulary(
    kinds: Mapping[str, Kind],
    vendor_actions: Mapping[str, Action],
    general_actions: Mapping[str, GeneralAction],
) -> Vocabulary:
    """The vocabulary of these connectors and actions, with the facts there are."""
    return Vocabulary(
        kinds,
        vendor_actions,
        general_actions,
        {name: vocabulary_of(kind) for name, kind in kinds.items()},
        {kind: {name: fact.version for name, fact in facts_of(kind).items()} for kind in kinds},
    )


@dataclass(frozen=True, slots=True)
class ConnectionSetup:
    """What rules need to know of a connection. `currency` is None where its runs say it."""

    vendor: str
    calendar: str
    currency: str | None = None
    guards: Guards = field(default_factory=Guards)


@dataclass(frozen=True, slots=True)
class Setup:
    """The settings' part. What is None is not known, and its checks are skipped."""

    groups: Mapping[str, tuple[str, ...]] | None = None
    templates: frozenset[str] | None = None
    connections: Mapping[str, ConnectionSetup] | None = None

    def skipped(self) -> tuple[str, ...]:
        """The checks that need what is not known here, in words."""
        missing = (
            (self.groups, "that the groups exist"),
            (self.templates, "that the templates exist"),
            (self.connections, "that connections, their calendars and their guards fit"),
        )
        return tuple(words for known, words in missing if known is None)


UNKNOWN_SETUP = Setup()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a rule is read with: its hash covers the parts it uses."""

    vocabulary: Vocabulary
    setup: Setup = UNKNOWN_SETUP
    calendars: Mapping[str, str] = field(default_factory=dict)
    """Each calendar's own text, canonical, by name."""
