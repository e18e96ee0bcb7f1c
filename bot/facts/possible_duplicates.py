"""Lines that may be one payout entered twice: same payee, same amount.

Not of Roubler, whose lines are already one for each person: none could repeat another.
"""

from collections import Counter

from bot.core.resource import Field, Known, Type, Unread, Value
from bot.core.words import plain, say
from bot.facts import Fact, FactInput
from bot.facts.shared import PAYRUNS, lines_of


def compute(given: FactInput) -> Value:
    lines = lines_of(given.snapshot)
    if isinstance(lines, Unread):
        return lines
    times = Counter((line.payee, line.net_pay) for line in lines)
    repeated = {key: count for key, count in times.items() if count > 1}
    details = tuple(
        say("payee {payee}: {number} times {amount}", payee=payee, number=count, amount=plain(pay))
        for (payee, pay), count in repeated.items()
    )
    return Known(sum(repeated.values()) - len(repeated), details)


FACT = Fact(
    Field(
        "possible duplicates",
        Type.COUNT,
        "How many lines repeat another line's payee and amount.",
        "0",
        "ours: the lines",
    ),
    PAYRUNS,
    compute,
    needs_lines=True,
    but_not=("roubler.payrun",),
)
