"""What lasts, as mails say it: an alert that is still open, a mute that still holds."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Still:
    """Why an alert comes once more. With `told_first` it comes to somebody new."""

    since: datetime
    told: int
    """How often it was told before, to whoever reads this."""
    told_at: datetime
    """When it was told first."""
    told_first: str = ""
    """The group that was told then."""
    after: str = ""
    """`4 working hours`: how long it has been open since."""
    to: str = ""
    """The group that is told now."""
    read_at: datetime | None = None
    """When it was last seen, where it cannot be read now."""


@dataclass(frozen=True, slots=True)
class Muted:
    """A mute that holds alerts back: of what, by whom, why, and until when."""

    name: str
    by: str
    why: str
    until: datetime
