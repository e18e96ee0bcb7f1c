"""What one rule came to in a replay: counts, and sums in each currency."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.backtest.compare import Difference, money
from bot.backtest.rounds import Outcome, Round, Rounds, Unanswered
from bot.core.seen import round_money


@dataclass(frozen=True, slots=True)
class Tally:
    """What one rule came to. `nothing` counts what it was asked about and said no to throughout."""

    rounds: Sequence[Round]
    unanswered: Sequence[Unanswered]
    nothing: int

    def of(self, outcome: Outcome) -> list[Round]:
        return [one for one in self.rounds if one.outcome is outcome]

    @property
    def came(self) -> list[Round | Unanswered]:
        """All that came of it, oldest first."""
        found: list[Round | Unanswered] = [*self.rounds, *self.unanswered]
        return sorted(found, key=came_at)

    def says(self) -> str:
        parts = [
            f"{said} {len(of)}{in_money(of)}"
            for outcome, said in (
                (Outcome.ACT, "act on"),
                (Outcome.ASK, "ask for"),
                (Outcome.WATCH, "only note"),
                (Outcome.STOP, "be stopped by a guard on"),
            )
            if (of := self.of(outcome))
        ]
        if self.unanswered:
            parts.append(f"not know about {len(self.unanswered)}")
        would = f"would {', '.join(parts)}" if parts else "would do nothing"
        return f"{would}; nothing about {self.nothing} more" if self.nothing else would


def tally_of(rounds: Rounds, rule: str, since: datetime) -> Tally:
    own = [one for one in rounds.settled if one.rule == rule and one.at is not None and one.at >= since]
    unknown = [one for one in rounds.unanswered if one.rule == rule and one.since >= since]
    came = {one.resource for one in own} | {one.resource for one in unknown}
    asked = {resource for (name, resource), last in rounds.asked_at.items() if name == rule and last >= since}
    return Tally(own, unknown, len(asked - came))


def came_at(one: Round | Unanswered) -> datetime:
    """When it came to something, or began to be unknown."""
    if isinstance(one, Unanswered):
        return one.since
    assert one.at is not None, "only what came to something is told"
    return one.at


def in_money(of: Iterable[Difference | Round]) -> str:
    """` (61 300 SEK)`, with a part for each currency; empty where nothing has an amount."""
    total = ", ".join(round_money(one) for one in money(of))
    return f" ({total})" if total else ""
