"""Gigapay's payruns in our words. Pure: the vendor's models in, a snapshot out.

Surprising here: documents older than `latest_status` tell a payrun's state only by
`open` and `paid_at`. What a payrun costs while it is open is the larger of its price
and its payouts' cost, because nobody has written down whether `price` is live then;
it stays so once closed, so that two runs are compared by one measure.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.connectors import Listed
from bot.connectors.gigapay.api import PaymentTerm, Payout, Payrun
from bot.connectors.values import Raw, Reader, fingerprint, total
from bot.core.money import Money
from bot.core.resource import (
    MISSING,
    Field,
    Kind,
    Known,
    Line,
    Missing,
    Snapshot,
    Type,
    Unread,
    Value,
    fields,
)

STATUS_WORDS = {"open": "open", "invoiced": "closed", "paid": "paid"}
VENDOR_ZONE = ZoneInfo("Europe/Stockholm")

PAYRUN = Kind(
    name="gigapay.payrun",
    title="Gigapay payrun",
    line_title="payout",
    fields=fields(
        Field(
            "status",
            Type.STATUS,
            "whether payouts can still be added, it is invoiced, or its invoice is paid",
            "paid",
            "payrun.latest_status, else open and paid_at",
            ("open", "closed", "paid"),
        ),
        Field(
            "opened at", Type.INSTANT, "when the payrun began", "Mon 9 Nov 2026 08:12", "payrun.created_at"
        ),
        Field("closed at", Type.INSTANT, "when its invoice was issued", None, "invoice.issued_at"),
        Field("paid at", Type.INSTANT, "when its invoice was paid", None, "payrun.paid_at"),
        Field(
            "cost",
            Type.MONEY,
            "what leaves the employer",
            "0 SEK",
            "ours: the larger of payrun.price and the sum of payout.cost",
        ),
        Field("net pay", Type.MONEY, "what the payees receive", "0 SEK", "ours: the sum of payout.amount"),
        Field("price", Type.MONEY, "the price Gigapay shows for it", "0 SEK", "payrun.price"),
        Field("invoice total", Type.MONEY, "what Gigapay bills", None, "invoice.total"),
        Field("invoice due date", Type.DATE, "by when the invoice must be paid", None, "invoice.due_date"),
        Field("payouts", Type.COUNT, "how many payouts are in it, cancelled ones left out", "0", "payouts"),
        Field("payees", Type.COUNT, "how many people are paid", "0", "ours: distinct payout.employee"),
        Field("last payout", Type.INSTANT, "when the newest payout was added", None, "payout.created_at"),
        Field("bank reference", Type.TEXT, "what to write on the payment", None, "payrun.ocr_number"),
        Field(
            "closes by itself at",
            Type.INSTANT,
            "when Gigapay closes it without being asked",
            None,
            "payment_term.batching_duration or batching_interval, the earlier",
        ),
        Field("currency", Type.TEXT, "the currency of the payrun", "SEK", "payrun.currency"),
    ),
)


def listed(payrun: Payrun) -> Listed:
    """A row of the list. Only a paid payrun is settled: until then payouts come and invoices change."""
    return Listed(
        kind=PAYRUN.name,
        vendor_id=payrun.id,
        fingerprint=fingerprint(payrun),
        is_live=_status_word(payrun) != "paid",
        identities=identities(payrun),
    )


def identities(payrun: Payrun) -> tuple[str, ...]:
    """By what a payrun is recognised when somebody has changed its id."""
    by_invoice = (f"invoice:{payrun.invoice.id}",) if payrun.invoice else ()
    by_birth = (f"created:{payrun.created_at}|{payrun.ocr_number}",) if payrun.created_at else ()
    return by_invoice + by_birth


def snapshot(
    connection: str,
    payrun: Payrun,
    payouts: Sequence[Payout],
    term: PaymentTerm | Unread,
    now: datetime,
) -> Snapshot:
    """A payrun as it is now. `term` is Unread where the payment term could not be had."""
    reader = Reader("Gigapay")
    currency = payrun.currency if isinstance(payrun.currency, str) else ""
    counted = _counted(payouts, reader)
    net = [reader.money("a payout's amount", one.amount, one.currency) for one in counted]
    costs = [reader.money("a payout's cost", one.cost, one.currency) for one in counted]
    price = reader.money("price", payrun.price, payrun.currency)
    opened_at = reader.instant("opened at", payrun.created_at)
    invoice = payrun.invoice
    created = [reader.instant("a payout's created_at", one.created_at) for one in counted]
    status = reader.word("status", _status_word(payrun), STATUS_WORDS)
    if payrun.latest_status == "open" and payrun.open is False:
        reader.note("status: Gigapay says both 'open' and that it is not the open one")
    lines = _lines(counted, net, costs, created)
    if lines is None:
        reader.note("payouts: at least one has no amount or no payee, so they are not shown as lines")
    return Snapshot(
        kind=PAYRUN.name,
        connection=connection,
        vendor_id=payrun.id,
        values={
            "status": status,
            "opened at": opened_at,
            "closed at": reader.instant("closed at", invoice.issued_at) if invoice else MISSING,
            "paid at": reader.instant("paid at", payrun.paid_at),
            "cost": _cost(price, costs, currency),
            "net pay": _sum(net, currency),
            "price": price,
            "invoice total": reader.money("invoice total", invoice.total, invoice.currency)
            if invoice
            else MISSING,
            "invoice due date": reader.day("invoice due date", invoice.due_date) if invoice else MISSING,
            "payouts": Known(len(counted)),
            "payees": Known(len({one.employee for one in counted})),
            "last payout": _latest(created),
            "bank reference": reader.text(payrun.ocr_number),
            "closes by itself at": _closes_at(status, opened_at, term, reader),
            "currency": reader.text(payrun.currency),
        },
        observed_at=now,
        lines=lines,
        identities=identities(payrun),
        vendor_status=str(_status_word(payrun) or ""),
        is_open=status.value == "open" if isinstance(status, Known) else None,
        is_live=_status_word(payrun) != "paid",
        notes=tuple(reader.notes),
        call={"payrun": payrun.id, "open": {True: "yes", False: "no", None: ""}[payrun.open]},
    )


def _status_word(payrun: Payrun) -> Raw:
    """The vendor's word, or the one its older documents imply."""
    if payrun.latest_status is not None:
        return payrun.latest_status
    if payrun.open:
        return "open"
    if payrun.open is None:
        return None
    return "paid" if payrun.paid_at else "invoiced"


def _counted(payouts: Sequence[Payout], reader: Reader) -> list[Payout]:
    for one in payouts:
        if one.canceled_at:
            reader.note(f"payout {one.id} is cancelled and not counted")
    kept = [one for one in payouts if not one.canceled_at]
    return sorted(kept, key=lambda one: (str(one.created_at), one.id))


def _sum(amounts: Sequence[Value], currency: str) -> Value:
    if not currency:
        return Unread("Gigapay gives no currency for this payrun")
    return total(amounts, currency, "payout")


def _cost(price: Value, costs: Sequence[Value], currency: str) -> Value:
    """The larger of both; one alone where the other is missing; unknown where neither is there."""
    summed = _sum(costs, currency) if costs else MISSING
    if isinstance(price, Unread):
        return price
    if isinstance(price, Missing):
        return (
            summed if isinstance(summed, (Known, Unread)) else Unread("Gigapay gives neither price nor cost")
        )
    if isinstance(summed, Known) and isinstance(summed.value, Money) and isinstance(price.value, Money):
        return max(price, summed, key=lambda one: one.value.amount if isinstance(one.value, Money) else 0)
    other_currency = any(isinstance(one, Known) for one in costs) and isinstance(summed, Unread)
    return summed if other_currency else price


def _lines(
    payouts: Sequence[Payout], net: Sequence[Value], costs: Sequence[Value], created: Sequence[Value]
) -> tuple[Line, ...] | None:
    found = []
    for payout, amount, cost, at in zip(payouts, net, costs, created, strict=True):
        if not isinstance(amount, Known) or not isinstance(amount.value, Money) or not payout.employee:
            return None
        found.append(
            Line(
                id=payout.id,
                payee=payout.employee,
                net_pay=amount.value,
                cost=cost.value if isinstance(cost, Known) and isinstance(cost.value, Money) else None,
                created_at=at.value if isinstance(at, Known) and isinstance(at.value, datetime) else None,
                status=str(payout.latest_status or ""),
            )
        )
    return tuple(found)


def _latest(created: Sequence[Value]) -> Value:
    for one in created:
        if not isinstance(one, Known):
            return one if isinstance(one, Unread) else Unread("Gigapay does not say when a payout was added")
    instants = [one.value for one in created if isinstance(one, Known) and isinstance(one.value, datetime)]
    return Known(max(instants)) if instants else MISSING


def _closes_at(status: Value, opened_at: Value, term: PaymentTerm | Unread, reader: Reader) -> Value:
    """When Gigapay closes an open payrun by itself.

    The vendor does not say what an interval begins with, nor its hour. Assumed: weeks
    on Monday, months and quarters on their first day, at the start of the Swedish day.
    Where a duration is given too, whichever comes first: being early is the safe mistake.
    """
    if isinstance(status, Known) and status.value != "open":
        return MISSING
    if isinstance(term, Unread):
        return term
    if not isinstance(opened_at, Known) or not isinstance(opened_at.value, datetime):
        return Unread("Gigapay does not say when the payrun was opened")
    seconds = reader.count("batching_duration", term.batching_duration)
    if isinstance(seconds, Unread):
        return seconds
    ends = []
    if isinstance(seconds, Known) and isinstance(seconds.value, int) and seconds.value:
        ends.append(opened_at.value + timedelta(seconds=seconds.value))
    opened = opened_at.value.astimezone(VENDOR_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    match term.batching_interval:
        case None | "":
            pass
        case "weekly":
            ends.append((opened + timedelta(days=7 - opened.weekday())).astimezone(UTC))
        case "monthly" | "quarterly":
            step = 1 if term.batching_interval == "monthly" else 3 - (opened.month - 1) % 3
            years, month = divmod(opened.month - 1 + step, 12)
            ends.append(opened.replace(year=opened.year + years, month=month + 1, day=1).astimezone(UTC))
        case other:
            return reader.odd("batching_interval", other, "interval that we know")
    return Known(min(ends)) if ends else MISSING
