"""One effect's turn: everything that was read and answered for it, together, once.

What follows (approval, guards, intent) is about exactly this reading. Nothing in it is
looked up again on the way to the call.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.action import Action
from bot.core.decide import Decision, Facts
from bot.core.money import Money
from bot.core.resource import Snapshot, Value
from bot.engine.bot import Account, Running
from bot.store.effects import Effect
from bot.store.resources import Resource


@dataclass(frozen=True, slots=True)
class Turn:
    """`seen` is the fingerprint of what a person would be asked about."""

    account: Account
    action: Action
    running: Running
    held: Effect
    found: Resource
    decided: Decision
    facts: Facts
    earlier: Sequence[Snapshot]
    """The runs before it, newest first, that it is compared with."""
    seen: str

    @property
    def amount(self) -> Value | None:
        """What guards and approvals are about; None for an action without an amount."""
        return self.facts.values[self.action.amount] if self.action.amount else None

    @property
    def money(self) -> Money | None:
        """The amount where it is known."""
        return self.found.snapshot.money(self.action.amount) if self.action.amount else None
