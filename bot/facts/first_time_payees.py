"""Payees whom none of the earlier runs we know of has paid.

With no earlier run everybody is new, and the fact says so. Runs further back whose
lines were never read are left out: somebody may then be called new who is only back,
which is one look too many and not one too few.
"""

from bot.core.resource import Field, Known, Type, Unread, Value
from bot.core.words import say
from bot.facts import Fact, FactInput
from bot.facts.shared import PAYRUNS, lines_of, lines_of_last


def compute(given: FactInput) -> Value:
    lines = lines_of(given.snapshot)
    if isinstance(lines, Unread):
        return lines
    known = {line.payee for run in given.earlier for line in run.lines or ()}
    new = sorted({line.payee for line in lines} - known)
    last = lines_of_last(given.earlier[0]) if new and given.earlier else ()
    if isinstance(last, Unread):
        return last
    return Known(len(new), tuple(say("payee {payee}", payee=payee) for payee in new))


FACT = Fact(
    Field(
        "first-time payees",
        Type.COUNT,
        "How many payees were in none of the earlier runs that were read, twelve at most.",
        "0",
        "ours: the lines of this run and of the earlier ones",
    ),
    PAYRUNS,
    compute,
    version=2,
    needs_lines=True,
)
