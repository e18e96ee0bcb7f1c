"""What a run is to go through: a story, and where its bot is killed or frozen."""

import random
from dataclasses import dataclass

from tests.faults.child import LEASE
from tests.faults.fate import Freeze

DELAY_MS = 150
LONGEST_RECOVERY = 60
"""Passages of fault points; a recovery that has fewer may live to its end."""


@dataclass(frozen=True)
class Kill:
    """A story, and the passage of a fault point at which its bot is struck; None spares it.

    With a `seed`, it waits for a random moment at every other point. With `again`, the bot
    that takes over is killed too, at a passage drawn by that seed, and a third takes over.
    """

    story: str
    point: str | None = None
    nth: int = 1
    seed: int = 0
    again: int = 0
    freezes: Freeze | None = None
    leases: float = 0
    """How long a frozen one stays so."""
    breaks: str | None = None
    is_fresh: bool = False

    @property
    def delay_ms(self) -> int:
        return DELAY_MS if self.seed else 0

    @property
    def freeze_s(self) -> float:
        return self.leases * LEASE.total_seconds()

    @property
    def second_passage(self) -> int:
        """Where the recovery dies: early ones more often, as every recovery passes those."""
        if not self.again:
            return 0
        return int(LONGEST_RECOVERY ** random.Random(f"{self.point} {self.again}").random())

    def __str__(self) -> str:
        more = (
            ("seed", self.seed),
            ("again", self.again),
            (self.freezes, self.leases),
            ("without", self.breaks),
        )
        said = [f"{name} {value}" for name, value in more if value]
        where = f"{self.point}-{self.nth}" if self.nth > 1 else str(self.point)
        return " ".join((where, self.story, *said))
