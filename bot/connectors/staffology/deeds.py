"""Doing what was decided: each action's request becomes one call, after what must be checked last.

Checking reads; only then is anything sent, and once. What a check finds is Refused, and what
could not be checked is Retry: nothing has happened at the vendor.
"""

from collections.abc import Mapping
from datetime import datetime

from bot.connectors.attempt import attempt, not_now
from bot.connectors.client import Reply
from bot.connectors.problem import Gone, HeldBack, VendorProblem
from bot.connectors.staffology.actions import email_outcome, finalise_outcome, outcome_of
from bot.connectors.staffology.address import RunAddress
from bot.connectors.staffology.api import StaffologyApi
from bot.connectors.staffology.models import Named
from bot.connectors.staffology.wire import snaked
from bot.connectors.staffology.writes import state_change
from bot.connectors.values import validated
from bot.core.action import Done, Outcome, Refused, Retry, Unknown
from bot.core.words import say, say_many, told_by

_PARAMS = ("sendPayslipEmails", "payslipReleaseType", "payslipScheduledDateTime", "fpsLateReason")


async def finalise(api: StaffologyApi, request: Mapping[str, str], now: datetime) -> Outcome:
    try:
        address = RunAddress.parse(request["run"])
    except Gone as gone:
        return Refused(told_by(gone))
    params = {name: request[name] for name in _PARAMS if name in request}
    if "" in params.values():
        return Refused(
            say("payslips_at of the rule must be an hour such as 09:00, and the run needs a pay date")
        )
    return await attempt(
        lambda: api.change_state(address, state_change(request["state"]), params),
        lambda reply: finalise_outcome(reply, now),
    )


async def start_next(api: StaffologyApi, request: Mapping[str, str], now: datetime) -> Outcome:
    """Start the run that was decided on, if Staffology would still start that very one.

    The call itself names no period: the vendor takes the next. So what is next is read
    just before it, and what was started is read off its reply.
    """
    if "next" not in request:
        return Refused(say("Staffology does not say which run comes next"))
    try:
        after, wanted = RunAddress.parse(request["after"]), RunAddress.parse(request["next"])
        why_not = await _why_not(api, after, wanted)
    except Gone as gone:
        return Refused(told_by(gone))
    except HeldBack as held:
        return Retry(held.what)
    except VendorProblem as problem:
        return not_now(problem)
    if why_not:
        return Refused(why_not)
    return await attempt(
        lambda: api.start_next(wanted.schedule), lambda reply: _start_outcome(reply, wanted, now)
    )


async def _why_not(api: StaffologyApi, after: RunAddress, wanted: RunAddress) -> str:
    """Why the run must not be started now; empty where it may."""
    if after.version:
        return say("the run that follows is started from the main run of a period")
    schedule = await api.schedule(after.schedule)
    coming: Named | None = schedule.next_pay_run
    has_open = [schedule.has_open_pay_run_period]
    if wanted.tax_year != after.tax_year:
        if schedule.year_end_tasks is None:
            return say(
                "Staffology does not say whether year-end tasks of {year} are open", year=after.tax_year
            )
        if schedule.year_end_tasks:
            return say_many(
                len(schedule.year_end_tasks),
                "{count} year-end task of {year} is open",
                "{count} year-end tasks of {year} are open",
                year=after.tax_year,
            )
        following = await api.schedule(wanted.schedule)
        coming = coming or following.next_pay_run
        has_open.append(following.has_open_pay_run_period)
    if any(has_open):
        return say("another run of its schedule is open")
    if None in has_open:
        return say("Staffology does not say whether another run of its schedule is open")
    if coming is None or coming.address != wanted:
        if coming is None:
            return say("Staffology would now start none, not {wanted}", wanted=wanted)
        return say("Staffology would now start {coming}, not {wanted}", coming=coming.address, wanted=wanted)
    return ""


def _start_outcome(reply: Reply, wanted: RunAddress, now: datetime) -> Outcome:
    if reply.status in (200, 201):
        started = validated(Named, snaked(reply.json()), say("the run that it started")).address
        if started == wanted:
            return Done()
        return Unknown(say("it started {started}, not {wanted}", started=started, wanted=wanted))
    return outcome_of(reply.status, reply.detail(), reply.retry_after_s(now))


async def email_payslips(api: StaffologyApi, request: Mapping[str, str], now: datetime) -> Outcome:
    """Mail all payslips of a run, none of which was mailed before: a second time is for a person."""
    try:
        address = RunAddress.parse(request["run"])
    except Gone as gone:
        return Refused(told_by(gone))
    if request.get("status") != "finalised":
        return Refused(say("payslips are mailed once the run is finalised"))
    if "mailed" not in request:
        return Refused(say("Staffology does not say which payslips were mailed before"))
    if request["mailed"] != "0":
        return Refused(
            say(
                "{mailed} of {all} payslips were mailed before and would go again: "
                "mail the others in Staffology",
                mailed=request["mailed"],
                all=request["of"],
            )
        )
    return await attempt(lambda: api.email_payslips(address), lambda reply: email_outcome(reply, now))


DEEDS = {
    "staffology.finalise_payrun": finalise,
    "staffology.start_next_payrun": start_next,
    "staffology.email_payslips": email_payslips,
}
