"""What a rule lists at its times. See `letters` for what holds of every letter."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from bot.core.money import Money
from bot.core.words import say
from bot.mail.letter import Letter
from bot.mail.parts import FEWEST_PEOPLE, Next

_NET_PAY = say("net pay")


@dataclass(frozen=True, slots=True)
class Listed:
    """One thing that the rule says yes to."""

    title: str
    status: str
    """The vendor's own word."""
    url: str
    why: str
    """The rule's lines with what was seen, without amounts."""
    people: int | None = None
    amount_label: str = _NET_PAY
    amount: Money | None = None
    dates: tuple[Next, ...] = ()


@dataclass(frozen=True, slots=True)
class NotAnswered:
    """One thing of which the rule could not say whether it belongs on the list."""

    title: str
    url: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduled(Letter):
    """What a rule lists at its time, and what it could not answer. Lists are bounded, totals are not."""

    template: ClassVar[str] = "scheduled"

    title: str
    """The rule's own."""
    times: str
    """`every first working day of the week at 08:00`"""
    slot_at: datetime
    late: str = ""
    """Sentences on which times were missed, where this stands for them."""
    listed: tuple[Listed, ...] = ()
    total: int = 0
    not_answered: tuple[NotAnswered, ...] = ()
    not_answered_total: int = 0

    def __post_init__(self) -> None:
        # Of how many nobody knows, it may be one person's pay.
        self._drop(
            listed=tuple(
                one if (one.people or 0) >= FEWEST_PEOPLE else replace(one, amount=None, amount_label="")
                for one in self.listed
            )
        )
