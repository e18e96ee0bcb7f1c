"""Whether another calendar of the same type starts on the day after this period."""

from bot.core.resource import Field, Known, Missing, Type, Value
from bot.core.words import say
from bot.facts import Fact, FactInput


def compute(given: FactInput) -> Value:
    match given.snapshot.value("next period calendar"):
        case Known(calendar):
            return Known(True, (say("calendar {calendar}", calendar=calendar),))
        case Missing():
            return Known(False)
        case unread:
            return unread


FACT = Fact(
    Field(
        "next period is covered",
        Type.FLAG,
        "Whether a calendar of the same type starts the day after this one's period.",
        "yes",
        "ours: a fresh, complete list of calendars",
    ),
    ("xero.calendar",),
    compute,
)
