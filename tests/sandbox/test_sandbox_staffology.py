import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from yarl import URL

from bot.sandbox import Staffology
from bot.sandbox.staffology.schedule import Schedule

KEY = {"Authorization": "Basic eDprZXk="}  # x:key
RUN = "/payrun/Year2026/Monthly/8"


@pytest.fixture
async def staffology(started):
    return await started(Staffology)


@pytest.fixture
def acme(staffology):
    staffology.seed_history(date(2026, 5, 1), "acme", pay_day=20)
    return staffology.state["acme"]


async def call(http, vendor, method, path, body=None, employer="acme"):
    url = URL(f"{vendor.base_url}/employers/{employer}{path}")
    async with http.request(method, url, json=body, headers=KEY) as reply:
        text = await reply.text()
        return reply.status, json.loads(text, parse_float=Decimal) if text else None


async def test_the_documents_run_is_served_without_its_zero_totals(started, http):
    staffology = await started(Staffology, examples=True)

    _, run = await call(http, staffology, "GET", "/payrun/Year2017/Custom/0?ordinal=0", employer="any")

    assert (run["state"], run["isClosed"], run["dateClosed"]) == ("Opening", True, "2024-03-19T02:00:14")
    assert run["totals"] == {"recoverableAmounts": {}}


async def test_without_a_key_nobody_comes_in(staffology, http):
    async with http.get(f"{staffology.base_url}/employers") as reply:
        assert (reply.status, await reply.text()) == (401, "")


async def test_earlier_runs_are_closed_and_the_next_is_open(acme, staffology, http):
    _, items = await call(http, staffology, "GET", "/payrun/Year2026/Monthly")
    _, run = await call(http, staffology, "GET", RUN)

    assert [i["url"].rpartition("/")[2] for i in items] == ["2", "3", "4", "5", "6", "7", "8"]
    assert [r["isClosed"] for r in acme.runs.values()] == [True] * 6 + [False]
    assert (run["startDate"], run["endDate"], run["paymentDate"]) == (
        "2026-11-01",
        "2026-11-30",
        "2026-11-20",
    )
    assert (run["version"], run["ordinal"], run["autoPilotCloseDate"]) == (0, 1, None)
    assert "adjustments" not in run["totals"]
    assert run["totals"]["netPay"] == sum(e["totals"]["netPay"] for e in acme.entries[max(acme.runs)])


async def test_a_pay_day_on_a_weekend_is_moved_before_it(acme, staffology, http):
    acme.add_schedule(Schedule(2026, pay_day=28))

    _, [period] = await call(http, staffology, "GET", "/schedules/Year2026/Monthly/1/periods?periodNumber=8")

    assert (period["paymentDate"], period["unadjustedPaymentDate"]) == ("2026-11-27", "2026-11-28")


async def test_entries_are_items_without_amounts_and_each_can_be_read(acme, staffology, http):
    _, run = await call(http, staffology, "GET", f"{RUN}?pageNum=1&pageSize=3")
    [first, *_] = run["entries"]

    _, entry = await call(http, staffology, "GET", first["url"].removeprefix("/employers/acme"))

    assert len(run["entries"]) == 3
    assert sorted(first) == ["id", "metadata", "name", "url"]
    assert entry["employee"]["name"] == first["name"] == "Femi Adeyemi"
    assert entry["totals"]["gross"] == Decimal("3277.5")


async def test_a_warning_is_an_item(acme, staffology, http):
    staffology.set_warnings("acme", "Year2026-Monthly-8-1-0", "Rory Walsh", ["MissingBankDetails"])

    _, warnings = await call(http, staffology, "GET", f"{RUN}/warnings")

    assert [(w["name"], w["metadata"]) for w in warnings] == [
        ("Rory Walsh", {"warnings": "MissingBankDetails"})
    ]


async def test_finalising_closes_the_run_once_and_mails_pay_slips_if_asked(acme, staffology, http):
    status, run = await call(http, staffology, "PUT", f"{RUN}?sendPayslipEmails=true", {"state": "Finalised"})
    again = await call(http, staffology, "PUT", RUN, {"state": "Finalised"})

    assert (status, run["state"], run["isClosed"], run["dateClosed"]) == (
        200,
        "Finalised",
        True,
        "2026-11-11T07:00:00",
    )
    assert again == (400, None)
    assert [
        (e["target"], e["employer"], e["payslips"]) for e in staffology.ledger.effects("change_state")
    ] == [("Year2026-Monthly-8-1-0", "acme", 8)]


async def test_finalising_can_take_a_while(acme, staffology, clock, http):
    staffology.finalising_for = timedelta(minutes=3)
    _, told = await call(http, staffology, "PUT", RUN, {"state": "Finalised"})

    clock.go(minutes=3)
    _, later = await call(http, staffology, "GET", RUN)

    assert (told["state"], later["state"]) == ("Finalising", "Finalised")


@pytest.mark.parametrize(
    ("period", "status"), [pytest.param(7, 400, id="an older run"), pytest.param(8, 200, id="the newest run")]
)
async def test_only_the_newest_run_is_reopened(acme, staffology, http, period, status):
    staffology.finalise("acme", "Year2026-Monthly-8-1-0")

    answered, _ = await call(http, staffology, "PUT", f"/payrun/Year2026/Monthly/{period}", {"state": "Open"})

    assert answered == status


async def test_the_next_run_starts_once_the_open_one_is_closed(acme, staffology, http):
    early = await call(http, staffology, "POST", "/payrun/Year2026/Monthly")
    staffology.finalise("acme", "Year2026-Monthly-8-1-0")
    status, run = await call(http, staffology, "POST", "/payrun/Year2026/Monthly")

    assert early == (400, None)
    assert (status, run["period"], run["state"]) == (201, 9, "Open")


async def test_a_closed_run_is_not_deleted_and_an_open_one_is(acme, staffology, http):
    closed = await call(http, staffology, "DELETE", "/payrun/Year2026/Monthly/7")
    opened = await call(http, staffology, "DELETE", RUN)

    assert (closed, opened) == ((400, None), (204, None))
    assert (await call(http, staffology, "GET", RUN))[0] == 404


async def test_a_schedule_says_whether_a_run_is_open_and_what_is_next(acme, staffology, http):
    _, [schedule] = await call(http, staffology, "GET", "/schedules/Year2026")

    assert (schedule["isRequired"], schedule["hasOpenPayRunPeriod"], schedule["nextPayRun"]["period"]) == (
        True,
        True,
        9,
    )
    assert schedule["currentPayRun"]["url"] == "/employers/acme/payrun/Year2026/Monthly/8"


async def test_autopilot_closes_the_run_on_its_day_and_starts_the_next(staffology, clock, http):
    staffology.seed_history(
        date(2026, 5, 1), "pilot", pay_day=20, enableAutoPilot=True, autoPilotOffset=2, autoPilotTime="FourPm"
    )
    _, before = await call(http, staffology, "GET", RUN, employer="pilot")

    clock.go_to(2026, 11, 18, 15, 59, 59)
    staffology.advance()
    untouched = staffology.ledger.effects("auto_pilot")
    clock.go_to(2026, 11, 18, 16, 0, 0)
    _, after = await call(http, staffology, "GET", RUN, employer="pilot")
    _, following = await call(http, staffology, "GET", "/payrun/Year2026/Monthly/9", employer="pilot")

    assert before["autoPilotCloseDate"] == "2026-11-18"
    assert untouched == []
    assert (after["state"], following["state"]) == ("Finalised", "Open")
    assert [(e["call"], e["target"], e["by"]) for e in staffology.ledger.entries if e["effect"]] == [
        ("auto_pilot", "Year2026-Monthly-8-1-0", "vendor"),
        ("auto_open", "Year2026-Monthly-9-1-0", "vendor"),
    ]


async def test_automation_with_autopilot_always_opens_the_next(acme, staffology, http):
    _, shown = await call(
        http, staffology, "PUT", "/automation", {"enableAutoPilot": True, "enableAutoOpen": False}
    )

    assert (shown["enableAutoPilot"], shown["enableAutoOpen"]) == (True, True)


async def test_employers_do_not_see_each_other(acme, staffology, http):
    staffology.add_employer("empty", "Empty Ltd")

    assert (await call(http, staffology, "GET", RUN, employer="empty"))[0] == 404
    assert (await call(http, staffology, "GET", RUN, employer="unknown"))[0] == 404


async def hooked(http, vendor, receiver, event):
    asked = {"url": f"{receiver.url}/{event}", "webhookEvent": event, "active": True}
    status, hook = await call(http, vendor, "POST", "/webhooks", asked)
    assert status == 201
    return hook["id"]


async def test_finalising_is_told_to_the_webhook_of_its_event_unsigned(acme, staffology, http, receiver):
    hook = await hooked(http, staffology, receiver, "Payrun_Finalised")
    await call(http, staffology, "PUT", RUN, {"state": "Finalised"})
    await staffology.deliveries.settle()

    [(path, headers, body)] = receiver.got
    _, payloads = await call(http, staffology, "GET", f"/webhooks/{hook}/payloads")
    _, payload = await call(http, staffology, "GET", f"/webhooks/{hook}/payloads/{payloads[0]['id']}")

    assert path == "/Payrun_Finalised"
    assert not [name for name in headers if "sign" in name.lower()]
    assert (json.loads(body)["period"], json.loads(body)["state"]) == (8, "Finalised")
    assert (payload["attempts"], payload["statusCode"], payload["taskStatus"]) == (1, 200, "Sent")


async def test_gone_deactivates_a_webhook(acme, staffology, http, receiver):
    hook = await hooked(http, staffology, receiver, "Payrun_StateChanged")
    receiver.answers = [410]
    await call(http, staffology, "PUT", RUN, {"state": "Finalised"})
    await staffology.deliveries.settle()

    await call(http, staffology, "PUT", RUN, {"state": "Open"})
    await staffology.deliveries.settle()

    assert len(receiver.got) == 1
    assert acme.webhooks[hook]["active"] is False


async def test_an_enum_comes_as_a_number_when_asked_to(acme, staffology, http):
    staffology.faults.add("enum_index", "GET /payrun/:year/:payPeriod/:number")

    _, run = await call(http, staffology, "GET", RUN)

    assert (run["taxYear"], run["payPeriod"], run["state"]) == (2026, 3, 1)


async def root(http, vendor, path):
    async with http.get(f"{vendor.base_url}{path}", headers=KEY) as reply:
        return reply.status, json.loads(await reply.text())


async def test_a_supplementary_run_is_the_next_version_of_the_newest_closed_one(acme, staffology, http):
    asked = {
        "description": "Bonus",
        "employeeUniqueIds": [acme.people[0].id],
        "paymentDate": "2026-11-30",
    }
    early = await call(http, staffology, "POST", "/payrun/Year2026/Monthly/supplementary", asked)
    staffology.finalise("acme", "Year2026-Monthly-8-1-0")
    status, run = await call(http, staffology, "POST", "/payrun/Year2026/Monthly/supplementary", asked)
    _, main = await call(http, staffology, "GET", RUN)

    assert early == (400, None)
    assert (status, run["version"], run["employeeCount"], run["paymentDate"]) == (201, 1, 1, "2026-11-30")
    assert run["previousVersionTotals"] == main["totals"]
    assert (main["isLatestVersion"], run["isLatestVersion"]) == (False, True)


async def test_a_queued_start_is_made_when_its_job_is_done_and_told_to_its_webhook(
    acme, staffology, clock, http, receiver
):
    await hooked(http, staffology, receiver, "JobCompleted")
    staffology.finalise("acme", "Year2026-Monthly-8-1-0")
    staffology.jobs_take = timedelta(minutes=1)
    status, _ = await call(http, staffology, "POST", "/payrun-async/Year2026/Monthly")
    again, _ = await call(http, staffology, "POST", "/payrun-async/Year2026/Monthly")
    _, [queued] = await root(http, staffology, "/jobs")
    clock.go(minutes=1)
    _, done = await root(http, staffology, f"/jobs/{queued['id']}")
    await staffology.deliveries.settle()

    assert (status, again) == (202, 409)
    assert (queued["status"], done["status"]) == ("Queued", "Completed")
    assert (await call(http, staffology, "GET", "/payrun/Year2026/Monthly/9"))[0] == 200
    assert [json.loads(body)["status"] for _, _, body in receiver.got] == ["Completed"]


async def test_mailing_needs_a_closed_run_and_names_the_mail_on_each_entry(acme, staffology, http):
    early = await call(http, staffology, "POST", f"{RUN}/email")
    staffology.finalise("acme", "Year2026-Monthly-8-1-0")
    one = acme.entries[max(acme.runs)][2]["id"]
    single = await call(http, staffology, "POST", f"{RUN}/email?id={one}")
    mailed = [entry["id"] for entry in acme.entries[max(acme.runs)] if entry["emailId"]]

    assert (early[0], single[0]) == (400, 200)
    assert mailed == [one]


async def test_an_import_that_is_only_checked_changes_nothing(acme, staffology, http):
    before = acme.runs[max(acme.runs)]["totals"]["gross"]
    rows = [{"payrollCode": "1", "payAmount": 9000}]
    await call(http, staffology, "POST", "/payrun/Monthly/importpay?validateOnly=true", rows)
    checked = acme.runs[max(acme.runs)]["totals"]["gross"]
    await call(http, staffology, "POST", "/payrun/Monthly/importpay", rows)
    _, changed = await call(http, staffology, "GET", f"{RUN}/changes")

    assert checked == before
    assert acme.runs[max(acme.runs)]["totals"]["gross"] == before - Decimal("2450") + 9000
    assert len(changed["payRunEntries"]) == 1


async def test_a_late_fps_is_finalised_only_with_its_reason(acme, staffology, http):
    acme.set_automation({"autoSubmitFps": True})
    staffology.set_late_fps("acme", "Year2026-Monthly-8-1-0")
    asked = "/payrun/check-if-fps-late-reason-applicable?taxYear=Year2026&payPeriod=Monthly&periodNumber=8"

    assert (await call(http, staffology, "GET", asked))[1] is True
    assert (await call(http, staffology, "PUT", RUN, {"state": "Finalised"}))[0] == 400
    reason = f"{RUN}?fpsLateReason=ReasonableExcuse"
    assert (await call(http, staffology, "PUT", reason, {"state": "Finalised"}))[0] == 200
