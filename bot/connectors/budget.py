"""How often a vendor may be called: pure arithmetic, with no clock and nothing stored.

Two things are surprising. Calls are counted in spans (ten seconds, an hour), and a span
counts in full until the last of it has left the window: that asks for no instants to be
kept, and allows a little less than the vendor does, never more. And a day is the last 24
hours at every moment, because no vendor says when its own day begins.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel, Field

MINUTE, DAY = "minute", "day"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Purpose(StrEnum):
    """Who is calling. A third of every allowance is kept for effects."""

    LOOKS = "looks"
    EFFECTS = "effects"


class BudgetLimits(BaseModel):
    """What the settings may say of one connection; what is not said is its vendor's."""

    model_config = {"extra": "forbid", "frozen": True}

    at_once: int | None = Field(default=None, ge=1, le=100)
    per_minute: int | None = Field(default=None, ge=12, le=100_000)
    per_day: int | None = Field(default=None, ge=100, le=10_000_000)


@dataclass(frozen=True, slots=True)
class Budget:
    """The most calls to one connection: under way at once, in any 60 seconds, in any 24 hours.

    As it stands here it is for vendors that document no limit: ten calls a second over a
    minute, and twenty thousand a day, are what a careful client may ask of an API for people.
    """

    at_once: int = 10
    per_minute: int = 600
    per_day: int = 20_000

    def within(self, limits: BudgetLimits) -> "Budget":
        """The vendor's own, with what the settings say instead."""
        return Budget(
            limits.at_once or self.at_once,
            limits.per_minute or self.per_minute,
            limits.per_day or self.per_day,
        )

    def windows(self) -> tuple["Window", "Window"]:
        return (
            Window(MINUTE, timedelta(seconds=60), timedelta(seconds=10), self.per_minute),
            Window(DAY, timedelta(hours=24), timedelta(hours=1), self.per_day),
        )


UNDOCUMENTED = Budget()
"""For a vendor whose documents name no limit."""


@dataclass(frozen=True, slots=True)
class Span:
    """The calls of one purpose, counted in one window from `start` on."""

    window: str
    purpose: Purpose
    start: datetime

    def __str__(self) -> str:
        return f"{self.window} {self.purpose} {self.start.astimezone(UTC).isoformat()}"

    @classmethod
    def parse(cls, text: str) -> "Span":
        window, purpose, start = text.split(" ")
        return cls(window, Purpose(purpose), datetime.fromisoformat(start))


Used = Mapping[Span, int]


@dataclass(frozen=True, slots=True)
class Window:
    """At most `limit` calls in any `length` of time, counted in spans."""

    name: str
    length: timedelta
    span: timedelta
    limit: int

    def start_of(self, at: datetime) -> datetime:
        """The beginning of the span that an instant is in."""
        return _EPOCH + (at - _EPOCH) // self.span * self.span

    def share(self, purpose: Purpose) -> int:
        """What all calls of one purpose may come to: two thirds, or all for effects."""
        return self.limit if purpose is Purpose.EFFECTS else self.limit * 2 // 3

    @property
    def block(self) -> int:
        """How many calls are written down at once; as many are lost when a process dies."""
        return max(1, min(25, self.limit * self.span // self.length))

    def leaves_at(self, start: datetime) -> datetime:
        """When a span no longer counts: the latest call that may be in it is as old as the window."""
        return start + self.span + self.length

    def still_counting(self, used: Used, now: datetime, ahead: timedelta) -> dict[Span, int]:
        """What of this window counts now.

        A span that begins later than anything is ever counted ahead was written before the
        clock went back. It counts as if it were of now, or it would hold for as long as that.
        """
        kept: dict[Span, int] = {}
        for span, count in used.items():
            if span.window != self.name or self.leaves_at(span.start) <= now or count <= 0:
                continue
            latest = self.start_of(now + ahead)
            as_of = span if span.start <= latest else Span(self.name, span.purpose, self.start_of(now))
            kept[as_of] = kept.get(as_of, 0) + count
        return kept

    def left(self, used: Used, purpose: Purpose, now: datetime) -> int:
        """How many more may be counted now. What is counted ahead counts already."""
        counting = {
            span: count
            for span, count in used.items()
            if span.window == self.name and self.leaves_at(span.start) > now
        }
        of_purpose = sum(count for span, count in counting.items() if span.purpose is purpose)
        return min(self.limit - sum(counting.values()), self.share(purpose) - of_purpose)

    def free_at(self, used: Used, purpose: Purpose, now: datetime, wanted: int) -> datetime:
        """The first instant at which so many may be counted, if nobody else counts any."""
        for leaves_at in sorted(self.leaves_at(span.start) for span in used if span.window == self.name):
            if leaves_at > now and self.left(used, purpose, leaves_at) >= wanted:
                return leaves_at
        return now + self.span
