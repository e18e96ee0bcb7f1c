"""Lines on which nobody gets anything: an absence, or a pay that was forgotten."""

from bot.core.resource import Field, Known, Type, Unread, Value
from bot.core.words import say
from bot.facts import Fact, FactInput
from bot.facts.shared import lines_of


def compute(given: FactInput) -> Value:
    lines = lines_of(given.snapshot)
    if isinstance(lines, Unread):
        return lines
    nothing = [line for line in lines if line.net_pay.amount == 0]
    return Known(len(nothing), tuple(say("payee {payee}", payee=line.payee) for line in nothing))


FACT = Fact(
    Field(
        "zero net pay",
        Type.COUNT,
        "How many lines have a net pay of exactly zero.",
        "0",
        "ours: the lines",
    ),
    ("staffology.payrun",),
    compute,
    needs_lines=True,
)
