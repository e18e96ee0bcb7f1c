"""Xero's pay runs and pay run calendars in our words. Pure.

Surprising here: a calendar shows the next period that has no pay run yet, and rolls
by itself when one is drafted. Whether it did is read off the complete lists: a run
for exactly the period it still shows says no. Those two answers are part of its
fingerprint, because the calendar's own row does not change with them.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from bot.connectors import Listed
from bot.connectors.values import Raw, Reader, fingerprint, total
from bot.connectors.xero.kinds import (
    CALENDAR,
    CALENDAR_TYPE_WORDS,
    PAYRUN,
    RUN_TYPE_WORDS,
    STATUS_WORDS,
    SUMS,
)
from bot.connectors.xero.models import Calendar, PayRun, PaySlip
from bot.connectors.xero.period import next_name, next_payment_on
from bot.connectors.xero.slips import VENDOR_ZONE, slip_values
from bot.core import words
from bot.core.money import Money
from bot.core.resource import MISSING, Known, Line, Snapshot, Unread, Value
from bot.core.words import say

_OF_SLIPS = (*SUMS, "zero or negative pay", "not paid electronically", "last edited")


def listed_run(run: PayRun) -> Listed:
    """A row. A draft's pay slips can change without its totals, so it is read each time."""
    return Listed(PAYRUN.name, run.payrun_id, fingerprint(run), is_live=run.payrun_status != "Posted")


def listed_calendar(calendar: Calendar, calendars: Sequence[Calendar], runs: Sequence[PayRun]) -> Listed:
    """A row that changes too when a run or a following calendar appears."""
    run, following = _run_for(calendar, runs), _following(calendar, calendars)
    around = fingerprint(calendar, run, following)
    return Listed(CALENDAR.name, calendar.payroll_calendar_id, around, is_live=False)


def run_snapshot(connection: str, run: PayRun, currency: str, now: datetime) -> Snapshot:
    """A pay run; net pay and lines only where the reply has its pay slips."""
    reader = Reader("Xero")
    status = reader.word("status", run.payrun_status, STATUS_WORDS)
    slips = run.pay_slips
    amounts = [reader.money("a pay slip's totalPay", slip.total_pay, currency) for slip in slips or ()]
    header = reader.money("header pay", run.total_pay, currency)
    unread = Unread(say("Xero gave the run without its pay slips"))
    lacking = unread if slips is None else _lacking(slips, header)
    of_slips: dict[str, Value] = (
        dict.fromkeys(_OF_SLIPS, lacking)
        if lacking is not None
        else slip_values(slips or (), amounts, reader, currency)
    )
    lines = tuple(
        Line(slip.payslip_id, slip.employee_id, amount.value)
        for slip, amount in zip(slips or (), amounts, strict=True)
        if isinstance(amount, Known) and isinstance(amount.value, Money)
    )
    whole = slips is not None and lacking is None and len(lines) == len(slips)
    return Snapshot(
        kind=PAYRUN.name,
        connection=connection,
        vendor_id=run.payrun_id,
        values={
            "status": status,
            "run type": reader.word("run type", run.payrun_type, RUN_TYPE_WORDS),
            "calendar type": reader.word("calendar type", run.calendar_type, CALENDAR_TYPE_WORDS),
            "period start": reader.day("period start", run.period_start_date),
            "period end": reader.day("period end", run.period_end_date),
            "pay date": reader.day("pay date", run.payment_date),
            "cost": reader.money("cost", run.total_cost, currency),
            "net pay": total(amounts, currency, say("pay slip")) if lacking is None else lacking,
            "header pay": header,
            **of_slips,
            "pay slips": Known(len({slip.payslip_id for slip in slips})) if slips is not None else unread,
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
    unread = Unread(say("Xero's calendar has no whole period"))
    values["run for this period"] = (Known(run) if run else MISSING) if start else unread
    values["next period calendar"] = (Known(following) if following else MISSING) if end else unread
    call = {"tenant": tenant, "calendar type": str(calendar.calendar_type or "")}
    next_start = _day_after(end) if end else None
    if start and next_start and pay_on and start < next_start:
        next_pay_on = next_payment_on(call["calendar type"], pay_on, start, next_start)
        call["next start"] = next_start.isoformat()
        call["next name"] = next_name(name_template, str(calendar.name or ""), start, next_start)
        if next_pay_on is not None:
            call["next pay date"] = next_pay_on.isoformat()
    return Snapshot(
        kind=CALENDAR.name,
        connection=connection,
        vendor_id=calendar.payroll_calendar_id,
        values=values,
        observed_at=now,
        vendor_status=str(calendar.calendar_type or ""),
        is_open=True,
        is_live=False,
        notes=tuple(reader.notes),
        call=call,
    )


def _lacking(slips: Sequence[PaySlip], header: Value) -> Unread | None:
    """Why nothing can be made of the pay slips: one given twice, or none where the header pays something."""
    twice = [its_id for its_id, count in Counter(slip.payslip_id for slip in slips).items() if count > 1]
    if twice:
        return Unread(say("Xero gives pay slip {id} twice", id=twice[0]))
    if not slips and isinstance(header, Known) and isinstance(header.value, Money) and header.value.amount:
        return Unread(
            say("Xero's header pays {amount} and there are no pay slips", amount=words.plain(header.value))
        )
    return None


def _run_for(calendar: Calendar, runs: Sequence[PayRun]) -> str | None:
    start = _day(calendar.period_start_date)
    for run in runs:
        same_calendar = str(run.payroll_calendar_id or "").lower() == calendar.payroll_calendar_id.lower()
        if start is not None and same_calendar and _day(run.period_start_date) == start:
            return run.payrun_id
    return None


def _following(calendar: Calendar, calendars: Sequence[Calendar]) -> str | None:
    end = _day(calendar.period_end_date)
    next_start = _day_after(end) if end else None
    for other in calendars:
        if (
            next_start is not None
            and _day(other.period_start_date) == next_start
            and other.calendar_type == calendar.calendar_type
            and other.payroll_calendar_id != calendar.payroll_calendar_id
        ):
            return other.payroll_calendar_id
    return None


def _day_after(on: date) -> date | None:
    return on + timedelta(days=1) if on < date.max else None


def _day(raw: Raw) -> date | None:
    return _date(Reader("Xero").day("date", raw))


def _date(value: Value) -> date | None:
    return value.value if isinstance(value, Known) and isinstance(value.value, date) else None
