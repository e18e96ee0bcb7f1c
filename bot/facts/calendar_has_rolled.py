"""Whether Xero moved a pay run calendar on to its next period by itself.

It does so when a pay run is made. A run for exactly the period that the calendar
still shows means that it did not.
"""

from bot.core.resource import Field, Known, Missing, Type, Value
from bot.core.words import say
from bot.facts import Fact, FactInput


def compute(given: FactInput) -> Value:
    match given.snapshot.value("run for this period"):
        case Known(run):
            return Known(False, (say("pay run {run} is for the period it still shows", run=run),))
        case Missing():
            return Known(True)
        case unread:
            return unread


FACT = Fact(
    Field(
        "calendar has rolled",
        Type.FLAG,
        "Whether no pay run exists yet for the period that the calendar shows.",
        "yes",
        "ours: the calendar's period and all pay runs",
    ),
    ("xero.calendar",),
    compute,
)
