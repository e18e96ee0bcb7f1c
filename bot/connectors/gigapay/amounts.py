"""The amounts of one payrun, each known, missing or unknown: never one that is only nearly right.

What a payrun costs while it is open is the larger of its price and its payouts' cost,
because nobody has written down whether `price` is live then; it stays so once closed, so
that two runs are compared by one measure. Where one of both is missing it is unknown, as
the missing one may be the larger. A payrun has one currency: where its payouts or
its invoice name another, whatever may be meant is unknown.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.connectors.gigapay.models import Payout, Payrun
from bot.connectors.values import Raw, Reader, total
from bot.core.money import Money
from bot.core.resource import MISSING, Known, Missing, Unread, Value
from bot.core.words import say


@dataclass(frozen=True, slots=True)
class Amounts:
    currency: Value
    code: str
    """The currency, empty where it is not known."""
    price: Value
    cost: Value
    net_pay: Value
    invoice_total: Value
    amount_due: Value
    of_payouts: tuple[Value, ...]
    of_costs: tuple[Value, ...]

    @classmethod
    def of(cls, payrun: Payrun, counted: Sequence[Payout], reader: Reader) -> "Amounts":
        """What a payrun, its invoice and its payouts say together. `counted` are not cancelled."""
        currency = _currency(reader, payrun.currency)
        code = str(currency.value) if isinstance(currency, Known) else ""
        net = tuple(reader.money("a payout's amount", one.amount, one.currency) for one in counted)
        costs = tuple(reader.money("a payout's cost", one.cost, one.currency) for one in counted)
        invoice, bill = payrun.invoice, _bill_in_doubt(payrun, code)
        price = _payouts_in_doubt(net, code) or bill or _price(reader, payrun)
        return cls(
            currency=currency,
            code=code,
            price=price,
            cost=_cost(price, costs, code),
            net_pay=bill or _sum(net, code),
            invoice_total=bill or reader.money("invoice total", invoice.total, invoice.currency)
            if invoice
            else MISSING,
            amount_due=bill or reader.money("amount due", invoice.amount_due, invoice.currency)
            if invoice
            else MISSING,
            of_payouts=net,
            of_costs=costs,
        )


def _bill_in_doubt(payrun: Payrun, code: str) -> Unread | None:
    """Why the invoice's amounts are not those of this payrun; None where it names no other currency."""
    named = payrun.invoice.currency if payrun.invoice else None
    if named is None or not code or named == code:
        return None
    return Unread(say("its invoice is in {found}, not {wanted}", found=str(named)[:40], wanted=code))


def _payouts_in_doubt(amounts: Sequence[Value], code: str) -> Unread | None:
    for one in amounts:
        if isinstance(one, Known) and isinstance(one.value, Money) and code and one.value.currency != code:
            return Unread(
                say(
                    "one {what} is in {found}, not {wanted}",
                    what=say("payout"),
                    found=one.value.currency,
                    wanted=code,
                )
            )
    return None


def _currency(reader: Reader, raw: Raw) -> Value:
    if raw is None or raw == "":
        return MISSING
    if not isinstance(raw, str) or not re.fullmatch(r"[A-Z]{3}", raw):
        return reader.odd(say("currency"), raw, say("currency code"))
    return Known(raw)


def _price(reader: Reader, payrun: Payrun) -> Value:
    """Below nothing it would be under every limit of every rule, so it is none that we know."""
    price = reader.money("price", payrun.price, payrun.currency)
    if isinstance(price, Known) and isinstance(price.value, Money) and price.value.amount < 0:
        return reader.odd("price", payrun.price, say("price"))
    return price


def _sum(amounts: Sequence[Value], currency: str) -> Value:
    if not currency:
        return Unread(say("Gigapay gives no currency for this payrun"))
    return total(amounts, currency, say("payout"))


def _cost(price: Value, costs: Sequence[Value], code: str) -> Value:
    """The larger of both; unknown where one is not known, since it may be the larger one."""
    if isinstance(price, Unread):
        return price
    if isinstance(price, Missing):
        return Unread(say("Gigapay gives no price"))
    summed = _sum(costs, code) if costs else price
    if not (isinstance(summed, Known) and isinstance(summed.value, Money) and isinstance(price.value, Money)):
        return summed
    return Known(max(price.value, summed.value, key=lambda one: one.amount))
