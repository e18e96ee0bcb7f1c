"""Payouts whose payee has not finished Gigapay's onboarding, and so would not be paid."""

from bot.core.resource import Field, Type, Value
from bot.facts import Fact, FactInput
from bot.facts.shared import payouts_that_are


def compute(given: FactInput) -> Value:
    return payouts_that_are("onboarding_incomplete", given.snapshot)


FACT = Fact(
    Field(
        "payouts not onboarded",
        Type.COUNT,
        "How many payouts go to payees who have not finished onboarding.",
        "0",
        "ours: the payouts' latest_status",
    ),
    ("gigapay.payrun",),
    compute,
    version=3,
    needs_lines=True,
)
