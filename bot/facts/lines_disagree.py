"""Whether the vendor's total for the run is not what its lines add up to.

Xero's own total is `header pay`, because `net pay` is already the sum of its pay slips.
It leaves reimbursements out, which the pay slips have in: they are added to it first.
"""

from bot.core.money import CurrencyMismatch, Money, total
from bot.core.resource import MISSING, Field, Known, Type, Unread, Value
from bot.core.words import plain, say, told_by
from bot.facts import Fact, FactInput
from bot.facts.shared import lines_of

BESIDES = {"xero.payrun": "reimbursements"}
HEADER = {"xero.payrun": "header pay", "staffology.payrun": "net pay"}


def compute(given: FactInput) -> Value:
    header, lines = given.snapshot.value(HEADER[given.snapshot.kind]), lines_of(given.snapshot)
    if isinstance(lines, Unread):
        return lines
    if not isinstance(header, Known):
        return header if isinstance(header, Unread) else MISSING
    assert isinstance(header.value, Money)
    besides = given.snapshot.value(BESIDES.get(given.snapshot.kind, ""))
    if isinstance(besides, Unread):
        return besides
    try:
        expected = header.value
        if isinstance(besides, Known) and isinstance(besides.value, Money):
            expected += besides.value
        summed = total(line.net_pay for line in lines) or Money.of(0, header.value.currency)
        difference = expected - summed
    except CurrencyMismatch as error:
        return Unread(told_by(error))
    return Known(
        difference.amount != 0,
        (say("total {total}, lines {lines}", total=plain(expected), lines=plain(summed)),),
    )


FACT = Fact(
    Field(
        "lines disagree",
        Type.FLAG,
        "Whether the vendor's total (at Xero and the reimbursements) differs from the sum of the lines.",
        "no",
        "ours: the vendor's total and the lines",
    ),
    tuple(HEADER),
    compute,
    version=2,
    needs_lines=True,
)
