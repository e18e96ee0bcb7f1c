"""Roubler's pay runs in our words. Pure.

Surprising here: amounts are whole numbers whose unit is not documented, so the
settings say whether they are cents. What people receive is not on a run either: net
pay is the sum of its pay items, before tax as far as is known. Errors are the run's
own, told by employee id and the vendor's sentence. What Roubler answered with an error
of the query is unread, whatever stands there.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.connectors import Listed
from bot.connectors.roubler import items
from bot.connectors.roubler.shapes import PayRun, RunError
from bot.connectors.values import Reader, fingerprint, total
from bot.core.resource import Field, Kind, Known, Snapshot, Type, Unread, Value, fields
from bot.core.words import say

STATUS_WORDS = {"Finalised": "finalised", "Processed": "processed"}

PAYRUN = Kind(
    name="roubler.payrun",
    title=say("Roubler pay run"),
    line_title="line",
    checks=("errors", *items.CHECKS),
    fields=fields(
        Field(
            "status",
            Type.STATUS,
            "whether it waits to be paid elsewhere or was marked as paid; other words are not documented",
            "processed",
            "payRun.status",
            tuple(STATUS_WORDS.values()),
        ),
        Field("run name", Type.TEXT, "what people at Roubler call it", "Fortnight 1", "payRun.name"),
        Field("description", Type.TEXT, "what they wrote about it", None, "payRun.description"),
        Field("period start", Type.DATE, "first day it pays for", "Mon 2 Nov 2026", "payRun.startDate"),
        Field("period end", Type.DATE, "last day it pays for", "Sun 15 Nov 2026", "payRun.endDate"),
        Field(
            "opened at", Type.INSTANT, "when the run was created", "Mon 16 Nov 2026 08:00", "payRun.createdAt"
        ),
        Field(
            "timesheets selected at",
            Type.INSTANT,
            "when its timesheets were chosen",
            None,
            "payRun.timesheetsSelectedAt",
        ),
        Field("finalised at", Type.INSTANT, "when it was finalised", None, "payRun.finalisedAt"),
        Field(
            "finaliser is known",
            Type.FLAG,
            "whether Roubler says who finalised it; the name is not asked for",
            "yes",
            "payRun.finalisedBy",
        ),
        Field("processed at", Type.INSTANT, "when it was paid, as was said then", None, "payRun.processedAt"),
        Field("modified at", Type.INSTANT, "when it was last changed", None, "payRun.modifiedAt"),
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
        *items.FIELDS,
    ),
    came="opened at",
)

_MADE_OF = {
    "run name": "name",
    "period start": "startDate",
    "period end": "endDate",
    "opened at": "createdAt",
    "timesheets selected at": "timesheetsSelectedAt",
    "finalised at": "finalisedAt",
    "finaliser is known": "finalisedBy",
    "processed at": "processedAt",
    "modified at": "modifiedAt",
    "pay items": "payItems",
    "net pay": "payItems",
    "payees": "payItems",
    "hours": "timesheets",
    "hours not payrolled": "timesheets",
    "timesheets not payrolled": "timesheets",
    "pay items that do not multiply out": "payItems",
}
"""The vendor's field that ours is read from, where it is called something else."""


def listed(run: PayRun) -> Listed:
    """A row. Until it is processed its errors and items change without the row showing it."""
    return Listed(PAYRUN.name, run.id, fingerprint(run), is_live=run.status != "Processed")


def snapshot(
    connection: str,
    run: PayRun,
    currency: str,
    unit: str,
    now: datetime,
    failed: Mapping[str, str] | None = None,
) -> Snapshot:
    """A run as it is now; `unit` says what a whole number of money means, `failed` what was no answer."""
    reader = Reader("Roubler")
    failed = failed or {}
    amounts = [items.money(reader, item.amount, currency, unit) for item in run.pay_items or ()]
    payees = {item.employee.id for item in run.pay_items or () if item.employee}
    no_items = None if run.pay_items is not None else items.not_given(say("pay items"))
    values: dict[str, Value] = {
        "status": reader.word("status", run.status, STATUS_WORDS),
        "run name": reader.text(run.name),
        "description": reader.text(run.description),
        "period start": reader.day("period start", run.start_date),
        "period end": reader.day("period end", run.end_date),
        "opened at": reader.instant("opened at", run.created_at),
        "timesheets selected at": reader.instant("timesheets selected at", run.timesheets_selected_at),
        "finalised at": reader.instant("finalised at", run.finalised_at),
        "finaliser is known": Known(run.finalised_by is not None),
        "processed at": reader.instant("processed at", run.processed_at),
        "modified at": reader.instant("modified at", run.modified_at),
        "errors": _errors(run.errors),
        "pay items": _count(run.pay_items, say("pay items")),
        "timesheets": _count(run.timesheets, say("timesheets")),
        "net pay": no_items or total(amounts, currency, say("pay item")),
        "payees": no_items or Known(len(payees)),
        **items.values(reader, run),
    }
    for name in values:
        for source in _sources(name):
            if source in failed:
                values[name] = Unread(say("Roubler answered it with an error: {said}", said=failed[source]))
    status = values["status"]
    return Snapshot(
        kind=PAYRUN.name,
        connection=connection,
        vendor_id=run.id,
        values=values,
        observed_at=now,
        lines=None if "payItems" in failed else items.lines(run.pay_items, amounts),
        vendor_status=str(run.status or ""),
        is_open=False if isinstance(status, Known) else None,
        is_live=run.status != "Processed",
        notes=(
            *reader.notes,
            *(say("{name}: Roubler answered {said}", name=name, said=said) for name, said in failed.items()),
        ),
    )


def _sources(name: str) -> tuple[str, ...]:
    if name == "pay items without a timesheet":
        return "payItems", "timesheets"
    return (_MADE_OF.get(name, name),)


def _count(found: Sequence[object] | None, what: str) -> Value:
    return Known(len(found)) if found is not None else items.not_given(what)


def _errors(errors: Sequence[RunError] | None) -> Value:
    """How many, each as `employee 72944: Pay rate missing`; sorted, so that order is no change."""
    if errors is None:
        return items.not_given(say("errors"))
    told = []
    for one in errors:
        words = " ".join(str(one.message or "no message").split())[:200]
        told.append(f"employee {one.employee.id}: {words}" if one.employee else words)
    return Known(len(told), tuple(sorted(told)))
