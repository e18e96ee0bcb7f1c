"""Examples of an alert: told, told again, passed on to others, and over."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

from bot.mail.lasting import Still
from bot.mail.letters import Letter, RoublerErrors, RoublerErrorsCleared, RunError
from bot.mail.parts import Next, Reason
from bot.mail.preview_asks import PAGE, STOCKHOLM, at

_RUN = f"{PAGE}/payruns/roubler-au/412"
_TELLS = (
    "collected for 10 minutes, told again every working day at 09:00 while it lasts, "
    "passed on to payroll-lead after 4 working hours"
)
_OPS = Reason("you are in ops", f"{_RUN}#why", "roubler-errors", "4", _TELLS)
_ERRORS = (
    RunError("72944", "Pay rate missing for Ordinary"),
    RunError("72951", "Timesheet 4518873 is not approved"),
    RunError("72951", "No pay type for Overtime"),
)
_TOLD = RoublerErrors(
    made_at=at(12, 10),
    zone=STOCKHOLM,
    reason=_OPS,
    url=_RUN,
    title="Roubler run 412",
    connection="roubler-au",
    since=at(12, 0),
    errors=_ERRORS,
    period="2 to 15 November",
    vendor_says="Finalised",
    pay_on=date(2026, 11, 25),
    pay_on_note="ours, from calendar au-nsw",
    pay_zone=ZoneInfo("Australia/Sydney"),
)

ALERTS: Mapping[str, Letter] = {
    "roubler_errors": _TOLD,
    "roubler_errors again": replace(
        _TOLD,
        made_at=at(23, 0),
        still=Still(since=at(12, 0), told=1, told_at=at(12, 10)),
    ),
    "roubler_errors passed on": replace(
        _TOLD,
        made_at=at(2, 0, day=23),
        reason=replace(_OPS, because="you are in payroll-lead"),
        still=Still(
            since=at(12, 0),
            told=1,
            told_at=at(12, 10),
            told_first="ops",
            after="4 working hours",
            to="payroll-lead",
            read_at=at(1, 20, day=23),
        ),
    ),
    "roubler_errors_cleared": RoublerErrorsCleared(
        made_at=at(13, 31),
        zone=STOCKHOLM,
        reason=_OPS,
        url=_RUN,
        title="Roubler run 412",
        connection="roubler-au",
        since=at(12, 0),
        cleared_at=at(13, 30),
        errors=_ERRORS,
        vendor_says="Finalised",
        next=(Next("Pay date, Sydney", date(2026, 11, 25)),),
    ),
}
