"""Whether a pay run was closed and then opened again.

No vendor says so. What payrunbot has seen counts: a run that was taken back before the
first reading looks like any other.
"""

from bot.core.resource import Field, Known, Type, Value
from bot.core.words import say
from bot.facts import Fact, FactInput
from bot.facts.shared import PAYRUNS


def compute(given: FactInput) -> Value:
    again = given.generation > 1
    return Known(again, (say("open for the {number}. time", number=given.generation),) if again else ())


FACT = Fact(
    Field(
        "reopened",
        Type.FLAG,
        "Whether it was closed once and opened again, as far as payrunbot has seen.",
        "no",
        "ours: the vendor's status of the readings before",
    ),
    PAYRUNS,
    compute,
    is_check=False,
)
