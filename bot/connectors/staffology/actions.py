"""What can be done at Staffology, and how to be sure about it. Pure; `deeds` sends it.

Surprising here: starting the next run is about the run before it, which is there to be
watched. What is to be is named by the run that follows, so that its existence is the proof.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

from bot.connectors.attempt import answered
from bot.connectors.client import Reply
from bot.connectors.staffology.automation import BRITAIN
from bot.core.action import Action, Done, Outcome, Refused, Retry, Unknown, WhenUnknown
from bot.core.resource import Known, Missing, Snapshot
from bot.core.words import say

UNDER_WAY = ("finalising", "processing", "submitted for processing")

NO_BANK_DETAILS = say("Bank details: Staffology does not show them on a run.")


def outcome_of(status: int, detail: str, retry_after_s: float | None = None) -> Outcome:
    """What a reply to a Staffology action means. Errors have no documented body."""
    said = answered(status, detail)
    match status:
        case 200 | 201 | 202 | 204:  # 202: taken on, and finalising may last minutes
            return Done(detail)
        case 429:
            return Retry(said, after=timedelta(seconds=retry_after_s if retry_after_s is not None else 60))
        case 408 | 500 | 502 | 503 | 504:
            return Unknown(said)
        case _:  # 400 and 409 too: whether it was finalised before shows when it is read back
            return Refused(said)


def finalise_outcome(reply: Reply, now: datetime) -> Outcome:
    """As `outcome_of`; a 200 that is not JSON did not come from Staffology, so it is unknown."""
    if reply.status == 200:
        reply.json()
        return Done()
    return outcome_of(reply.status, reply.detail(), reply.retry_after_s(now))


def email_outcome(reply: Reply, now: datetime) -> Outcome:
    """As `outcome_of`; a 200 has no body, and a web page with 200 is not from Staffology."""
    if reply.status == 200 and reply.body.strip():
        reply.json()
    return outcome_of(reply.status, "" if reply.status == 200 else reply.detail(), reply.retry_after_s(now))


def _key(name: str, snapshot: Snapshot, generation: int) -> str:
    """The vendor id holds the version, so a supplementary run is another fact."""
    return f"{name}:{snapshot.connection}:{snapshot.vendor_id}:{generation}"


# -- finalise --------------------------------------------------------------------


def _finalise_request(snapshot: Snapshot) -> dict[str, str]:
    """Payslips are not mailed with it unless the rule says when: that is an action of its own."""
    return {"run": snapshot.vendor_id, "state": "Finalised", "sendPayslipEmails": "false"}


def _is_finalised(snapshot: Snapshot, request: Mapping[str, str]) -> bool | None:
    status = snapshot.value("status")
    if not isinstance(status, Known) or status.value in UNDER_WAY:
        return None
    return status.value == "finalised"


def _finalise_as_told(args: Mapping[str, Any]) -> Action:
    """With payslips that go out at an hour of the pay date, or a reason for a late FPS."""
    at, reason = str(args.get("payslips_at") or ""), str(args.get("fps_late_reason") or "")
    if not at and not reason:
        return FINALISE_PAYRUN

    def request(snapshot: Snapshot) -> dict[str, str]:
        asked = _finalise_request(snapshot)
        if at:
            asked |= {"sendPayslipEmails": "true", "payslipReleaseType": "Scheduled"}
            asked["payslipScheduledDateTime"] = _release(snapshot, at)
        if reason and snapshot.value("FPS late reason needed") == Known(True):
            asked["fpsLateReason"] = reason
        return asked

    then = say("makes the FPS, mails the payslips at the hour of the rule, and sends what its settings say")
    return replace(FINALISE_PAYRUN, request=request, vendor_then=then if at else FINALISE_PAYRUN.vendor_then)


def _release(snapshot: Snapshot, at: str) -> str:
    """An hour of the pay date in Britain, as an instant; empty where there is none, which is refused."""
    match, paid_on = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", at, re.ASCII), snapshot.day("pay date")
    if match is None or paid_on is None:
        return ""
    return datetime.combine(paid_on, time(int(match[1]), int(match[2])), BRITAIN).isoformat()


FINALISE_PAYRUN = Action(
    name="staffology.finalise_payrun",
    kind="staffology.payrun",
    verb=say("Finalise"),
    done_word=say("finalised"),
    did=say("finalised it"),
    key=lambda snapshot, generation: _key("staffology.finalise_payrun", snapshot, generation),
    is_done=_is_finalised,
    request=_finalise_request,
    when_unknown=WhenUnknown.PERSON,
    doubles_refused=False,  # not documented
    confirm_within=timedelta(minutes=15),
    amount="cost",
    vendor_then=say("makes the FPS, and sends what its automation settings say"),
    undo=(
        say(
            "The newest run can be re-opened in Staffology, in the same tax year and while no other run "
            "is open."
        ),
        say("What was sent by then, to HMRC and to people, is not taken back: the FPS must be sent again."),
    ),
    not_checked=(NO_BANK_DETAILS, say("Whether the hours and rates are right.")),
    args={
        "payslips_at": "mail the payslips on the pay date at this hour, British time: 09:00",
        "fps_late_reason": "the reason given to HMRC where one is needed: ReasonableExcuse",
    },
    told=_finalise_as_told,
)


# -- start the next ----------------------------------------------------------------


def _start_request(snapshot: Snapshot) -> dict[str, str]:
    """The run to be: the one that follows, or that Staffology would start; left out where unknown."""
    asked = {"after": snapshot.vendor_id}
    coming = snapshot.text("next run")
    if coming is None and isinstance(snapshot.value("next run"), Missing):
        coming = snapshot.text("next run to start")
    return asked | ({"next": coming} if coming else {})


def _is_started(snapshot: Snapshot, request: Mapping[str, str]) -> bool | None:
    """Whether the run to be exists. Another one than was asked for is for a person to look at."""
    match snapshot.value("next run"):
        case Known(found):
            return True if found == request.get("next") else None
        case Missing():
            return False
        case _:
            return None


START_NEXT_PAYRUN = Action(
    name="staffology.start_next_payrun",
    kind="staffology.payrun",
    verb=say("Start the run that follows"),
    done_word=say("followed by its next run"),
    did=say("started the run after it"),
    key=lambda snapshot, generation: _key("staffology.start_next_payrun", snapshot, generation),
    is_done=_is_started,
    request=_start_request,
    when_unknown=WhenUnknown.PERSON,
    doubles_refused=False,  # that an open run stands in the way of a second is not documented as an error
    confirm_within=timedelta(minutes=15),
    vendor_then=say("makes a pay slip for each person of the schedule"),
    undo=(say("The open run can be deleted in Staffology, with everything that was put into it by then."),),
    not_checked=(
        say("Who has joined or left since."),
        say("Whether what was changed after the last run is in it."),
    ),
    covers=("next run", "next run to start", "year-end tasks"),
)


# -- mail the payslips -------------------------------------------------------------


def _email_request(snapshot: Snapshot) -> dict[str, str]:
    asked = {"run": snapshot.vendor_id, "status": snapshot.text("status") or ""}
    value, to_mail = snapshot.value("payslips mailed"), _to_mail(snapshot)
    if isinstance(value, Known) and to_mail is not None:
        asked |= {"mailed": "some" if value.detail else str(value.value), "of": str(to_mail)}
    return asked


def _to_mail(snapshot: Snapshot) -> int | None:
    """How many are to be mailed; everybody's, where Staffology does not say whose."""
    told = snapshot.count("payslips to mail")
    return told if told is not None or snapshot.lines is None else len(snapshot.lines)


def _are_mailed(snapshot: Snapshot, request: Mapping[str, str]) -> bool | None:
    """By the mail that each pay slip names. Some, or one being made just now, is no answer."""
    value, wanted = snapshot.value("payslips mailed"), snapshot.value("payslips to mail")
    mailed, to_mail = snapshot.count("payslips mailed"), _to_mail(snapshot)
    if mailed is None or to_mail is None or not isinstance(value, Known):
        return None
    lacking = isinstance(wanted, Known) and wanted.detail
    if to_mail and mailed >= to_mail and not value.detail and not lacking:
        return True
    return None if mailed or value.detail else False


EMAIL_PAYSLIPS = Action(
    name="staffology.email_payslips",
    kind="staffology.payrun",
    verb=say("Mail the payslips of"),
    done_word=say("given its payslips by mail"),
    did=say("mailed the payslips of it"),
    key=lambda snapshot, generation: _key("staffology.email_payslips", snapshot, generation),
    is_done=_are_mailed,
    request=_email_request,
    when_unknown=WhenUnknown.PERSON,
    doubles_refused=False,  # documented otherwise: it sends again
    confirm_within=timedelta(minutes=30),
    amount="net pay",
    vendor_then=say("mails each person's payslip to them"),
    undo=(say("A mail cannot be taken back."),),
    not_checked=(say("Mail addresses."), say("Whether a mail arrived: only that Staffology made one.")),
    covers=("payslips to mail", "payslips mailed"),
)

ACTIONS = {one.name: one for one in (FINALISE_PAYRUN, START_NEXT_PAYRUN, EMAIL_PAYSLIPS)}
