"""Whether Gigapay's price for the payrun is not what its payouts cost together.

Whether the price keeps up while the payrun is open is not documented, and in the
documents' own example it differs from the payouts. So this tells, and proves nothing.
"""

from bot.core.money import CurrencyMismatch, Money, total
from bot.core.resource import MISSING, Field, Known, Type, Unread, Value
from bot.core.words import plain, say, told_by
from bot.facts import Fact, FactInput
from bot.facts.shared import lines_of


def compute(given: FactInput) -> Value:
    lines, price = lines_of(given.snapshot), given.snapshot.value("price")
    if isinstance(lines, Unread):
        return lines
    if not isinstance(price, Known):
        return price if isinstance(price, Unread) else MISSING
    assert isinstance(price.value, Money)
    costs = [line.cost for line in lines if line.cost is not None]
    if len(costs) < len(lines):
        return Unread(say("one payout has no cost"))
    try:
        summed = total(costs) or Money.of(0, price.value.currency)
        differs = (price.value - summed).amount != 0
    except CurrencyMismatch as error:
        return Unread(told_by(error))
    return Known(
        differs, (say("price {price}, payouts {payouts}", price=plain(price.value), payouts=plain(summed)),)
    )


FACT = Fact(
    Field(
        "price and payouts disagree",
        Type.FLAG,
        "Whether Gigapay's price differs from the sum of its payouts' cost.",
        "no",
        "ours: payrun.price and the payouts' cost",
    ),
    ("gigapay.payrun",),
    compute,
    needs_lines=True,
)
