"""Staffology's pay runs in our words. Pure.

Surprising here: a total that is missing is zero, because the vendor leaves zeros out;
totals that are missing altogether are unknown. Everything short of Finalised counts
as open, also the states in between: a run that comes back from Approved to Open was
never closed, and must not count as reopened.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from bot.connectors import Listed
from bot.connectors.staffology.api import Automation, Entry, Item, PayRun, RunAddress
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

STATE_WORDS = {
    "Opening": "opening",
    "Open": "open",
    "ReOpening": "reopening",
    "RollingBack": "rolling back",
    "RolledBack": "rolled back",
    "SubmittedForProcessing": "submitted for processing",
    "Processing": "processing",
    "AwaitingApproval": "awaiting approval",
    "Approved": "approved",
    "Finalising": "finalising",
    "Finalised": "finalised",
    "Deleting": "deleting",
}
AUTO_PILOT_TIMES = {
    "JustAfterMidnight": time(0, 1),
    "NineAm": time(9),
    "OnePm": time(13),
    "FourPm": time(16),
    "SixPm": time(18),
    "ElevenPm": time(23),
}
# No zone is documented. Assumed: people set autoPilotTime by British time, and dateClosed,
# which the server stamps without an offset, is UTC.
AUTO_PILOT_ZONE = ZoneInfo("Europe/London")
STAMP_ZONE = UTC
WARNING_WORDS = frozenset(
    (
        "MissingBankDetails",
        "MissingAddressLines",
        "AddressInvalid",
        "NinoInvalid",
        "BelowNationalMinimumWage",
        "HighGrossPay",
        "HighNetPay",
        "InReceiptOfTaxRefund",
        "NetToGrossDiscrepancyAboveThreshold",
        "StatutoryMaternity",
        "TeachersPensionNotAutoCalculated",
        "JointTeachersPensionsNotAutoCalculated",
        "MissingNiNumber",
        "OpenEndedAbsences",
        "SspHasExpired",
        "SspDueToExpire",
        "InvalidBankDetails",
        "DuplicateEmployee",
        "TeachersPensionAge",
        "TeachersPensionMcrRoleIdMissing",
    )
)
"""The vendor's words for a warning. Nothing else is taken from one: its other texts hold names."""

PAYRUN = Kind(
    name="staffology.payrun",
    title="Staffology pay run",
    line_title="pay slip",
    fields=fields(
        Field(
            "status",
            Type.STATUS,
            "where the run stands",
            "finalised",
            "PayRun.state",
            tuple(STATE_WORDS.values()),
        ),
        Field(
            "run type",
            Type.STATUS,
            "the period's main run or a supplementary one",
            "main",
            "PayRun.version: 0 is main",
            ("main", "supplementary"),
        ),
        Field("period start", Type.DATE, "first day it pays for", "Sun 1 Nov 2026", "PayRun.startDate"),
        Field("period end", Type.DATE, "last day it pays for", "Mon 30 Nov 2026", "PayRun.endDate"),
        Field("pay date", Type.DATE, "when people are paid", "Mon 30 Nov 2026", "PayRun.paymentDate"),
        Field("cost", Type.MONEY, "what leaves the employer", "0 GBP", "PayRun.totals.totalCost"),
        Field("net pay", Type.MONEY, "what people receive", "0 GBP", "PayRun.totals.takeHomePay"),
        Field("payees", Type.COUNT, "how many people are in it", "0", "PayRun.employeeCount"),
        Field("starters", Type.COUNT, "how many are new", "0", "PayRun.totals.starters"),
        Field("leavers", Type.COUNT, "how many leave", "0", "PayRun.totals.leavers"),
        Field("warnings", Type.COUNT, "how many warnings Staffology shows", "0", "warnings of the run"),
        Field(
            "also automated by vendor",
            Type.FLAG,
            "whether Staffology's AutoPilot finalises this employer's runs by itself",
            "no",
            "AutomationSettings.enableAutoPilot",
        ),
        Field(
            "closes by itself at",
            Type.INSTANT,
            "when AutoPilot will finalise it",
            None,
            "PayRun.autoPilotCloseDate with AutomationSettings.autoPilotTime",
        ),
        Field(
            "finalising also",
            Type.TEXT,
            "what Staffology then sends and does by itself",
            None,
            "AutomationSettings",
        ),
        Field("finalised at", Type.INSTANT, "when it was finalised", None, "PayRun.dateClosed"),
    ),
)


def listed(address: RunAddress, item: Item, newest: bool) -> Listed:
    """A row says nothing of a run's state, so the newest ones are read each time."""
    return Listed(PAYRUN.name, str(address), fingerprint(item), is_live=newest)


def snapshot(
    connection: str,
    run: PayRun,
    automation: Automation | Unread,
    warnings: Sequence[Item] | Unread,
    entries: Sequence[Entry] | None,
    currency: str,
    now: datetime,
) -> Snapshot:
    """A run as it is now; parts that could not be had are Unread with the reason."""
    reader = Reader("Staffology")
    word = _state(run)
    status = reader.word("status", word, STATE_WORDS)
    totals = run.totals
    unread = Unread("Staffology gave the run without its totals")
    address = run.address
    is_finalised = word == "Finalised"
    return Snapshot(
        kind=PAYRUN.name,
        connection=connection,
        vendor_id=str(address),
        values={
            "status": status,
            "run type": Known("supplementary" if run.version else "main"),
            "period start": reader.day("period start", run.start_date),
            "period end": reader.day("period end", run.end_date),
            "pay date": reader.day("pay date", run.payment_date),
            "cost": _given(reader.money("cost", totals.total_cost, currency)) if totals else unread,
            "net pay": _given(reader.money("net pay", totals.take_home_pay, currency)) if totals else unread,
            "payees": _given(reader.count("payees", run.employee_count)),
            "starters": _given(reader.count("starters", totals.starters)) if totals else unread,
            "leavers": _given(reader.count("leavers", totals.leavers)) if totals else unread,
            "warnings": warnings if isinstance(warnings, Unread) else _warnings(warnings),
            "also automated by vendor": _auto_pilot(automation),
            "closes by itself at": MISSING if is_finalised else _closes_at(run, automation, reader),
            "finalising also": automation if isinstance(automation, Unread) else _also(automation),
            "finalised at": reader.instant("finalised at", run.date_closed, STAMP_ZONE),
        },
        observed_at=now,
        lines=_lines(entries, currency, reader),
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


def _state(run: PayRun) -> Raw:
    """The state as a word; an index is the place in the vendor's enum."""
    state = run.state
    words = tuple(STATE_WORDS)
    if isinstance(state, int) and not isinstance(state, bool) and 0 <= state < len(words):
        return words[state]
    return "Finalised" if state is None and run.is_closed else state


def _given(value: Value) -> Value:
    return Unread("Staffology does not give it") if isinstance(value, Missing) else value


def _warnings(warnings: Sequence[Item]) -> Value:
    """How many, with the entry's id and the vendor's word for it; never the item's name."""
    return Known(len(warnings), tuple(_warning(one) for one in warnings))


def _warning(item: Item) -> str:
    told = item.metadata
    told = list(told.values()) if isinstance(told, dict) else told
    told = told if isinstance(told, list) else [told]
    words = [word.strip() for one in told if isinstance(one, str) for word in one.split(",")]
    known = ", ".join(word for word in words if word in WARNING_WORDS)
    return f"entry {item.id}" + (f": {known}" if known else "")


def _auto_pilot(automation: Automation | Unread) -> Value:
    if isinstance(automation, Unread):
        return automation
    if automation.enable_auto_pilot is None:
        return Unread("Staffology does not say whether AutoPilot is on")
    return Known(automation.enable_auto_pilot)


def _closes_at(run: PayRun, automation: Automation | Unread, reader: Reader) -> Value:
    if isinstance(automation, Unread):
        return automation
    if not automation.enable_auto_pilot:
        return MISSING
    closes_on = reader.day("autoPilotCloseDate", run.auto_pilot_close_date)
    if isinstance(closes_on, Missing):
        return Unread("AutoPilot is on and Staffology does not say when it finalises this run")
    if not isinstance(closes_on, Known) or not isinstance(closes_on.value, date):
        return closes_on
    told, names = automation.auto_pilot_time, tuple(AUTO_PILOT_TIMES)
    if isinstance(told, int) and not isinstance(told, bool) and 0 <= told < len(names):
        told = names[told]
    at = AUTO_PILOT_TIMES.get(str(told))
    if at is None:
        return reader.odd("autoPilotTime", told, "time that we know")
    return Known(datetime.combine(closes_on.value, at, AUTO_PILOT_ZONE).astimezone(UTC))


def _also(automation: Automation) -> Value:
    """What finalising sets off by itself, for the person who approves it."""
    paid = [
        word
        for flag, word in (
            (automation.auto_submit_payments_employee, "people"),
            (automation.auto_submit_payments_hmrc, "HMRC"),
            (automation.auto_submit_payments_pensions, "pensions"),
            (automation.auto_submit_payments_aeos, "attachment orders"),
            (automation.auto_submit_payments_deductions, "deductions"),
        )
        if flag
    ]
    mails = sum(1 for mail in automation.payrun_emails if mail.is_active)
    done = [
        text
        for flag, text in (
            (automation.auto_submit_fps, "sends the FPS to HMRC"),
            (automation.auto_submit_eps, "sends the EPS to HMRC"),
            (automation.auto_submit_payments, f"submits payments to {', '.join(paid) or 'nobody yet'}"),
            (automation.auto_submit_journal, "posts the journal"),
            (automation.auto_submit_payslips, "sends payslips"),
            (automation.auto_submit_p45s, "sends P45s"),
            (automation.auto_submit_pension_letters, "sends pension letters"),
            (mails, f"mails {mails} report{'' if mails == 1 else 's'}"),
            (automation.enable_auto_open or automation.enable_auto_pilot, "starts the next run"),
        )
        if flag
    ]
    return Known("; ".join(done)) if done else MISSING


def _lines(entries: Sequence[Entry] | None, currency: str, reader: Reader) -> tuple[Line, ...] | None:
    if entries is None:
        return None
    found = []
    for entry in sorted(entries, key=lambda one: one.id):
        if entry.is_removed:
            continue
        net = (
            reader.money("an entry's takeHomePay", entry.totals.take_home_pay, currency)
            if entry.totals
            else MISSING
        )
        cost = (
            reader.money("an entry's totalCost", entry.totals.total_cost, currency)
            if entry.totals
            else MISSING
        )
        payee = str(entry.employee.id or "")
        if not isinstance(net, Known) or not isinstance(net.value, Money) or not payee:
            reader.note(f"entry {entry.id} has no amount or no employee, so no lines are shown")
            return None
        known_cost = cost.value if isinstance(cost, Known) and isinstance(cost.value, Money) else None
        found.append(Line(entry.id, payee, net.value, known_cost))
    return tuple(found)
