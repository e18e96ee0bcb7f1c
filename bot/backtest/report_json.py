"""The same for programs."""

from collections.abc import Iterable
from typing import Any

from bot.backtest.compare import Change, Comparison, Difference, money
from bot.backtest.report import headline
from bot.backtest.rounds import Outcome, Round, Unanswered
from bot.backtest.tally import Tally, came_at
from bot.core.money import Money


def as_json(found: Comparison) -> dict[str, Any]:
    return {
        "same": found.same,
        "says": headline(found),
        "changes": [
            {"change": change.name.lower(), "count": len(of), "money": amounts(of)}
            for change in Change
            if (of := found.of(change))
        ],
        "differences": [
            {
                "change": one.change.name.lower(),
                "rule": one.rule,
                "ref": one.ref,
                "at": one.at.isoformat(),
                "was_at": one.also_at.isoformat() if one.also_at else None,
                "before": one.before,
                "after": one.after,
                "amount": amount_json(one.amount),
                "lines": [
                    {"side": side, "answer": node.answer.value, "says": node.text, "saw": node.saw}
                    for side, node in one.lines
                ],
            }
            for one in found.differences
        ],
    }


def tally_json(rule: str, mode: str, tally: Tally) -> dict[str, Any]:
    return {
        "rule": rule,
        "mode": mode,
        **{
            outcome.name.lower(): {"count": len(of), "money": amounts(of)}
            for outcome in Outcome
            if (of := tally.of(outcome)) or outcome in (Outcome.ACT, Outcome.ASK)
        },
        "nothing": tally.nothing,
        "unknown": len(tally.unanswered),
        "came": [
            {
                "at": came_at(one).isoformat(),
                "ref": one.ref,
                "outcome": "unknown" if isinstance(one, Unanswered) else one.outcome,
                "amount": None if isinstance(one, Unanswered) else amount_json(one.amount),
            }
            for one in tally.came
        ],
    }


def amounts(of: Iterable[Difference | Round]) -> list[dict[str, str]]:
    return [{"amount": f"{one.amount:f}", "currency": one.currency} for one in money(of)]


def amount_json(amount: Money | None) -> dict[str, str] | None:
    return {"amount": f"{amount.amount:f}", "currency": amount.currency} if amount is not None else None
