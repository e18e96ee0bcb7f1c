"""Payees whom none of the earlier runs we know of has paid.

With no earlier run everybody is new, and the fact says so.
"""

from bot.core.resource import Field, Known, Type, Unread, Value
from bot.facts import Fact, FactInput
from bot.facts.shared import PAYRUNS, lines_of


def compute(given: FactInput) -> Value:
    lines = lines_of(given.snapshot)
    if isinstance(lines, Unread):
        return lines
    known = {line.payee for run in given.earlier for line in run.lines or ()}
    new = sorted({line.payee for line in lines} - known)
    unread = [run.vendor_id for run in given.earlier if run.lines is None]
    if new and unread:
        return Unread(f"the lines of the earlier run {unread[0]} were not read")
    return Known(len(new), tuple(f"payee {payee}" for payee in new))


FACT = Fact(
    Field(
        "first-time payees",
        Type.COUNT,
        "How many payees were in none of the earlier runs, twelve at most.",
        "0",
        "ours: the lines of this run and of the earlier ones",
    ),
    PAYRUNS,
    compute,
    needs_lines=True,
)
