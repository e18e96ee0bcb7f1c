"""Whether a pay run can still change, whatever its vendor calls that state."""

from bot.core.resource import Field, Known, Type, Unread, Value
from bot.core.words import say
from bot.facts import Fact, FactInput
from bot.facts.shared import PAYRUNS


def compute(given: FactInput) -> Value:
    status = given.snapshot.value("status")
    if isinstance(status, Unread):
        return status
    if given.snapshot.is_open is None:
        return Unread(say("its status says neither that it is open nor that it is closed"))
    return Known(given.snapshot.is_open)


FACT = Fact(
    Field(
        "still open",
        Type.FLAG,
        "Whether it can still change: not yet closed, posted or finalised.",
        "no",
        "ours: the vendor's status",
    ),
    PAYRUNS,
    compute,
    is_check=False,
)
