"""What rules are checked against: the words of the vendors, and the set-up they run in."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.actions import GeneralAction
from bot.core import connection
from bot.core.action import Action
from bot.core.guard import Guards
from bot.core.resource import Field, Kind
from bot.core.watched import CONNECTION, PAYRUN
from bot.facts import facts_of, facts_of_each
from bot.facts.gather import vocabulary_of
from bot.rulebook.shared import payruns, shared_kind


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Every word a rule may use. `fields` are by kind and name, facts and dates included."""

    kinds: Mapping[str, Kind]
    vendor_actions: Mapping[str, Action]
    general_actions: Mapping[str, GeneralAction]
    fields: Mapping[str, Mapping[str, Field]]
    fact_versions: Mapping[str, Mapping[str, int]]
    parts: Mapping[str, Kind] = field(default_factory=dict)
    """What no rule watches and `expect` counts; their words are among `fields`, too."""


def vocabulary(
    kinds: Mapping[str, Kind],
    vendor_actions: Mapping[str, Action],
    general_actions: Mapping[str, GeneralAction],
) -> Vocabulary:
    """The vocabulary of these connectors and actions, with the facts there are.

    Besides the connectors' kinds there are connections themselves, and the pay run of any vendor.
    """
    each = payruns(kinds)
    known = {**kinds, CONNECTION: connection.KIND, **({PAYRUN: shared_kind(each)} if each else {})}
    parts = {part.kind.name: part.kind for kind in kinds.values() for part in kind.parts}
    facts = {name: facts_of(name) for name in (*known, *parts)}
    facts[PAYRUN] = facts_of_each([kind.name for kind in each])
    return Vocabulary(
        known,
        vendor_actions,
        general_actions,
        {name: vocabulary_of(kind, facts[name]) for name, kind in {**known, **parts}.items()},
        {name: {fact.field.name: fact.version for fact in facts[name].values()} for name in (*known, *parts)},
        parts,
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
    targets: frozenset[str] | None = None
    """The names of the settings' webhook targets."""

    def skipped(self) -> tuple[str, ...]:
        """The checks that need what is not known here, in words."""
        missing = (
            (self.groups, "that the groups exist"),
            (self.templates, "that the templates exist"),
            (self.connections, "that connections, their calendars and their guards fit"),
            (self.targets, "that the webhook targets exist"),
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
