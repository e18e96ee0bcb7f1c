"""Payouts for which Gigapay says that the money is not there yet."""

from bot.core.resource import Field, Type, Value
from bot.facts import Fact, FactInput
from bot.facts.shared import payouts_that_are


def compute(given: FactInput) -> Value:
    return payouts_that_are("not_funded", given.snapshot)


FACT = Fact(
    Field(
        "payouts not funded",
        Type.COUNT,
        "How many payouts have no money behind them yet.",
        "0",
        "ours: the payouts' latest_status",
    ),
    ("gigapay.payrun",),
    compute,
    version=2,
    needs_lines=True,
)
