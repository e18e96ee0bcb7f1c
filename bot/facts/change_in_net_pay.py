"""How far net pay is from the last run's, up or down.

Without a last run the fact is missing, so "at most 10 %" is no and nobody acts on it.
"""

from bot.core.money import Money
from bot.core.resource import MISSING, Field, Known, Type, Unread, Value
from bot.core.words import plain, say
from bot.facts import Fact, FactInput
from bot.facts.shared import PAYRUNS, change, direction


def compute(given: FactInput) -> Value:
    now = given.snapshot.value("net pay")
    before = given.earlier[0].value("net pay") if given.earlier else MISSING
    for value in (now, before):
        if isinstance(value, Unread):
            return value
    if not (isinstance(now, Known) and isinstance(before, Known)):
        return MISSING
    assert isinstance(now.value, Money) and isinstance(before.value, Money)
    percent = change(now.value, before.value)
    if isinstance(percent, Unread):
        return percent
    return Known(
        abs(percent),
        (say("{direction}, last run {amount}", direction=direction(percent), amount=plain(before.value)),),
    )


FACT = Fact(
    Field(
        "change in net pay",
        Type.PERCENT,
        "By how much net pay differs from the last run of the same type, up or down.",
        "0 %",
        "ours: net pay of this run and of the last",
    ),
    PAYRUNS,
    compute,
)
