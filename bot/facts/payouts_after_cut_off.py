"""Payouts that were added after the pay run's own input cut-off.

The cut-off itself is still in time. Without a cut-off the fact is missing, not zero.
"""

from datetime import datetime

from bot.core.deadline import input_cut_off
from bot.core.resource import MISSING, Field, Known, Type, Unread, Value
from bot.core.words import say
from bot.facts import Fact, FactInput
from bot.facts.shared import lines_of


def compute(given: FactInput) -> Value:
    lines, cut_off = lines_of(given.snapshot), input_cut_off(given.snapshot, given.calendar)
    if isinstance(lines, Unread):
        return lines
    if not (isinstance(cut_off, Known) and isinstance(cut_off.value, datetime)):
        return cut_off if isinstance(cut_off, Unread) else MISSING
    undated = [line.id for line in lines if line.created_at is None]
    if undated:
        return Unread(say("payout {id} does not say when it was created", id=undated[0]))
    late = [line for line in lines if line.created_at is not None and line.created_at > cut_off.value]
    return Known(
        len(late),
        tuple(say("payout {payout} to payee {payee}", payout=line.id, payee=line.payee) for line in late),
    )


FACT = Fact(
    Field(
        "payouts after cut-off",
        Type.COUNT,
        "How many payouts were added after the input cut-off.",
        "0",
        "ours: the payouts' created_at and the work calendar",
    ),
    ("gigapay.payrun",),
    compute,
    needs_lines=True,
)
