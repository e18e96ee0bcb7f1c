"""What every letter has, whatever it is about."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from bot.core.rank import Rank
from bot.mail.parts import Reason, place


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What every mail has: when it was made, the reader's zone, why they get it, one link."""

    template: ClassVar[str] = ""
    usual_rank: ClassVar[Rank] = Rank.USUAL

    made_at: datetime
    zone: ZoneInfo
    reason: Reason
    url: str
    """Where the one button leads. Opening it never decides anything."""

    @property
    def rank(self) -> Rank:
        """Whose turn comes first, and what may become one mail with others."""
        return self.usual_rank

    def context(self) -> Mapping[str, Any]:
        """What the template sees: the fields, by which rule it comes, and where its times are."""
        return {
            **{one.name: getattr(self, one.name) for one in fields(self)},
            "template": self.template,
            "place": place(self.zone),
            "told_by": self.reason.told_by,
        }

    def _drop(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)
