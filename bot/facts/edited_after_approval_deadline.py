"""Whether a pay slip was edited when there was no time left to approve the pay run again.

Missing where the work calendar has no approval deadline, or nothing was edited.
"""

from datetime import datetime

from bot.core.deadline import deadlines
from bot.core.resource import MISSING, Field, Known, Type, Unread, Value
from bot.facts import Fact, FactInput


def compute(given: FactInput) -> Value:
    edited = given.snapshot.value("last edited")
    deadline = deadlines(given.snapshot, given.calendar, given.now)["approval deadline"]
    for value in (edited, deadline):
        if isinstance(value, Unread):
            return value
    if not (isinstance(edited, Known) and isinstance(deadline, Known)):
        return MISSING
    assert isinstance(edited.value, datetime) and isinstance(deadline.value, datetime)
    return Known(edited.value > deadline.value, edited.detail)


FACT = Fact(
    Field(
        "edited after approval deadline",
        Type.FLAG,
        "Whether a pay slip was last edited after the approval deadline.",
        "no",
        "ours: the latest paySlips.lastEdited and the work calendar",
    ),
    ("xero.payrun",),
    compute,
)
