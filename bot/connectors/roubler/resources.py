"""Roubler's pay runs in our words. Pure.

Surprising here: amounts are whole numbers whose unit is not documented, so the
settings say whether they are cents. What people receive is not on a run either: net
pay is the sum of its pay items, before tax as far as is known. Errors are the run's
own, told by employee id and the vendor's sentence.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from bot.connectors import Listed
from bot.connectors.roubler.api import PayItem, PayRun, RunError
from bot.connectors.values import Raw, Reader, fingerprint, total
from bot.core.money import Money
from bot.core.resource import Field, Kind, Known, Line, Snapshot, Type, Unread, Value, fields

STATUS_WORDS = {"Finalised": "finalised", "Processed": "processed"}

PAYRUN = Kind(
    name="roubler.payrun",
    title="Roubler pay run",
    line_title="line",
    fields=fields(
        Field(
            "status",
            Type.STATUS,
            "whether it waits to be paid elsewhere or was marked as paid; other words are not documented",
            "processed",
            "payRun.status",
            tuple(STATUS_WORDS.values()),
        ),
        Field("period start", Type.DATE, "first day it pays for", "Mon 2 Nov 2026", "payRun.startDate"),
        Field("period end", Type.DATE, "last day it pays for", "Sun 15 Nov 2026", "payRun.endDate"),
        Field(
            "opened at", Type.INSTANT, "when the run was created", "Mon 16 Nov 2026 08:00", "payRun.createdAt"
        ),
        Field("finalised at", Type.INSTANT, "when it was finalised", None, "payRun.finalisedAt"),
        Field("processed at", Type.INSTANT, "when it was marked as paid", None, "payRun.processedAt"),
        Field("errors", Type.COUNT, "how many errors Roubler shows on it", "0", "payRun.errors"),
        Field("pay items", Type.COUNT, "how many pay items are in it", "0", "payRun.payItems"),
        Field("timesheets", Type.COUNT, "how many timesheets are in it", "0", "payRun.timesheets"),
        Field(
            "net pay",
            Type.MONEY,
            "what people receive, assumed: the run has no such total",
            "0 AUD",
            "ours: the sum of payItems.amount, in the unit of the settings",
        ),
        Field("payees", Type.COUNT, "how many people are paid", "0", "ours: distinct payItems.employee"),
    ),
)


def listed(run: PayRun) -> Listed:
    """A row. Until it is processed its errors and items change without the row showing it."""
    return Listed(PAYRUN.name, run.id, fingerprint(run), is_live=run.status != "Processed")


def snapshot(connection: str, run: PayRun, currency: str, unit: str, now: datetime) -> Snapshot:
    """A run as it is now; `unit` says what a whole number of money means."""
    reader = Reader("Roubler")
    status = reader.word("status", run.status, STATUS_WORDS)
    items = run.pay_items
    amounts = [_money(reader, item.amount, currency, unit) for item in items or ()]
    payees = {item.employee.id for item in items or () if item.employee}
    return Snapshot(
        kind=PAYRUN.name,
        connection=connection,
        vendor_id=run.id,
        values={
            "status": status,
            "period start": reader.day("period start", run.start_date),
            "period end": reader.day("period end", run.end_date),
            "opened at": reader.instant("opened at", run.created_at),
            "finalised at": reader.instant("finalised at", run.finalised_at),
            "processed at": reader.instant("processed at", run.processed_at),
            "errors": _errors(run.errors),
            "pay items": _count(items, "pay items"),
            "timesheets": _count(run.timesheets, "timesheets"),
            "net pay": total(amounts, currency, "pay item") if items is not None else _not_given("pay items"),
            "payees": Known(len(payees)) if items is not None else _not_given("pay items"),
        },
        observed_at=now,
        lines=_lines(items, amounts),
        vendor_status=str(run.status or ""),
        is_open=False if isinstance(status, Known) else None,
        is_live=run.status != "Processed",
        notes=tuple(reader.notes),
    )


def _not_given(what: str) -> Unread:
    return Unread(f"Roubler gave the run without its {what}")


def _count(found: Sequence[object] | None, what: str) -> Value:
    return Known(len(found)) if found is not None else _not_given(what)


def _errors(errors: Sequence[RunError] | None) -> Value:
    """How many, each as `employee 72944: Pay rate missing`; sorted, so that order is no change."""
    if errors is None:
        return _not_given("errors")
    told = []
    for one in errors:
        words = " ".join(str(one.message or "no message").split())[:200]
        told.append(f"employee {one.employee.id}: {words}" if one.employee else words)
    return Known(len(told), tuple(sorted(told)))


def _money(reader: Reader, raw: Raw, currency: str, unit: str) -> Value:
    value = reader.money("a pay item's amount", raw, currency)
    if unit == "cents" and isinstance(value, Known) and isinstance(value.value, Money):
        return Known(Money(value.value.amount / Decimal(100), currency))
    return value


def _lines(items: Sequence[PayItem] | None, amounts: Sequence[Value]) -> tuple[Line, ...] | None:
    """One line a person: items have no id of their own, and a run is approved by person."""
    sums: dict[str, Money] = {}
    for item, amount in zip(items or (), amounts, strict=True):
        if item.employee is None or not isinstance(amount, Known) or not isinstance(amount.value, Money):
            return None
        payee = item.employee.id
        sums[payee] = sums[payee] + amount.value if payee in sums else amount.value
    lines = tuple(Line(payee, payee, amount) for payee, amount in sorted(sums.items()))
    return lines if items is not None else None
