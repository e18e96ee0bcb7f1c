"""The rest of Staffology's surface, against its sandbox: actions, jobs, missed deliveries, access."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from bot.connectors import connectors
from bot.connectors.client import VendorClient
from bot.connectors.problem import VendorProblem
from bot.connectors.staffology import Staffology
from bot.connectors.staffology.actions import EMAIL_PAYSLIPS, FINALISE_PAYRUN, START_NEXT_PAYRUN
from bot.connectors.staffology.address import RunAddress
from bot.connectors.staffology.missed import AT_MOST
from bot.connectors.staffology.writes import job_of, state_change
from bot.core.action import Action, Done, Outcome, Refused, Retry, Unknown
from bot.core.money import Money
from bot.core.resource import MISSING, Known, Snapshot, Unread
from bot.sandbox.staffology.schedule import Schedule
from bot.sandbox.staffology.server import ACME

from .conftest import NOON, MemoryTokens, StillClock
from .stand import HOOK, Stand, stand

MONTH_8 = RunAddress("Year2026", "Monthly", 8, 1, 0)
MONTH_9 = replace(MONTH_8, period=9)
KIND = "staffology.payrun"


@pytest.fixture
async def acme(client: VendorClient, tokens: MemoryTokens, clock: StillClock) -> AsyncIterator[Stand]:
    async with stand("staffology", client, tokens, clock) as opened:
        yield opened


def at(acme: Stand) -> Staffology:
    assert isinstance(acme.connection, Staffology)
    return acme.connection


async def seen(acme: Stand, run: RunAddress = MONTH_8) -> Snapshot:
    return await acme.connection.read(KIND, str(run), NOON, lines=True)


async def act(acme: Stand, action: Action, run: RunAddress = MONTH_8) -> Outcome:
    return await acme.connection.act(action.name, action.request(await seen(acme, run)), "k")


def effects(acme: Stand, call: str) -> list[str]:
    return [one["target"] for one in acme.vendor.ledger.effects(call) if one["by"] == "client"]


# -- start the next ----------------------------------------------------------------


async def test_the_next_run_is_started_once_and_its_existence_is_the_proof(acme: Stand) -> None:
    acme.vendor.finalise(ACME, str(MONTH_8))
    before = await seen(acme)
    request = START_NEXT_PAYRUN.request(before)
    first = await acme.connection.act(START_NEXT_PAYRUN.name, request, "k1")
    second = await acme.connection.act(START_NEXT_PAYRUN.name, request, "k2")

    assert request == {"after": str(MONTH_8), "next": str(MONTH_9)}
    assert START_NEXT_PAYRUN.is_done(before, request) is False
    assert (first, second) == (Done(), Refused("another run of its schedule is open"))
    assert START_NEXT_PAYRUN.is_done(await seen(acme), request) is True
    assert effects(acme, "start_pay_run") == [str(MONTH_9)]


async def test_a_run_that_follows_already_is_not_started_again_however_old_the_watched_one(
    acme: Stand,
) -> None:
    old = await seen(acme, replace(MONTH_8, period=4))
    request = START_NEXT_PAYRUN.request(old)

    assert request["next"] == str(replace(MONTH_8, period=5))
    assert START_NEXT_PAYRUN.is_done(old, request) is True


@pytest.mark.parametrize(
    ("between", "why"),
    [
        pytest.param("start", "another run of its schedule is open", id="somebody started it"),
        pytest.param(
            "start and finalise",
            "Staffology would now start Year2026-Monthly-10-1-0, not Year2026-Monthly-9-1-0",
            id="and finalised it",
        ),
    ],
)
async def test_what_is_next_is_read_just_before_the_call(acme: Stand, between: str, why: str) -> None:
    acme.vendor.finalise(ACME, str(MONTH_8))
    request = START_NEXT_PAYRUN.request(await seen(acme))
    (schedule,) = acme.vendor.state[ACME].schedules.values()
    started = acme.vendor.start_pay_run(ACME, schedule)
    if "finalise" in between:
        acme.vendor.finalise(ACME, started)
    outcome = await acme.connection.act(START_NEXT_PAYRUN.name, request, "k")

    assert outcome == Refused(why)
    assert effects(acme, "start_pay_run") == []


async def ended_year(acme: Stand, tasks: list[str]) -> tuple[RunAddress, Snapshot]:
    """All twelve runs are finalised, and the next tax year has its schedule."""
    employer = acme.vendor.state[ACME]
    (schedule,) = employer.schedules.values()
    acme.vendor.finalise(ACME, str(MONTH_8))
    for _ in range(9, 13):
        acme.vendor.finalise(ACME, acme.vendor.start_pay_run(ACME, schedule))
    acme.vendor.add_schedule(ACME, Schedule(2027, pay_day=28))
    acme.vendor.set_year_end_tasks(ACME, schedule, tasks)
    last = replace(MONTH_8, period=12)
    return last, await seen(acme, last)


async def test_no_run_is_started_across_the_tax_year_while_its_tasks_are_open(acme: Stand) -> None:
    last, snapshot = await ended_year(acme, ["Send the final FPS", "Give P60s"])

    assert snapshot.values["year-end tasks"] == Known(2)
    assert snapshot.values["next run to start"] == Known("Year2027-Monthly-1-1-0")
    assert await act(acme, START_NEXT_PAYRUN, last) == Refused("2 year-end tasks of Year2026 are open")
    assert effects(acme, "start_pay_run") == []


async def test_with_the_year_closed_the_first_run_of_the_next_is_started(acme: Stand) -> None:
    last, snapshot = await ended_year(acme, [])
    request = START_NEXT_PAYRUN.request(snapshot)

    assert await acme.connection.act(START_NEXT_PAYRUN.name, request, "k") == Done()
    assert START_NEXT_PAYRUN.is_done(await seen(acme, last), request) is True
    assert effects(acme, "start_pay_run") == ["Year2027-Monthly-1-1-0"]


async def test_the_next_run_is_not_started_from_a_supplementary_one(acme: Stand) -> None:
    request = {"after": str(replace(MONTH_8, version=1)), "next": str(MONTH_9)}
    outcome = await acme.connection.act(START_NEXT_PAYRUN.name, request, "k")

    assert outcome == Refused("the run that follows is started from the main run of a period")


async def test_without_its_schedule_nothing_is_started(acme: Stand) -> None:
    acme.vendor.finalise(ACME, str(MONTH_8))
    request = START_NEXT_PAYRUN.request(await seen(acme))
    acme.vendor.faults.add("status", "GET /schedules/:year/:payPeriod/:ordinal", code=403)
    unread = await seen(acme)
    acme.vendor.faults.add("status", "GET /schedules/:year/:payPeriod/:ordinal", code=403)
    outcome = await acme.connection.act(START_NEXT_PAYRUN.name, request, "k")

    assert isinstance(unread.values["next run"], Unread)
    assert START_NEXT_PAYRUN.is_done(unread, request) is None
    assert START_NEXT_PAYRUN.key(unread, 1) == START_NEXT_PAYRUN.key(await seen(acme), 1)
    assert isinstance(outcome, Retry)
    assert isinstance(await acme.connection.act(START_NEXT_PAYRUN.name, {"after": "x"}, "k"), Refused)
    assert effects(acme, "start_pay_run") == []


@pytest.mark.parametrize("of_year", ["2026", "2027"])
async def test_nothing_is_started_where_nobody_says_whether_a_run_is_open(acme: Stand, of_year: str) -> None:
    _, snapshot = await ended_year(acme, [])
    for year in ("2026", "2027")[: 1 if of_year == "2026" else 2]:
        told: dict[str, object] = {"taxYear": f"Year{year}", "payPeriod": "Monthly", "yearEndTasks": []}
        told |= {"hasOpenPayRunPeriod": False} if year != of_year else {}
        text = json.dumps(told)
        acme.vendor.faults.add("body", "GET /schedules/:year/:payPeriod/:ordinal", text=text)
    outcome = await acme.connection.act(START_NEXT_PAYRUN.name, START_NEXT_PAYRUN.request(snapshot), "k")

    assert outcome == Refused("Staffology does not say whether another run of its schedule is open")
    assert effects(acme, "start_pay_run") == []


async def test_another_run_than_was_asked_for_is_for_a_person(acme: Stand) -> None:
    acme.vendor.finalise(ACME, str(MONTH_8))
    acme.vendor.faults.add("body", "start_pay_run", text='{"taxYear": 2026, "payPeriod": 3, "period": 10}')

    assert await act(acme, START_NEXT_PAYRUN) == Unknown(
        f"it started {replace(MONTH_8, period=10)}, not {MONTH_9}"
    )


# -- payslips ----------------------------------------------------------------------


async def test_payslips_are_mailed_once_and_each_pay_slip_names_its_mail(acme: Stand) -> None:
    acme.vendor.finalise(ACME, str(MONTH_8))
    before = await seen(acme)
    request = EMAIL_PAYSLIPS.request(before)
    outcome = await acme.connection.act(EMAIL_PAYSLIPS.name, request, "k")
    after = await seen(acme)

    assert request == {"run": str(MONTH_8), "status": "finalised", "mailed": "0", "of": "8"}
    assert EMAIL_PAYSLIPS.is_done(before, request) is False
    assert outcome == Done()
    assert EMAIL_PAYSLIPS.is_done(after, request) is True
    assert after.values["payslips mailed"] == Known(8)
    assert acme.vendor.state[ACME].payslips_mailed == [str(MONTH_8)] * 8


@pytest.mark.parametrize(
    ("mailed", "wanted", "is_done"),
    [
        pytest.param(0, 8, False, id="none"),
        pytest.param(7, 8, None, id="all but one"),
        pytest.param(8, 8, True, id="all"),
        pytest.param(6, 6, True, id="all who want theirs by mail"),
    ],
)
async def test_payslips_are_mailed_when_all_are(
    acme: Stand, mailed: int, wanted: int, is_done: bool | None
) -> None:
    employer = acme.vendor.state[ACME]
    for number, entry in enumerate(employer.entries[max(employer.runs)]):
        entry["personalDetails"]["emailPayslip"] = number < wanted
        entry["emailId"] = entry["id"] if number < mailed else None

    assert EMAIL_PAYSLIPS.is_done(await seen(acme), {}) is is_done


async def test_a_payslip_that_was_mailed_by_hand_does_not_stand_for_one_that_was_not(acme: Stand) -> None:
    """As many are mailed as want theirs; but one of them did not ask, and one who did has none."""
    employer = acme.vendor.state[ACME]
    entries = employer.entries[max(employer.runs)]
    for entry in entries[1:]:
        entry["emailId"] = entry["id"]
    entries[1]["personalDetails"]["emailPayslip"] = False
    snapshot = await seen(acme)

    assert snapshot.values["payslips mailed"] == Known(7)
    assert snapshot.values["payslips to mail"] == Known(7, (f"entry {entries[0]['id']} is not mailed yet",))
    assert EMAIL_PAYSLIPS.is_done(snapshot, {}) is None


@pytest.mark.parametrize(
    ("finalised", "mailed", "why"),
    [
        pytest.param(False, 0, "payslips are mailed once the run is finalised", id="an open run"),
        pytest.param(
            True,
            3,
            "3 of 8 payslips were mailed before and would go again: mail the others in Staffology",
            id="some were mailed",
        ),
    ],
)
async def test_payslips_are_not_mailed_too_early_nor_twice(
    acme: Stand, finalised: bool, mailed: int, why: str
) -> None:
    employer = acme.vendor.state[ACME]
    if finalised:
        acme.vendor.finalise(ACME, str(MONTH_8))
    for entry in employer.entries[max(employer.runs)][:mailed]:
        entry["emailId"] = entry["id"]

    assert await act(acme, EMAIL_PAYSLIPS) == Refused(why)
    assert employer.payslips_mailed == []


async def test_while_a_mail_is_being_made_nobody_can_tell(acme: Stand) -> None:
    acme.vendor.finalise(ACME, str(MONTH_8))
    employer = acme.vendor.state[ACME]
    for entry in employer.entries[max(employer.runs)]:
        entry["emailId"] = "00000000-0000-0000-0000-000000000000"
    snapshot = await seen(acme)

    assert snapshot.values["payslips mailed"] == Known(0, ("8 more being mailed",))
    assert EMAIL_PAYSLIPS.is_done(snapshot, {}) is None
    assert isinstance(await act(acme, EMAIL_PAYSLIPS), Refused)


@pytest.mark.parametrize(
    ("paid_on", "goes"),
    [
        pytest.param("2026-11-27", "2026-11-27T09:00:00+00:00", id="winter"),
        pytest.param("2026-07-31", "2026-07-31T09:00:00+01:00", id="summer"),
    ],
)
async def test_payslips_can_go_at_an_hour_of_the_pay_date(acme: Stand, paid_on: str, goes: str) -> None:
    acme.vendor.state[ACME].runs[max(acme.vendor.state[ACME].runs)]["paymentDate"] = paid_on
    told = FINALISE_PAYRUN.as_told({"payslips_at": "09:00"})
    request = told.request(await seen(acme))

    assert request["payslipScheduledDateTime"] == goes
    assert (request["sendPayslipEmails"], request["payslipReleaseType"]) == ("true", "Scheduled")
    assert told.key(await seen(acme), 1) == FINALISE_PAYRUN.key(await seen(acme), 1)
    assert await acme.connection.act(told.name, request, "k") == Done()


async def test_payslips_with_a_release_are_mailed_at_it_and_not_before(
    acme: Stand, clock: StillClock
) -> None:
    told = FINALISE_PAYRUN.as_told({"payslips_at": "09:00"})
    await acme.connection.act(told.name, told.request(await seen(acme)), "k")
    after = await seen(acme)
    clock.at = NOON + timedelta(days=7, hours=-4)
    early = await seen(acme)
    clock.at = NOON + timedelta(days=7, hours=-3)
    late = await seen(acme)

    assert after.values["payslips go out on"] == Known(date(2026, 11, 27))
    assert [one.values["payslips mailed"] for one in (early, late)] == [Known(0), Known(8)]


@pytest.mark.parametrize("hour", ["9", "25:00", "noon", "09:00 "])
async def test_an_hour_that_is_none_finalises_nothing(acme: Stand, hour: str) -> None:
    told = FINALISE_PAYRUN.as_told({"payslips_at": hour})
    outcome = await acme.connection.act(told.name, told.request(await seen(acme)), "k")

    assert isinstance(outcome, Refused)
    assert effects(acme, "change_state") == []


async def test_a_late_fps_is_finalised_with_its_reason_only(acme: Stand) -> None:
    acme.vendor.set_late_fps(ACME, str(MONTH_8))
    acme.vendor.state[ACME].set_automation({"autoSubmitFps": True})
    told = FINALISE_PAYRUN.as_told({"fps_late_reason": "ReasonableExcuse"})
    snapshot = await seen(acme)

    assert snapshot.values["FPS late reason needed"] == Known(True)
    assert isinstance(await act(acme, FINALISE_PAYRUN), Refused)
    assert await act(acme, told) == Done()
    assert FINALISE_PAYRUN.as_told({}) is FINALISE_PAYRUN


# -- what else is read ---------------------------------------------------------------


async def test_a_supplementary_run_is_told_apart_and_knows_the_version_before(acme: Stand) -> None:
    acme.vendor.finalise(ACME, str(MONTH_8))
    main = await seen(acme)
    people = [one.id for one in acme.vendor.state[ACME].people][:2]
    await at(acme).api.start_supplementary(MONTH_8.schedule, "Bonus", people, date(2026, 11, 30))
    second = await seen(acme, replace(MONTH_8, version=1))

    assert second.values["run type"] == Known("supplementary")
    assert second.values["payees"] == Known(2)
    assert second.values["cost of version before"] == main.values["cost"]
    assert second.values["net pay of version before"] == main.values["net pay"]
    assert second.values["warnings"] == Unread("Staffology tells it of main runs only")
    assert main.values["cost of version before"] == MISSING
    assert (await seen(acme)).values["newest version"] == Known(False)
    assert [row.vendor_id for row in (await acme.connection.list(NOON)).rows if row.is_live][-2:] == [
        str(MONTH_8),
        str(replace(MONTH_8, version=1)),
    ]


async def test_a_second_run_at_the_address_of_another_is_told_of_and_not_lost_in_silence(acme: Stand) -> None:
    item = {"id": "r8", "url": "/employers/e/payrun/Year2026/Monthly/8"}
    text = json.dumps([item, {**item, "id": "r8 again"}])
    acme.vendor.faults.add("body", "GET /payrun/:year/:payPeriod", text=text)
    listing = await acme.connection.list(NOON)

    assert [row.vendor_id for row in listing.rows] == [str(MONTH_8)]
    assert listing.notes == (
        f"Staffology lists r8 again as a pay run, at the address of another ({MONTH_8})",
    )


async def test_events_that_are_overdue_are_counted_by_their_words(acme: Stand) -> None:
    acme.vendor.set_event(ACME, str(MONTH_8), "Approval", date(2026, 11, 18), is_late=True)
    acme.vendor.set_event(ACME, str(MONTH_8), "Finalise", date(2026, 11, 25), is_late=False)

    assert (await seen(acme)).values["events overdue"] == Known(1, ("Approval",))


async def test_what_matters_only_while_a_run_is_open_is_not_read_of_a_finalised_one(acme: Stand) -> None:
    acme.vendor.finalise(ACME, str(MONTH_8))
    await acme.connection.read(KIND, str(MONTH_8), NOON, lines=False)

    assert [one["call"] for one in acme.vendor.ledger.entries if one["by"] == "client"] == [
        "GET /payrun/:year/:payPeriod/:number",
        "GET /automation",
        "GET /payrun/.../warnings",
        "GET /schedules/:year/:payPeriod/:ordinal",
    ]


@pytest.mark.parametrize("count", [99, 100, 101, 205])
async def test_warnings_are_read_to_their_last_page(acme: Stand, count: int) -> None:
    employer = acme.vendor.state[ACME]
    key = max(employer.runs)
    one = {**employer.entries[key][0], "warnings": ["HighNetPay"]}
    employer.entries[key] = [{**one, "id": f"e{number:03}"} for number in range(count)]

    assert len(await at(acme).api.warnings(MONTH_8)) == count


@pytest.mark.parametrize("largest", [3, 7, 8])
async def test_pay_slips_are_all_read_where_staffology_gives_shorter_pages_than_asked_for(
    acme: Stand, largest: int
) -> None:
    acme.vendor.largest_page = largest

    assert len((await seen(acme)).lines or ()) == 8


async def test_entries_that_moved_between_pages_make_no_pay_slips(acme: Stand) -> None:
    acme.vendor.largest_page = 3
    acme.vendor.state[ACME].runs[max(acme.vendor.state[ACME].runs)]["employeeCount"] = 9

    with pytest.raises(VendorProblem, match="moved the entries between pages"):
        await seen(acme)


async def test_an_answer_about_another_run_is_none_about_this(acme: Stand) -> None:
    text = '{"taxYear": "Year2026", "payPeriod": "Monthly", "period": 7, "state": "Finalised"}'
    acme.vendor.faults.add("body", "GET /payrun/:year/:payPeriod/:number", text=text)

    with pytest.raises(VendorProblem, match=f"was asked for {MONTH_8} and answered with "):
        await seen(acme)


@pytest.mark.parametrize(
    ("call", "text", "name"),
    [
        pytest.param(
            "GET /schedules/:year/:payPeriod/:ordinal",
            '{"taxYear": "Year2026", "payPeriod": "Weekly", "yearEndTasks": []}',
            "year-end tasks",
            id="of another schedule",
        ),
        pytest.param(
            "GET /payrun/check-if-fps-late-reason-applicable", "0", "FPS late reason needed", id="neither"
        ),
    ],
)
async def test_what_is_beside_a_run_and_makes_no_sense_leaves_its_field_unread(
    acme: Stand, call: str, text: str, name: str
) -> None:
    usual = await seen(acme)
    acme.vendor.faults.add("body", call, text=text)

    assert isinstance(usual.values[name], Known)
    assert isinstance((await seen(acme)).values[name], Unread)


async def test_an_entry_that_vanishes_while_it_is_read_is_not_the_run_gone(acme: Stand) -> None:
    acme.vendor.faults.add("status", "GET /payrun/.../:entry", code=404)

    with pytest.raises(VendorProblem, match="took an entry out"):
        await seen(acme)


# -- the asynchronous form -------------------------------------------------------------


async def test_a_queued_change_is_followed_by_its_job_until_it_is_completed(
    acme: Stand, clock: StillClock
) -> None:
    acme.vendor.jobs_take = timedelta(minutes=2)
    api = at(acme).api
    accepted = await api.change_state_later(MONTH_8, state_change("Finalised"), {})
    again = await api.change_state_later(MONTH_8, state_change("Finalised"), {})
    (queued,) = await api.jobs(ACME)
    clock.at = NOON + timedelta(minutes=2)
    finished = await api.job(queued.id)

    assert (accepted.status, again.status, job_of(accepted)) == (202, 409, None)
    assert (queued.status, finished.status) == ("Queued", "Completed")
    assert (await seen(acme)).values["status"] == Known("finalised")


async def test_a_queued_change_that_came_too_late_fails_with_its_reason(
    acme: Stand, clock: StillClock
) -> None:
    acme.vendor.jobs_take = timedelta(minutes=2)
    api = at(acme).api
    reply = await api.import_pay_later(MONTH_8.schedule, [{"payrollCode": "1", "payAmount": 2500}])
    job = job_of(reply)
    assert job is not None
    deletion = await api.delete_later(MONTH_9)
    acme.vendor.finalise(ACME, str(MONTH_8))
    start = await api.start_next_later(MONTH_8.schedule)
    (schedule,) = acme.vendor.state[ACME].schedules.values()
    acme.vendor.start_pay_run(ACME, schedule)
    clock.at = NOON + timedelta(minutes=2)
    jobs = {one.id: one.status for one in await api.jobs(ACME)}
    (failed,) = jobs
    (error,) = await api.job_errors(failed)

    assert (reply.status, deletion.status, start.status) == (202, 404, 202)
    assert (await api.job(job)).status == "Completed"
    assert jobs[failed] == "Failed"
    assert error.error_message == "There is an open PayRun already."


# -- deliveries that failed ------------------------------------------------------------


async def hooked(acme: Stand) -> list[dict[str, Any]]:
    """Our webhooks at the vendor, with an address where nobody answers."""
    await acme.connection.register_hooks("http://127.0.0.1:1")
    await acme.connection.list(NOON)
    return list(acme.vendor.state[ACME].webhooks.values())


def deliver(acme: Stand, hook: dict[str, Any], status: str, run: RunAddress, times: int = 1) -> None:
    payloads = acme.vendor.state[ACME].payloads.setdefault(hook["id"], [])
    for _ in range(times):
        body = {"taxYear": run.tax_year, "payPeriod": run.pay_period, "period": run.period, "ordinal": 1}
        payloads.append({"id": f"p{len(payloads)}", "name": "n", "taskStatus": status, "payload": body})
        hook["eventCount"] += 1


async def live(acme: Stand) -> set[str]:
    return {row.vendor_id for row in (await acme.connection.list(NOON)).rows if row.is_live}


async def test_a_failed_delivery_makes_the_bot_look_at_its_run_once(acme: Stand) -> None:
    hook, other = await hooked(acme)
    old, sent = replace(MONTH_8, period=3), replace(MONTH_8, period=4)
    usual = await live(acme)
    deliver(acme, hook, "Failed", old)
    deliver(acme, other, "Sent", sent)
    first, second = await live(acme), await live(acme)

    assert str(old) not in usual
    assert first == {*usual, str(old)}
    assert second == usual


async def test_a_delivery_under_way_is_asked_about_again(acme: Stand) -> None:
    hook, _ = await hooked(acme)
    old = replace(MONTH_8, period=3)
    deliver(acme, hook, "Queued", old)
    before = await live(acme)
    acme.vendor.state[ACME].payloads[hook["id"]][-1]["taskStatus"] = "Failed"

    assert str(old) not in before
    assert str(old) in await live(acme)


async def test_many_failed_deliveries_are_read_a_few_in_each_poll(acme: Stand) -> None:
    hook, _ = await hooked(acme)
    old = replace(MONTH_8, period=3)
    deliver(acme, hook, "Sent", MONTH_8, AT_MOST)
    deliver(acme, hook, "Failed", old)
    before = len(reads(acme))
    first = await live(acme)
    bounded = len(reads(acme)) - before

    assert bounded == AT_MOST
    assert str(old) not in first
    assert str(old) in await live(acme)


def reads(acme: Stand) -> list[Any]:
    return [one for one in acme.vendor.ledger.entries if one["call"] == "GET /webhooks/:id/payloads/:id"]


async def test_a_quiet_record_costs_one_call_a_webhook(acme: Stand) -> None:
    await hooked(acme)
    before = len(acme.vendor.ledger.entries)
    await acme.connection.list(NOON)
    calls = [one["call"] for one in acme.vendor.ledger.entries[before:]]

    assert [one for one in calls if "webhooks" in one] == ["GET /webhooks/:id"] * 2


async def test_a_webhook_that_was_switched_off_is_told_of(acme: Stand) -> None:
    hook, _ = await hooked(acme)
    hook["active"] = False
    (note,) = (await acme.connection.list(NOON)).notes

    assert note.startswith("Staffology has switched off the webhook for Payrun_StateChanged")
    assert HOOK not in note


async def test_a_record_that_cannot_be_read_costs_no_poll(acme: Stand) -> None:
    await hooked(acme)
    acme.vendor.faults.add("status", "GET /webhooks*", times=None, code=403)

    assert len(await live(acme)) == 2


# -- access ------------------------------------------------------------------------------


async def test_a_good_key_reaches_all_that_can_be_tried_by_reading(acme: Stand) -> None:
    told = {one.what: one.ok for one in await acme.connection.check_access()}

    assert told == {
        "employer": True,
        "pay schedules": True,
        "automation settings": True,
        "webhooks": True,
        "finalising, starting and mailing": None,
    }
    assert not acme.vendor.ledger.effects()


@pytest.mark.parametrize(
    ("fault", "mend"),
    [
        pytest.param({"kind": "status", "code": 401}, "Check api_key", id="a wrong key"),
        pytest.param({"kind": "status", "code": 404}, "Check employer_id", id="a wrong employer"),
        pytest.param({"kind": "drop_before"}, "Check employer_id", id="not reached"),
    ],
)
async def test_what_cannot_be_reached_says_what_to_do(acme: Stand, fault: dict[str, Any], mend: str) -> None:
    acme.vendor.faults.add(call="GET /employers/:id", times=None, **fault)
    (only,) = await acme.connection.check_access()

    assert (only.what, only.ok) == ("employer", False)
    assert only.mend.startswith(mend)


async def test_a_right_that_is_missing_is_named_and_the_others_are_tried(acme: Stand) -> None:
    acme.vendor.faults.add("status", "GET /automation", code=403)
    told = {one.what: one for one in await acme.connection.check_access()}

    assert [one.what for one in told.values() if one.ok is False] == ["automation settings"]
    assert "403" in told["automation settings"].said


async def test_changing_one_automation_setting_keeps_the_others(acme: Stand) -> None:
    before = dict(acme.vendor.state[ACME].automation)
    await at(acme).api.change_automation({"enableAutoOpen": True})

    assert acme.vendor.state[ACME].automation == {**before, "enableAutoOpen": True}


def test_each_action_says_what_it_is_not_sure_of() -> None:
    for action in connectors()["staffology"].actions.values():
        assert action.undo
        assert action.not_checked
        assert not action.doubles_refused


async def test_the_amounts_are_those_that_the_vendor_names(acme: Stand) -> None:
    totals = acme.vendor.state[ACME].runs[max(acme.vendor.state[ACME].runs)]["totals"]
    values = (await seen(acme)).values

    assert {name: values[name] for name in ("cost", "net pay", "employer NI", "employee pension")} == {
        "cost": Known(Money(totals["totalCost"], "GBP")),
        "net pay": Known(Money(totals["takeHomePay"], "GBP")),
        "employer NI": Known(Money(totals["employerNi"], "GBP")),
        "employee pension": Known(Money(totals["employeePensionContribution"], "GBP")),
    }
