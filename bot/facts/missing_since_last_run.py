"""Payees who were in the last run and are not in this one."""

from bot.core.resource import MISSING, Field, Known, Type, Unread, Value
from bot.core.words import say
from bot.facts import Fact, FactInput
from bot.facts.shared import PAYRUNS, lines_of, lines_of_last


def compute(given: FactInput) -> Value:
    lines = lines_of(given.snapshot)
    if isinstance(lines, Unread):
        return lines
    if not given.earlier:
        return MISSING
    last = lines_of_last(given.earlier[0])
    if isinstance(last, Unread):
        return last
    gone = sorted({line.payee for line in last} - {line.payee for line in lines})
    return Known(len(gone), tuple(say("payee {payee}", payee=payee) for payee in gone))


FACT = Fact(
    Field(
        "missing since last run",
        Type.COUNT,
        "How many payees of the last run are not in this one.",
        "0",
        "ours: the lines of this run and of the last",
    ),
    PAYRUNS,
    compute,
    needs_lines=True,
)
