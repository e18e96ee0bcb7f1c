"""What the pay slips of a Xero pay run come to. Pure.

A figure that only some of the slips have is unread: a sum of the others would be a
wrong amount. One that none of them has is missing.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from bot.connectors.values import Reader, total
from bot.connectors.xero.kinds import SUMS
from bot.connectors.xero.models import PaySlip
from bot.core.money import Money
from bot.core.resource import MISSING, Known, Missing, Unread, Value
from bot.core.words import say

# Xero writes instants without an offset and does not say which it means.
VENDOR_ZONE = UTC

ELECTRONICALLY = "Electronically"
METHODS = {ELECTRONICALLY: "electronically", "Cheque": "by cheque", "Manual": "by hand"}


def slip_values(
    slips: Sequence[PaySlip], pay: Sequence[Value], reader: Reader, currency: str
) -> dict[str, Value]:
    """The values that are made of all pay slips; `pay` are their totalPay."""
    sums: Mapping[str, Value] = {
        name: _sum([reader.money(theirs, getattr(slip, ours), currency) for slip in slips], currency)
        for name, (ours, theirs, _) in SUMS.items()
    }
    return {
        **sums,
        "zero or negative pay": _without_pay(slips, pay),
        "not paid electronically": _not_electronically(slips, reader),
        "last edited": _last_edited(slips, reader),
    }


def _sum(amounts: Sequence[Value], currency: str) -> Value:
    if amounts and all(isinstance(one, Missing) for one in amounts):
        return MISSING
    return total(amounts, currency, say("pay slip"))


def _without_pay(slips: Sequence[PaySlip], pay: Sequence[Value]) -> Value:
    found = []
    for slip, amount in zip(slips, pay, strict=True):
        if not isinstance(amount, Known) or not isinstance(amount.value, Money):
            return amount if isinstance(amount, Unread) else Unread(say("one pay slip has no amount"))
        if amount.value.amount <= 0:
            found.append(f"payee {slip.employee_id}: {amount.value.plain()}")
    return Known(len(found), tuple(found))


def _not_electronically(slips: Sequence[PaySlip], reader: Reader) -> Value:
    """How many are paid otherwise; unread where Xero does not say it of one, as of a draft it may not."""
    found = []
    for slip in slips:
        method = reader.word("payment method", slip.payment_method, METHODS) if slip.payment_method else None
        if not isinstance(method, Known):
            return (
                method
                if isinstance(method, Unread)
                else Unread(say("one pay slip does not say how it is paid"))
            )
        if slip.payment_method != ELECTRONICALLY:
            found.append(f"payee {slip.employee_id}: {method.value}")
    return Known(len(found), tuple(found))


def _last_edited(slips: Sequence[PaySlip], reader: Reader) -> Value:
    edited = []
    for slip in slips:
        match reader.instant("lastEdited", slip.last_edited, VENDOR_ZONE):
            case Known(datetime() as at):
                edited.append((at, slip.employee_id))
            case Unread() as unread:
                return unread
    if not edited:
        return MISSING
    at, who = max(edited)
    return Known(at, (f"payee {who}",))
