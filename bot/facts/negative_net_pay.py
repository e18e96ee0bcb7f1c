"""Lines on which a person would owe money instead of getting some."""

from bot.core.resource import Field, Known, Type, Unread, Value
from bot.core.words import plain, say
from bot.facts import Fact, FactInput
from bot.facts.shared import PAYRUNS, lines_of


def compute(given: FactInput) -> Value:
    lines = lines_of(given.snapshot)
    if isinstance(lines, Unread):
        return lines
    below = [line for line in lines if line.net_pay.amount < 0]
    return Known(
        len(below),
        tuple(say("payee {payee}: {amount}", payee=line.payee, amount=plain(line.net_pay)) for line in below),
    )


FACT = Fact(
    Field(
        "negative net pay",
        Type.COUNT,
        "How many lines have a net pay below zero.",
        "0",
        "ours: the lines",
    ),
    PAYRUNS,
    compute,
    needs_lines=True,
)
