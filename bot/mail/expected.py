"""What a rule expected and did not come. See `letters` for what holds of every letter."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from bot.mail.letter import Letter


@dataclass(frozen=True, slots=True)
class ExpectedBy:
    """One time by which more should have come: from when it was counted, and what came."""

    begins: datetime
    due_at: datetime
    count: int
    came: tuple[str, ...] = ()
    """`Gigapay payout 5028801`; no more of them than can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TooFewCame(Letter):
    """Fewer came than a rule expects: since when it counted, what came, and the last that did."""

    template: ClassVar[str] = "too_few_came"

    title: str
    """The rule's own."""
    connection: str
    expected: str
    """`at least 1 gigapay.payout per week by Thursday at 12:00`"""
    times: tuple[ExpectedBy, ...]
    """Oldest first; more than one where nobody could count for a while."""
    last: str = ""
    last_at: datetime | None = None
    listed_at: datetime
    """When the vendor's list was last read."""
    late: str = ""
    """That it is told late, as a sentence."""
    advice: str = ""
    """The rule's own."""
