"""Gigapay's payruns in our words. Pure: the vendor's models in, a snapshot out.

Surprising here: documents older than `latest_status` tell a payrun's state only by
`open` and `paid_at`. A payrun that costs something has payouts; where none are listed
beside its price, they are not known.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.connectors import Listed
from bot.connectors.gigapay.amounts import Amounts
from bot.connectors.gigapay.marks import marks_of
from bot.connectors.gigapay.models import PaymentTerm, Payout, Payrun
from bot.connectors.gigapay.term import closes_at, credit_left
from bot.connectors.values import Raw, Reader, fingerprint
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
from bot.core.words import say

STATUS_WORDS = {"open": "open", "invoiced": "closed", "paid": "paid"}
PAYOUT_WORDS = {
    word: word
    for word in (
        "created",
        "not_funded",
        "onboarding_incomplete",
        "notification_sent",
        "available",
        "complete",
    )
}

PAYRUN = Kind(
    name="gigapay.payrun",
    title=say("Gigapay payrun"),
    line_title="payout",
    fields=fields(
        Field("id", Type.TEXT, "what Gigapay calls it now; it can be changed", "2859272", "payrun.id"),
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
        Field(
            "amount due", Type.MONEY, "what is still to be paid of the invoice", None, "invoice.amount_due"
        ),
        Field("invoice number", Type.TEXT, "the number of its invoice", None, "invoice.invoice_number"),
        Field("invoice due date", Type.DATE, "by when the invoice must be paid", None, "invoice.due_date"),
        Field("payouts", Type.COUNT, "how many payouts are in it, cancelled ones left out", "0", "payouts"),
        Field(
            "cancelled payouts",
            Type.COUNT,
            "how many payouts of it were cancelled; they count nowhere else",
            "0",
            "payout.canceled_at",
        ),
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
        Field(
            "credit left",
            Type.MONEY,
            "what Gigapay would still lend in this currency",
            None,
            "payment_term.credit_terms: credit_limit less credit_used",
        ),
        Field(
            "open payruns",
            Type.COUNT,
            "how many payruns are open in this currency, this one included",
            "0",
            "ours: payrun.open of the last list",
        ),
        Field("currency", Type.TEXT, "the currency of the payrun", "SEK", "payrun.currency"),
    ),
    came="opened at",
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


def open_in(payrun: Payrun) -> str | None:
    """The currency that a payrun is open in; None for one that is not open."""
    return str(payrun.currency) if _status_word(payrun) == "open" else None


def snapshot(
    connection: str,
    payrun: Payrun,
    payouts: Sequence[Payout],
    term: PaymentTerm | Unread,
    now: datetime,
    listed_open: Mapping[str, str] | None = None,
) -> Snapshot:
    """A payrun as it is now. `term` is Unread where the payment term could not be had.

    `listed_open` are the open ones of the last list, None before the first.
    """
    reader = Reader("Gigapay")
    counted, doubt = _counted(payouts, reader)
    for one in counted:
        if one.latest_status is not None:
            reader.word("a payout's status", one.latest_status, PAYOUT_WORDS)
    money = Amounts.of(payrun, counted, reader)
    opened_at = reader.instant("opened at", payrun.created_at)
    invoice = payrun.invoice
    created = [reader.instant("a payout's created_at", one.created_at) for one in counted]
    status = reader.word("status", _status_word(payrun), STATUS_WORDS)
    if payrun.latest_status == "open" and payrun.open is False:
        reader.note(say("status: Gigapay says both 'open' and that it is not the open one"))
    lines = _lines(counted, money, created)
    if lines is None:
        reader.note(
            say(
                "payouts: at least one has no payee or no amount in the payrun's currency: no lines are shown"
            )
        )
    lost = doubt or _lost(payouts, money.price, reader)
    if lost is not None:
        lines = None
    return Snapshot(
        kind=PAYRUN.name,
        connection=connection,
        vendor_id=payrun.id,
        values={
            "id": Known(payrun.id),
            "status": status,
            "opened at": opened_at,
            "closed at": reader.instant("closed at", invoice.issued_at) if invoice else MISSING,
            "paid at": reader.instant("paid at", payrun.paid_at),
            "cost": lost or money.cost,
            "net pay": lost or money.net_pay,
            "price": money.price,
            "invoice total": money.invoice_total,
            "amount due": money.amount_due,
            "invoice number": reader.text(invoice.invoice_number) if invoice else MISSING,
            "invoice due date": reader.day("invoice due date", invoice.due_date) if invoice else MISSING,
            "payouts": lost or Known(len(counted)),
            "cancelled payouts": lost or Known(len(payouts) - len(counted)),
            "payees": lost or _payees(counted),
            "last payout": lost or _latest(created),
            "bank reference": reader.text(payrun.ocr_number),
            "closes by itself at": closes_at(status, opened_at, term, reader),
            "credit left": credit_left(term, money.code, reader),
            "open payruns": _open_payruns(payrun, listed_open),
            "currency": money.currency,
        },
        observed_at=now,
        lines=lines,
        identities=identities(payrun),
        vendor_status=str(_status_word(payrun) or ""),
        is_open=status.value == "open" if isinstance(status, Known) else None,
        is_live=_status_word(payrun) != "paid",
        notes=tuple(reader.notes),
        call={
            "payrun": payrun.id,
            "open": {True: "yes", False: "no", None: ""}[payrun.open],
            **({} if payrun.metadata is None else {"metadata": marks_of(payrun.metadata)}),
        },
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


def _lost(payouts: Sequence[Payout], price: Value, reader: Reader) -> Unread | None:
    """Why its payouts are not known: one that costs something has some.

    So it looks when the id is changed between the reading of the payrun and of its payouts.
    """
    if (
        payouts
        or not isinstance(price, Known)
        or not isinstance(price.value, Money)
        or not price.value.amount
    ):
        return None
    why = say("Gigapay lists no payouts of a payrun that has a price")
    reader.note(say("payouts: {why}", why=why))
    return Unread(why)


def _payees(counted: Sequence[Payout]) -> Value:
    if any(one.employee is None for one in counted):
        return Unread(say("Gigapay does not say whom a payout is for"))
    return Known(len({one.employee.id for one in counted if one.employee}))


def _open_payruns(payrun: Payrun, listed: Mapping[str, str] | None) -> Value:
    """With this one as it is now; the others as the last list showed them."""
    if listed is None:
        return Unread(say("the list of payruns has not been read"))
    others = sum(1 for id, currency in listed.items() if id != payrun.id and currency == payrun.currency)
    return Known(others + (1 if _status_word(payrun) == "open" else 0))


def _counted(payouts: Sequence[Payout], reader: Reader) -> tuple[list[Payout], Unread | None]:
    """The payouts that are not cancelled, and why that is not known of all of them."""
    kept, doubt = [], None
    for one in payouts:
        match reader.instant("a payout's canceled_at", one.canceled_at):
            case Known():
                reader.note(say("payout {id} is cancelled and not counted", id=one.id))
            case Missing():
                kept.append(one)
            case unread:
                doubt = unread
    return sorted(kept, key=lambda one: (str(one.created_at), one.id)), doubt


def _lines(payouts: Sequence[Payout], money: Amounts, created: Sequence[Value]) -> tuple[Line, ...] | None:
    found = []
    for payout, amount, cost, at in zip(payouts, money.of_payouts, money.of_costs, created, strict=True):
        if not isinstance(amount, Known) or not isinstance(amount.value, Money) or not payout.employee:
            return None
        if amount.value.currency != money.code:
            return None
        found.append(
            Line(
                id=payout.id,
                payee=payout.employee.id,
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
            return (
                one
                if isinstance(one, Unread)
                else Unread(say("Gigapay does not say when a payout was added"))
            )
    instants = [one.value for one in created if isinstance(one, Known) and isinstance(one.value, datetime)]
    return Known(max(instants)) if instants else MISSING
