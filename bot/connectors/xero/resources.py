"""Xero's pay runs and pay run calendars in our words. Pure.

Surprising here: a calendar shows the next period that has no pay run yet, and rolls
by itself when one is drafted. Whether it did is read off the complete lists: a run
for exactly the period it still shows says no. Those two answers are part of its
fingerprint, because the calendar's own row does not change with them.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from bot.connectors import Listed
from bot.connectors.values import Raw, Reader, fingerprint, total
from bot.connectors.xero.api import Calendar, PayRun
from bot.connectors.xero.period import next_name, next_payment_on
from bot.core.money import Money
from bot.core.resource import MISSING, Field, Kind, Known, Line, Snapshot, Type, Unread, Value, fields

STATUS_WORDS = {"Draft": "draft", "Posted": "posted"}
RUN_TYPE_WORDS = {
    "Scheduled": "scheduled",
    "Unscheduled": "unscheduled",
    "EarlierYearUpdate": "earlier year update",
}
CALENDAR_TYPE_WORDS = {
    "Weekly": "weekly",
    "Fortnightly": "fortnightly",
    "FourWeekly": "four weekly",
    "Monthly": "monthly",
    "Quarterly": "quarterly",
    "Annual": "annual",
}
# Xero writes instants without an offset and does not say which it means.
VENDOR_ZONE = UTC

_CALENDAR_TYPE = Field(
    "calendar type",
    Type.STATUS,
    "how often people on it are paid",
    "weekly",
    "calendarType",
    tuple(CALENDAR_TYPE_WORDS.values()),
)

CALENDAR = Kind(
    name="xero.calendar",
    title="Xero calendar",
    fields=fields(
        Field("name", Type.TEXT, "what people call the calendar", "Weekly Calendar", "name"),
        _CALENDAR_TYPE,
        Field(
            "period start", Type.DATE, "first day of the period it shows", "Mon 9 Nov 2026", "periodStartDate"
        ),
        Field("period end", Type.DATE, "last day of the period it shows", "Sun 15 Nov 2026", "periodEndDate"),
        Field("pay date", Type.DATE, "when that period is paid", "Fri 20 Nov 2026", "paymentDate"),
        Field(
            "run for this period",
            Type.TEXT,
            "the pay run that exists for exactly the period the calendar shows",
            None,
            "ours: payRunID of the run with its payrollCalendarID and periodStartDate",
        ),
        Field(
            "next period calendar",
            Type.TEXT,
            "another calendar of this type that starts the day after this period",
            None,
            "ours: payrollCalendarID found in the complete list",
        ),
        Field("updated at", Type.INSTANT, "when the calendar last changed", None, "updatedDateUTC"),
    ),
)

PAYRUN = Kind(
    name="xero.payrun",
    title="Xero pay run",
    line_title="pay slip",
    fields=fields(
        Field(
            "status",
            Type.STATUS,
            "whether the run is a draft or posted",
            "posted",
            "payRunStatus",
            tuple(STATUS_WORDS.values()),
        ),
        Field(
            "run type",
            Type.STATUS,
            "what sort of run it is",
            "scheduled",
            "payRunType",
            tuple(RUN_TYPE_WORDS.values()),
        ),
        _CALENDAR_TYPE,
        Field("period start", Type.DATE, "first day it pays for", "Mon 9 Nov 2026", "periodStartDate"),
        Field("period end", Type.DATE, "last day it pays for", "Sun 15 Nov 2026", "periodEndDate"),
        Field("pay date", Type.DATE, "when people are paid", "Fri 20 Nov 2026", "paymentDate"),
        Field("cost", Type.MONEY, "what leaves the employer", "0 GBP", "totalCost"),
        Field("net pay", Type.MONEY, "what people receive", "0 GBP", "ours: the sum of paySlips.totalPay"),
        Field(
            "header pay",
            Type.MONEY,
            "what the run's header says is paid; reimbursements are not in it",
            "0 GBP",
            "totalPay",
        ),
        Field("pay slips", Type.COUNT, "how many pay slips are in it", "0", "paySlips"),
        Field("payees", Type.COUNT, "how many people are paid", "0", "ours: distinct paySlips.employeeID"),
        Field("posted at", Type.INSTANT, "when it was posted", None, "postedDateTime"),
    ),
)


def listed_run(run: PayRun) -> Listed:
    """A row. A draft's pay slips can change without its totals, so it is read each time."""
    return Listed(PAYRUN.name, run.key, fingerprint(run), is_live=run.payrun_status != "Posted")


def listed_calendar(calendar: Calendar, calendars: Sequence[Calendar], runs: Sequence[PayRun]) -> Listed:
    """A row that changes too when a run or a following calendar appears."""
    run, following = _run_for(calendar, runs), _following(calendar, calendars)
    around = fingerprint(calendar, run, following)
    return Listed(CALENDAR.name, calendar.key, around, is_live=False)


def run_snapshot(connection: str, run: PayRun, currency: str, now: datetime) -> Snapshot:
    """A pay run; net pay and lines only where the reply has its pay slips."""
    reader = Reader("Xero")
    status = reader.word("status", run.payrun_status, STATUS_WORDS)
    slips = run.pay_slips
    amounts = [reader.money("a pay slip's totalPay", slip.total_pay, currency) for slip in slips or ()]
    header = reader.money("header pay", run.total_pay, currency)
    unread = Unread("Xero gave the run without its pay slips")
    lines = tuple(
        Line(slip.payslip_id, slip.employee_id, amount.value)
        for slip, amount in zip(slips or (), amounts, strict=True)
        if isinstance(amount, Known) and isinstance(amount.value, Money)
    )
    whole = slips is not None and len(lines) == len(slips)
    return Snapshot(
        kind=PAYRUN.name,
        connection=connection,
        vendor_id=run.key,
        values={
            "status": status,
            "run type": reader.word("run type", run.payrun_type, RUN_TYPE_WORDS),
            "calendar type": reader.word("calendar type", run.calendar_type, CALENDAR_TYPE_WORDS),
            "period start": reader.day("period start", run.period_start_date),
            "period end": reader.day("period end", run.period_end_date),
            "pay date": reader.day("pay date", run.payment_date),
            "cost": reader.money("cost", run.total_cost, currency),
            "net pay": unread if slips is None else _net_pay(amounts, header, currency),
            "header pay": header,
            "pay slips": Known(len(slips)) if slips is not None else unread,
            "payees": Known(len({slip.employee_id for slip in slips})) if slips is not None else unread,
            "posted at": reader.instant("posted at", run.posted_date_time, VENDOR_ZONE),
        },
        observed_at=now,
        lines=lines if whole else None,
        vendor_status=str(run.payrun_status or ""),
        is_open=status.value == "draft" if isinstance(status, Known) else None,
        is_live=run.payrun_status != "Posted",
        notes=tuple(reader.notes),
        call={"series": str(run.payroll_calendar_id)} if run.payroll_calendar_id else {},
    )


def calendar_snapshot(
    connection: str,
    calendar: Calendar,
    calendars: Sequence[Calendar],
    runs: Sequence[PayRun],
    *,
    tenant: str,
    name_template: str,
    now: datetime,
) -> Snapshot:
    """A calendar, judged against the complete lists of calendars and of pay runs."""
    reader = Reader("Xero")
    values: dict[str, Value] = {
        "name": reader.text(calendar.name),
        "calendar type": reader.word("calendar type", calendar.calendar_type, CALENDAR_TYPE_WORDS),
        "period start": reader.day("period start", calendar.period_start_date),
        "period end": reader.day("period end", calendar.period_end_date),
        "pay date": reader.day("pay date", calendar.payment_date),
        "updated at": reader.instant("updated at", calendar.updated_date_utc, VENDOR_ZONE),
    }
    start, end, pay_on = (_date(values[name]) for name in ("period start", "period end", "pay date"))
    run, following = _run_for(calendar, runs), _following(calendar, calendars)
    unread = Unread("Xero's calendar has no whole period")
    values["run for this period"] = (Known(run) if run else MISSING) if start else unread
    values["next period calendar"] = (Known(following) if following else MISSING) if end else unread
    call = {"tenant": tenant, "calendar type": str(calendar.calendar_type or "")}
    if start and end and pay_on:
        next_start = end + timedelta(days=1)
        next_pay_on = next_payment_on(call["calendar type"], pay_on, start, next_start)
        call["next start"] = next_start.isoformat()
        call["next name"] = next_name(name_template, str(calendar.name or ""), start, next_start)
        if next_pay_on is not None:
            call["next pay date"] = next_pay_on.isoformat()
    return Snapshot(
        kind=CALENDAR.name,
        connection=connection,
        vendor_id=calendar.key,
        values=values,
        observed_at=now,
        vendor_status=str(calendar.calendar_type or ""),
        is_open=True,
        is_live=False,
        notes=tuple(reader.notes),
        call=call,
    )


def _net_pay(amounts: Sequence[Value], header: Value, currency: str) -> Value:
    """The sum of the pay slips. None at all under a header that pays something is not zero."""
    if not amounts and isinstance(header, Known) and isinstance(header.value, Money) and header.value.amount:
        return Unread(f"Xero's header pays {header.value.plain()} and there are no pay slips")
    return total(amounts, currency, "pay slip")


def _run_for(calendar: Calendar, runs: Sequence[PayRun]) -> str | None:
    start = _day(calendar.period_start_date)
    for run in runs:
        same_calendar = str(run.payroll_calendar_id or "").lower() == calendar.key.lower()
        if start is not None and same_calendar and _day(run.period_start_date) == start:
            return run.key
    return None


def _following(calendar: Calendar, calendars: Sequence[Calendar]) -> str | None:
    end = _day(calendar.period_end_date)
    for other in calendars:
        starts_next = end is not None and _day(other.period_start_date) == end + timedelta(days=1)
        if starts_next and other.calendar_type == calendar.calendar_type and other.key != calendar.key:
            return other.key
    return None


def _day(raw: Raw) -> date | None:
    return _date(Reader("Xero").day("date", raw))


def _date(value: Value) -> date | None:
    return value.value if isinstance(value, Known) and isinstance(value.value, date) else None
