"""Payouts whose payee has not finished Gigapay's onboarding, and so would not be paid."""

from bot.core.resource import Field, Known, Type, Unread, Value
from bot.facts import Fact, FactInput
from bot.facts.shared import lines_of

NOT_ONBOARDED = "onboarding_incomplete"


def compute(given: FactInput) -> Value:
    lines = lines_of(given.snapshot)
    if isinstance(lines, Unread):
        return lines
    waiting = [line for line in lines if line.status.lower() == NOT_ONBOARDED]
    return Known(len(waiting), tuple(f"payout {line.id} to payee {line.payee}" for line in waiting))


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
    needs_lines=True,
)
