"""Staffology's pay runs in our words. Pure.

Surprising here: a total that is missing is zero, because the vendor leaves zeros out;
totals that are missing altogether are unknown. Everything short of Finalised counts
as open, also the states in between: a run that comes back from Approved to Open was
never closed, and must not count as reopened.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo

from bot.connectors import Listed
from bot.connectors.staffology.address import RunAddress, word_of
from bot.connectors.staffology.automation import BRITAIN, also, auto_pilot, closes_at
from bot.connectors.staffology.kind import AMOUNTS, HEADS, PAYRUN, STATE_WORDS
from bot.connectors.staffology.models import (
    EVENT_TYPES,
    NO_ID_YET,
    Automation,
    Entry,
    Item,
    Named,
    PayRun,
    Period,
    Schedule,
    StateChange,
)
from bot.connectors.staffology.run_warnings import warnings_of
from bot.connectors.staffology.totals import Totals
from bot.connectors.values import Raw, Reader, fingerprint, instant
from bot.core.money import Money
from bot.core.resource import MISSING, Known, Line, Missing, Snapshot, Unread, Value
from bot.core.words import joined, say

STAMP_ZONE = UTC
"""dateClosed is stamped by the server without an offset; assumed to be UTC."""

NOT_GIVEN = say("Staffology does not give it")
WHILE_OPEN = Unread(say("it is read only while the run is open"))
WITH_LINES = Unread(say("the pay slips were not read"))


@dataclass(frozen=True, slots=True)
class Beside:
    """What is read beside a run. Parts that could not be had are Unread with the reason.

    `following` is the schedule of the next tax year, read where this one's has no run left
    to start; None where there is none, or where it was not needed.
    """

    automation: Automation | Unread
    warnings: Sequence[Item] | Unread
    schedule: Schedule | Unread
    following: Schedule | None = None
    period: Period | Unread = WHILE_OPEN
    is_fps_late: bool | Unread = WHILE_OPEN
    history: Sequence[StateChange] | Unread = WHILE_OPEN


def listed(address: RunAddress, item: Item, newest: bool) -> Listed:
    """A row says nothing of a run's state, so the newest ones are read each time."""
    return Listed(PAYRUN.name, str(address), fingerprint(item), is_live=newest)


def state_word(run: PayRun) -> Raw:
    """The state as a word; an index is the place in the vendor's enum."""
    return "Finalised" if run.state is None and run.is_closed else word_of(run.state, tuple(STATE_WORDS))


def snapshot(
    connection: str,
    run: PayRun,
    beside: Beside,
    entries: Sequence[Entry] | None,
    currency: str,
    now: datetime,
) -> Snapshot:
    """A run as it is now."""
    reader = Reader("Staffology")
    word = state_word(run)
    status = reader.word("status", word, STATE_WORDS)
    address = run.address
    is_finalised = word == "Finalised"
    schedule, automation = beside.schedule, beside.automation
    there = [one for one in entries if not one.is_removed] if entries is not None else None
    values: dict[str, Value] = {
        "status": status,
        "run type": Known("supplementary" if run.version else "main"),
        "version": Known(run.version),
        "newest version": _given(reader.flag("newest version", run.is_latest_version)),
        "period start": reader.day("period start", run.start_date),
        "period end": reader.day("period end", run.end_date),
        "pay date": reader.day("pay date", run.payment_date),
        "unadjusted pay date": _unadjusted(beside.period, reader),
        **_amounts(run.totals, currency, reader),
        **_before(run, currency, reader),
        "payees": _given(reader.count("payees", run.employee_count)),
        "employees": _employees(run, reader),
        "subcontractors": _given(reader.count("subcontractors", run.sub_contractor_count)),
        "not reported to HMRC": _given(reader.count("not reported to HMRC", run.non_rti_employee_count)),
        "warnings": warnings_of(beside.warnings),
        "events overdue": _overdue(beside.period, reader),
        "FPS late reason needed": _known(beside.is_fps_late),
        "year-end tasks": _of(schedule, _tasks_left),
        "schedule has an open run": _of(schedule, lambda one: one.has_open_pay_run_period),
        "schedule is needed": _of(schedule, lambda one: one.is_required),
        "next run": _next_run(address, schedule, beside.following, reader),
        "next run to start": _to_start(schedule, beside.following),
        "next run is in a new tax year": _in_new_year(address, schedule, beside.following),
        **_mailed(there, reader),
        "payslips go out on": _day_of(run.payslip_scheduled_date_time, "payslips go out on", reader),
        "also automated by vendor": auto_pilot(automation),
        "closes by itself at": MISSING if is_finalised else closes_at(run, automation, reader),
        "finalising also": also(automation),
        "finalised at": reader.instant("finalised at", run.date_closed, STAMP_ZONE),
        "state changed on": _changed_on(run, beside.history, is_finalised, reader),
    }
    return Snapshot(
        kind=PAYRUN.name,
        connection=connection,
        vendor_id=str(address),
        values=values,
        observed_at=now,
        lines=_lines(there, currency, reader),
        vendor_status=str(word or ""),
        is_open=not is_finalised if isinstance(status, Known) else None,
        is_live=not is_finalised,
        notes=tuple(reader.notes),
        call={
            "tax year": address.tax_year,
            "pay period": address.pay_period,
            "period": str(address.period),
            "ordinal": str(address.ordinal),
            "version": str(address.version),
        },
    )


def _given(value: Value) -> Value:
    return Unread(NOT_GIVEN) if isinstance(value, Missing) else value


def _known(value: bool | Unread) -> Value:
    return value if isinstance(value, Unread) else Known(value)


def _of(schedule: Schedule | Unread, read: Callable[[Schedule], bool | int | None]) -> Value:
    if isinstance(schedule, Unread):
        return schedule
    found = read(schedule)
    return Unread(NOT_GIVEN) if found is None else Known(found)


def _tasks_left(schedule: Schedule) -> int | None:
    return None if schedule.year_end_tasks is None else len(schedule.year_end_tasks)


def _amounts(totals: Totals | None, currency: str, reader: Reader) -> dict[str, Value]:
    names = [*AMOUNTS, *HEADS]
    if totals is None:
        return dict.fromkeys(names, Unread(say("Staffology gave the run without its totals")))
    money = {
        name: _given(reader.money(name, getattr(totals, ours), currency))
        for name, (ours, _, _) in AMOUNTS.items()
    }
    return money | {
        name: _given(reader.count(name, getattr(totals, ours))) for name, (ours, _) in HEADS.items()
    }


def _before(run: PayRun, currency: str, reader: Reader) -> dict[str, Value]:
    """Totals of the version before, which only a supplementary run has."""
    before = run.previous_version_totals
    if not run.version or before is None:
        absent = Unread(NOT_GIVEN) if run.version else MISSING
        return {"cost of version before": absent, "net pay of version before": absent}
    cost, net = "cost of version before", "net pay of version before"
    return {
        cost: _given(reader.money(cost, before.total_cost, currency)),
        net: _given(reader.money(net, before.take_home_pay, currency)),
    }


def _employees(run: PayRun, reader: Reader) -> Value:
    everybody = reader.count("payees", run.employee_count)
    outside = reader.count("subcontractors", run.sub_contractor_count)
    for value in (everybody, outside):
        if isinstance(value, Unread):
            return value
    if not isinstance(everybody, Known) or not isinstance(outside, Known):
        return Unread(NOT_GIVEN)
    assert isinstance(everybody.value, int) and isinstance(outside.value, int)
    left = everybody.value - outside.value
    return Known(left) if left >= 0 else Unread(say("Staffology counts more subcontractors than people"))


def _unadjusted(period: Period | Unread, reader: Reader) -> Value:
    if isinstance(period, Unread):
        return period
    return _given(reader.day("unadjusted pay date", period.unadjusted_payment_date))


def _overdue(period: Period | Unread, reader: Reader) -> Value:
    if isinstance(period, Unread):
        return period
    late = [one for one in period.pay_schedule_period_events or () if one.is_over_due]
    words = [str(word_of(one.pay_period_event_type, EVENT_TYPES)) for one in late]
    for word in words:
        if word not in EVENT_TYPES:
            reader.note(joined(("events overdue", reader.unknown_word(word)), ": "))
    return Known(len(late), tuple(word for word in words if word in EVENT_TYPES))


def _next_run(
    run: RunAddress, schedule: Schedule | Unread, following: Schedule | None, reader: Reader
) -> Value:
    """The main run that follows this one, by the schedules' own lists of runs."""
    if isinstance(schedule, Unread):
        return schedule
    after: list[RunAddress] = []
    for one in (schedule, *([following] if following else [])):
        if one.pay_runs is None:
            return Unread(say("Staffology does not list the schedule's runs"))
        for item in one.pay_runs:
            address = RunAddress.of_url(item.url or "", one.ordinal)
            if address is None:
                return reader.odd(say("a run of the schedule"), item.url, say("address of one"))
            if not address.version and address.place > run.place:
                after.append(address)
    return Known(str(min(after, key=lambda one: one.place))) if after else MISSING


def _to_start(schedule: Schedule | Unread, following: Schedule | None) -> Value:
    if isinstance(schedule, Unread):
        return schedule
    coming = _coming(schedule, following)
    return Known(str(coming.address)) if coming else MISSING


def _in_new_year(run: RunAddress, schedule: Schedule | Unread, following: Schedule | None) -> Value:
    if isinstance(schedule, Unread):
        return schedule
    coming = _coming(schedule, following)
    return Known(coming.address.tax_year != run.tax_year) if coming else MISSING


def _coming(schedule: Schedule, following: Schedule | None) -> Named | None:
    return schedule.next_pay_run or (following.next_pay_run if following else None)


def _mailed(entries: Sequence[Entry] | None, reader: Reader) -> dict[str, Value]:
    """How many payslips are to be mailed, and how many were. One under way is named, not counted.

    Once some were mailed, those still to be are named: as many may have been mailed as are
    to be, and others.
    """
    if entries is None:
        return {"payslips to mail": WITH_LINES, "payslips mailed": WITH_LINES}
    under_way = [one for one in entries if str(one.email_id or "") == NO_ID_YET]
    mailed = [one for one in entries if one.email_id and one not in under_way]
    wanted = [one.personal_details.email_payslip if one.personal_details else None for one in entries]
    lacking = [
        one.id for one, is_wanted in zip(entries, wanted, strict=True) if is_wanted and not one.email_id
    ]
    told = tuple(f"entry {id} is not mailed yet" for id in sorted(lacking)) if mailed else ()
    to_mail: Value = Known(sum(1 for one in wanted if one), told)
    if None in wanted:
        to_mail = Unread(say("Staffology does not say of each pay slip whether it is mailed"))
    being = (f"{len(under_way)} more being mailed",) if under_way else ()
    return {"payslips to mail": to_mail, "payslips mailed": Known(len(mailed), being)}


def _day_of(raw: Raw, name: str, reader: Reader, assumed: tzinfo = BRITAIN) -> Value:
    """A day that may come with an hour: the British day of it."""
    try:
        at = instant(str(raw), assumed) if raw and "T" in str(raw) else None
    except ValueError:
        at = None
    return Known(at.astimezone(BRITAIN).date()) if at else reader.day(name, raw)


def _changed_on(
    run: PayRun, history: Sequence[StateChange] | Unread, is_finalised: bool, reader: Reader
) -> Value:
    if is_finalised and run.date_closed:
        return _day_of(run.date_closed, "state changed on", reader, STAMP_ZONE)
    if isinstance(history, Unread):
        return history
    days = [_day_of(one.created_date, "state changed on", reader) for one in history]
    odd = next((one for one in days if isinstance(one, Unread)), None)
    if odd is not None:
        return odd
    known = [one.value for one in days if isinstance(one, Known) and isinstance(one.value, date)]
    return Known(max(known)) if known else MISSING


def _lines(entries: Sequence[Entry] | None, currency: str, reader: Reader) -> tuple[Line, ...] | None:
    if entries is None:
        return None
    found = []
    for entry in sorted(entries, key=lambda one: one.id):
        totals = entry.totals
        net: Value = MISSING
        cost: Value = MISSING
        if totals is not None:
            net = reader.money("an entry's takeHomePay", totals.take_home_pay, currency)
            cost = reader.money("an entry's totalCost", totals.total_cost, currency)
        payee = str(entry.employee.id or "")
        if not isinstance(net, Known) or not isinstance(net.value, Money) or not payee:
            reader.note(say("entry {id} has no amount or no employee, so no lines are shown", id=entry.id))
            return None
        known_cost = cost.value if isinstance(cost, Known) and isinstance(cost.value, Money) else None
        found.append(Line(entry.id, payee, net.value, known_cost))
    return tuple(found)
