"""How far net pay is from the median of the last six runs, up or down.

Fewer than three runs in the same currency are no history, and the fact is missing.
"""

from statistics import median

from bot.core.guard import ENOUGH_HISTORY, HISTORY
from bot.core.money import Money
from bot.core.resource import MISSING, Field, Known, Type, Unread, Value
from bot.core.words import plain, say
from bot.facts import Fact, FactInput
from bot.facts.shared import PAYRUNS, change, direction


def compute(given: FactInput) -> Value:
    value = given.snapshot.value("net pay")
    if not isinstance(value, Known):
        return value
    now = value.value
    assert isinstance(now, Money)
    earlier = [pay for run in given.earlier if (pay := run.money("net pay")) is not None]
    like = [pay.amount for pay in earlier if pay.currency == now.currency][:HISTORY]
    if len(like) < ENOUGH_HISTORY:
        return MISSING
    middle = Money(median(like), now.currency)
    percent = change(now, middle)
    if isinstance(percent, Unread):
        return percent
    return Known(
        abs(percent),
        (say("{direction}, median {amount}", direction=direction(percent), amount=plain(middle)),),
    )


FACT = Fact(
    Field(
        "net pay against median",
        Type.PERCENT,
        "By how much net pay differs from the median of the last six runs, up or down.",
        "0 %",
        "ours: net pay of this run and of the last six",
    ),
    PAYRUNS,
    compute,
)
