"""What Staffology does by itself at an employer, and when. Pure.

The zone of AutoPilot's hour is not documented. It is taken as British time, which is never
later than the same hour in UTC: whoever relies on it is early rather than late.
"""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from bot.connectors.staffology.address import word_of
from bot.connectors.staffology.models import Automation, PayRun
from bot.connectors.values import Reader
from bot.core.resource import MISSING, Known, Missing, Unread, Value
from bot.core.words import say

BRITAIN = ZoneInfo("Europe/London")
AUTO_PILOT_TIMES = {
    "JustAfterMidnight": time(0),
    "NineAm": time(9),
    "OnePm": time(13),
    "FourPm": time(16),
    "SixPm": time(18),
    "ElevenPm": time(23),
}
"""In the order of the vendor's enum. Just after midnight is from midnight on."""

RELEASE_TYPES = ("Immediately", "Scheduled")
_DAYS = ("Zero", "One", "Two", "Three", "Four", "Five")
_DAYS_BEFORE = tuple(f"{word}Day{'' if number < 2 else 's'}BeforePayday" for number, word in enumerate(_DAYS))
_RULES = ("WorkingDays", "CalendarDays")


def auto_pilot(automation: Automation | Unread) -> Value:
    if isinstance(automation, Unread):
        return automation
    if automation.enable_auto_pilot is None:
        return Unread(say("Staffology does not say whether AutoPilot is on"))
    return Known(automation.enable_auto_pilot)


def closes_at(run: PayRun, automation: Automation | Unread, reader: Reader) -> Value:
    """The instant at which AutoPilot finalises an open run, with how early that is."""
    if isinstance(automation, Unread):
        return automation
    if automation.enable_auto_pilot is None:
        return Unread(say("Staffology does not say whether AutoPilot is on"))
    if not automation.enable_auto_pilot:
        return MISSING
    closes_on = reader.day("autoPilotCloseDate", run.auto_pilot_close_date)
    if isinstance(closes_on, Missing):
        return Unread(say("AutoPilot is on and Staffology does not say when it finalises this run"))
    if not isinstance(closes_on, Known) or not isinstance(closes_on.value, date):
        return closes_on
    told = word_of(automation.auto_pilot_time, tuple(AUTO_PILOT_TIMES))
    at = AUTO_PILOT_TIMES.get(str(told))
    if at is None:
        return reader.odd("autoPilotTime", told, say("time that we know"))
    early = reader.count("autoPilotOffset", automation.auto_pilot_offset)
    detail: tuple[str, ...] = ()
    if isinstance(early, Known) and early.value:
        detail = (f"{early.value} day{'' if early.value == 1 else 's'} before pay day",)
    return Known(datetime.combine(closes_on.value, at, BRITAIN).astimezone(UTC), detail)


def also(automation: Automation | Unread) -> Value:
    """What finalising sets off by itself, for the person who approves it."""
    if isinstance(automation, Unread):
        return automation
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
    mails = sum(1 for mail in automation.payrun_emails or () if mail.is_active)
    done = [
        text
        for flag, text in (
            (automation.auto_submit_fps, "sends the FPS to HMRC"),
            (automation.auto_submit_eps, "sends the EPS to HMRC"),
            (automation.auto_submit_payments, f"submits payments to {', '.join(paid) or 'nobody yet'}"),
            (automation.auto_submit_journal, "posts the journal"),
            (automation.auto_submit_payslips, f"sends payslips{_released(automation)}"),
            (automation.auto_submit_p45s, "sends P45s"),
            (automation.auto_submit_pension_letters, "sends pension letters"),
            (mails, f"mails {mails} report{'' if mails == 1 else 's'}"),
            (automation.enable_auto_open or automation.enable_auto_pilot, "starts the next run"),
        )
        if flag
    ]
    return Known("; ".join(done)) if done else MISSING


def _released(automation: Automation) -> str:
    """` on pay day at NineAm`; nothing where they go at once or where Staffology says no more."""
    if word_of(automation.payslip_release_type, RELEASE_TYPES) != "Scheduled":
        return ""
    told = word_of(automation.auto_submit_payslips_days_before_payday, _DAYS_BEFORE)
    days = _DAYS_BEFORE.index(str(told)) if told in _DAYS_BEFORE else None
    if days is None:
        return " at a time that Staffology does not say"
    if days == 0:
        return " on pay day"
    rule = word_of(automation.auto_submit_payslips_payment_date_rule, _RULES)
    kind = "working day" if rule == "WorkingDays" else "day"
    return f" {days} {kind}{'' if days == 1 else 's'} before pay day"
