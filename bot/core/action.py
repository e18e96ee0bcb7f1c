"""Actions and what came of them: the words that connectors and the engine share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.core.resource import Snapshot
from bot.core.words import Said, part_in


@dataclass(frozen=True, slots=True)
class Done:
    """The vendor said yes. Still to be confirmed by reading back."""

    detail: str = ""


@dataclass(frozen=True, slots=True)
class Retry:
    """Nothing happened, and the same call may be sent again after `after`."""

    detail: str
    after: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Refused:
    """The vendor said no. Believed only once a read-back does not show it done."""

    detail: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may or may not have happened. Never simply sent again."""

    detail: str


Outcome = Done | Retry | Refused | Unknown


class WhenUnknown(StrEnum):
    """What may be done about an unknown outcome that reading back does not settle."""

    ONCE_MORE = "once more after quarantine"
    PERSON = "a person settles it"
    RETRY = "retry"


@dataclass(frozen=True, slots=True)
class AskedInstant:
    """A time that only whoever approves can say, such as when something was paid elsewhere.

    It goes into the request by its `name`. It may not be still to come, nor before the
    instant in the field `not_before`.
    """

    name: str
    label: str
    """For a form: `Paid at`."""
    help: str
    not_before: str = ""

    def sent(self, at: datetime) -> str:
        """As the request has it: `2026-11-18T20:00:00Z`."""
        return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


@dataclass(frozen=True, slots=True)
class _Alone:
    """`Create the next calendar from` as `Create the next calendar`."""

    verb: str

    def text(self, language: str) -> str:
        return part_in(self.verb, language).removesuffix(" from").removesuffix(" från")


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a connector can do at its vendor, and how to be sure about it.

    `key` names the business fact ("this payrun, this generation"), so that deciding
    twice plans one effect. `is_done` reads the proof off a fresh snapshot: True, False,
    or None when the snapshot can't tell. `request` is what will be sent, kept with the
    effect. `amount` names the money field that guards and approvals are about.
    """

    name: str
    kind: str
    verb: str
    """For a button and a subject: `Close`, `Finalise`, `Create the next calendar from`."""
    done_word: str
    """For a heading: `closed`, `finalised`, `rolled to its next period`."""
    did: str
    """What payrunbot did: `closed it`, `mailed the payslips of it`."""
    key: Callable[[Snapshot, int], str]
    is_done: Callable[[Snapshot, Mapping[str, str]], bool | None]
    request: Callable[[Snapshot], dict[str, str]]
    when_unknown: WhenUnknown
    doubles_refused: bool
    confirm_within: timedelta
    amount: str | None = None
    always_asks: bool = False
    vendor_then: str = ""
    """What the vendor then does by itself: `tells the payees and mails the invoice`."""
    undo: tuple[str, ...] = ()
    """"Wrong? Do this", sentence by sentence."""
    not_checked: tuple[str, ...] = ()
    args: Mapping[str, str] = field(default_factory=dict)
    """What a rule may set on it, by name, with one line of help."""
    asks_for: AskedInstant | None = None
    """What whoever approves must give with their yes; only for an action that always asks."""
    covers: tuple[str, ...] = ()
    """Further fields that an approval of it is about: it is asked anew where one has changed."""
    disagrees: Callable[[Snapshot, Mapping[str, str]], tuple[str, ...]] | None = None
    """What reads back otherwise than it was sent, where it was done; for people."""
    required: tuple[str, ...] = ()
    """Those of `args` without which it is nothing."""
    tables: tuple[str, ...] = ()
    """Those of `args` that are written as names with texts, and kept as JSON."""
    told: Callable[[Mapping[str, Any]], "Action"] | None = None
    """Makes of the args of one rule's step the action that it means; None where they change nothing."""

    @property
    def alone(self) -> Said:
        """The verb without what it is done to: `Create the next calendar`."""
        return Said(_Alone(self.verb))

    def as_told(self, args: Mapping[str, Any]) -> "Action":
        """The action as a rule's step says it: its key and its request may follow from that."""
        return self if self.told is None else self.told(args)
