"""Whether a Xero pay run has been posted and taken back to draft.

Xero does not say so. What payrunbot has seen counts, and a draft that still has the time
at which it was posted. A run that was taken back before the first reading looks like any
other.
"""

from bot.core.resource import Field, Known, Type, Unread, Value
from bot.core.words import say
from bot.facts import Fact, FactInput


def compute(given: FactInput) -> Value:
    if given.generation > 1:
        return Known(True, (say("open for the {number}. time", number=given.generation),))
    status, posted = given.snapshot.value("status"), given.snapshot.value("posted at")
    for value in (status, posted):
        if isinstance(value, Unread):
            return value
    if status == Known("draft") and isinstance(posted, Known):
        return Known(True, ("a draft with the time at which it was posted",))
    return Known(False)


FACT = Fact(
    Field(
        "was posted before",
        Type.FLAG,
        "Whether it was posted once, and taken back to draft, as far as payrunbot has seen.",
        "no",
        "ours: payRunStatus of the readings before",
    ),
    ("xero.payrun",),
    compute,
)
