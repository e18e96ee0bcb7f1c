"""Actions and what came of them: the words that connectors and the engine share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from bot.core.resource import Snapshot


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
    """What payrunbot did to it, before "it": `closed`, `created`."""
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
