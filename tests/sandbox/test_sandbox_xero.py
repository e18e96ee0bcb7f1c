import asyncio
from datetime import date
from decimal import Decimal

import pytest

from bot.sandbox import Xero
from bot.sandbox.xero import PaySlip
from bot.sandbox.xero.periods import later, period_end

FORM = {"grant_type": "client_credentials", "client_id": "id", "client_secret": "secret"}


@pytest.fixture
async def xero(started):
    return await started(Xero)


async def token(http, vendor):
    async with http.post(vendor.token_url, data=FORM) as reply:
        given = await reply.json()
    assert (given["expires_in"], given["token_type"]) == (1800, "Bearer")
    return {"Authorization": f"Bearer {given['access_token']}"}


async def get(http, vendor, path, **query):
    headers = await token(http, vendor)
    async with http.get(vendor.base_url + path, headers=headers, params=query) as reply:
        return reply.status, await reply.json()


async def post(http, vendor, asked, **headers):
    headers |= await token(http, vendor)
    async with http.post(vendor.base_url + "/PayRunCalendars", json=asked, headers=headers) as reply:
        return reply.status, await reply.json()


async def test_both_documents_are_served_each_with_its_spelling_of_the_calendar(started, http):
    xero = await started(Xero, examples=True)

    _, runs = await get(http, xero, "/PayRuns")
    _, calendars = await get(http, xero, "/PayRunCalendars")

    assert runs["pagination"] == {"page": 1, "pageSize": 100, "pageCount": 1, "itemCount": 6}
    assert runs["payRuns"][0]["payrollCalendarID"] == "26b073f2-b77f-4c5b-8938-88bc3c364a7b"
    assert runs["payRuns"][0]["totalCost"] == 547.07
    assert "paySlips" not in runs["payRuns"][0]
    assert calendars["payRunCalendars"][0]["payRollCalendarID"] == "b70ce0c1-c469-4ba6-b2b2-0ca7d24926fb"
    assert calendars["dateTimeUTC"] == "2026-11-11T07:00:00.0000007"


async def test_a_run_by_id_has_its_pay_slips(started, http):
    xero = await started(Xero, examples=True)

    _, shown = await get(http, xero, "/PayRuns/e1e889e4-d574-4224-b4e7-d962346ae3a1")

    [slip] = shown["payRun"]["paySlips"]
    assert (shown["payRun"]["totalPay"], slip["totalPay"], slip["totalReimbursements"]) == (
        266.72,
        278.72,
        12,
    )


@pytest.mark.parametrize(
    "path",
    ["/PayRuns/e1e889e4-d574-4224-b4e7-d962346ae3a3", "/PayRuns?page=2", "/payRuns", "/PayRunCalendars/none"],
)
async def test_what_is_not_there_is_a_problem_in_an_envelope(started, http, path):
    xero = await started(Xero, examples=True)

    status, shown = await get(http, xero, path)

    assert (status, shown["httpStatusCode"]) == (404, "NotFound")
    assert shown["problem"] == {
        "type": "about:blank",
        "title": "NotFound",
        "status": 404,
        "detail": "Resource was not found",
        "instance": None,
        "invalidFields": None,
    }


@pytest.mark.parametrize("page", ["-1", "last", "0"])
async def test_a_page_that_is_no_number_is_the_first(started, http, page):
    xero = await started(Xero, examples=True)

    _, shown = await get(http, xero, "/PayRuns", page=page, status="Posted")

    assert (shown["pagination"]["page"], shown["pagination"]["itemCount"]) == (1, 4)


async def test_a_hundred_and_first_run_is_on_the_second_page(xero, http):
    xero.seed_history(date(2024, 1, 1), count=101)

    _, first = await get(http, xero, "/PayRuns")
    _, second = await get(http, xero, "/PayRuns", page=2)

    assert (len(first["payRuns"]), len(second["payRuns"])) == (100, 1)
    assert first["pagination"]["pageCount"] == 2


async def test_a_token_runs_out_after_half_an_hour(xero, clock, http):
    headers = await token(http, xero)
    replies = []

    for seconds in (1799, 1):
        clock.go(seconds=seconds)
        async with http.get(xero.base_url + "/PayRuns", headers=headers) as reply:
            replies.append((reply.status, await reply.json()))

    assert replies[0][0] == 200
    assert replies[1][0] == 401
    assert replies[1][1]["Detail"] == "AuthorizationUnsuccessful"


async def test_the_fault_expired_token_forgets_the_tokens_that_were_given(xero, http):
    headers = await token(http, xero)
    xero.faults.add("expired_token", "GET /PayRuns")
    statuses = []

    for _ in range(2):
        async with http.get(xero.base_url + "/PayRuns", headers=headers) as reply:
            statuses.append(reply.status)

    assert statuses == [401, 401]
    assert (await get(http, xero, "/PayRuns"))[0] == 200


async def test_each_reply_counts_the_calls_that_are_left(xero, http):
    headers = await token(http, xero)

    async with http.get(xero.base_url + "/PayRuns", headers=headers) as reply:
        assert (reply.headers["X-MinLimit-Remaining"], reply.headers["X-DayLimit-Remaining"]) == (
            "59",
            "4999",
        )


async def test_a_calendar_is_created_with_the_end_of_its_period(xero, http):
    asked = {
        "name": "Weekly",
        "calendarType": "Weekly",
        "periodStartDate": "2017-03-06T00:00:00",
        "paymentDate": "2017-03-14",
    }

    status, shown = await post(http, xero, asked)

    calendar = shown["payRunCalendar"]
    assert status == 200
    assert calendar["periodEndDate"] == "2017-03-12T00:00:00"
    assert calendar["paymentDate"] == "2017-03-14T00:00:00"
    assert [e["target"] for e in xero.ledger.effects("create_calendar")] == [calendar["payRollCalendarID"]]


async def test_an_idempotency_key_creates_one_calendar_and_no_key_two(xero, http):
    asked = {
        "name": "W",
        "calendarType": "Weekly",
        "periodStartDate": "2017-03-06",
        "paymentDate": "2017-03-14",
    }

    same = [(await post(http, xero, asked, **{"Idempotency-Key": "k"}))[1] for _ in range(2)]
    await post(http, xero, asked)
    await post(http, xero, asked)

    assert same[0] == same[1]
    assert len(xero.ledger.effects("create_calendar")) == len(xero.state.calendars) == 3


async def test_a_calendar_without_type_and_payment_is_refused_as_documented(xero, http):
    status, shown = await post(http, xero, {"name": "Weekly", "periodStartDate": "2017-03-06T00:00:00"})

    assert (status, shown["problem"]["detail"]) == (400, "Validation error occurred.")
    assert shown["problem"]["invalidFields"] == [
        {"name": "CalendarType", "reason": "The calendar type is required"},
        {"name": "paymentDate", "reason": "The First Payment Date is required."},
    ]


@pytest.mark.parametrize(
    ("roll", "start"),
    [
        pytest.param(True, "2026-11-16T00:00:00", id="rolls"),
        pytest.param(False, "2026-11-09T00:00:00", id="is held back"),
    ],
)
async def test_drafting_a_run_rolls_its_calendar(xero, roll, start):
    calendar = xero.add_calendar("Weekly", "Weekly", date(2026, 11, 9), date(2026, 11, 16))

    run = xero.draft_pay_run(calendar, xero.usual_slips("Weekly"), roll=roll)

    assert xero.state.pay_runs[run]["periodStartDate"] == "2026-11-09T00:00:00"
    assert xero.state.calendars[calendar]["periodStartDate"] == start


async def test_a_period_has_one_run(xero):
    calendar = xero.add_calendar("Weekly", "Weekly", date(2026, 11, 9), date(2026, 11, 16))
    xero.draft_pay_run(calendar, [], roll=False)

    with pytest.raises(ValueError, match="has a run for the period from 2026-11-09"):
        xero.draft_pay_run(calendar, [])


async def test_the_totals_of_a_run_follow_as_in_the_documents_example(xero):
    slip = PaySlip(
        employee_id="641aa9ab-aef5-4e7f-8833-540cc64dbf75",
        first_name="Jack",
        last_name="Allan",
        earnings=Decimal("480.77"),
        employee_taxes=Decimal("89.05"),
        employer_taxes=Decimal("44.68"),
        deductions=Decimal(25),
        reimbursements=Decimal(12),
        court_orders=Decimal(100),
        benefits=Decimal("9.62"),
    )
    calendar = xero.add_calendar("Weekly", "Weekly", date(2017, 5, 5), date(2017, 5, 12))

    run = xero.state.pay_runs[xero.draft_pay_run(calendar, [slip])]

    assert (run["totalCost"], run["totalPay"]) == (Decimal("547.07"), Decimal("266.72"))
    assert run["paySlips"][0]["totalPay"] == Decimal("278.72")
    assert run["paySlips"][0]["grossEarnings"] == Decimal("455.77")


async def test_posting_and_reverting_show_in_the_status_filter(xero, http):
    calendar = xero.add_calendar("Weekly", "Weekly", date(2026, 11, 9), date(2026, 11, 16))
    run = xero.draft_pay_run(calendar, xero.usual_slips("Weekly"))
    counts = []

    for step in (xero.post_pay_run, xero.revert_pay_run):
        step(run)
        counts.append((await get(http, xero, "/PayRuns", status="Posted"))[1]["pagination"]["itemCount"])

    assert counts == [1, 0]


async def test_earlier_runs_are_posted_and_the_calendar_stands_after_them(xero):
    calendar = xero.seed_history(date(2026, 9, 28))

    assert [r["payRunStatus"] for r in xero.state.pay_runs.values()] == ["Posted"] * 6
    assert xero.state.calendars[calendar]["periodStartDate"] == "2026-11-09T00:00:00"
    assert all(Decimal(2900) < r["totalCost"] < Decimal(3200) for r in xero.state.pay_runs.values())


@pytest.mark.parametrize(
    ("start", "kind", "end"),
    [
        pytest.param(date(2017, 3, 6), "Weekly", date(2017, 3, 12), id="a week"),
        pytest.param(date(2020, 2, 3), "Fortnightly", date(2020, 2, 16), id="a fortnight"),
        pytest.param(date(2020, 3, 3), "Monthly", date(2020, 4, 2), id="a month from the third"),
        pytest.param(date(2026, 12, 1), "Monthly", date(2026, 12, 31), id="the last month of a year"),
        pytest.param(date(2026, 4, 6), "Annual", date(2027, 4, 5), id="a tax year"),
    ],
)
def test_a_period_ends_the_day_before_the_next_starts(start, kind, end):
    assert period_end(start, kind) == end


@pytest.mark.parametrize(
    ("day", "following"), [(date(2026, 1, 31), date(2026, 2, 28)), (date(2026, 2, 28), date(2026, 3, 31))]
)
def test_the_last_of_a_month_stays_the_last(day, following):
    assert later(day, "Monthly") == following


async def test_a_pay_slip_by_itself_has_its_lines_and_its_run(started, http):
    xero = await started(Xero, examples=True)
    run = "e1e889e4-d574-4224-b4e7-d962346ae3a1"

    _, listed = await get(http, xero, "/Payslips", PayRunID=run)
    _, shown = await get(http, xero, f"/Payslips/{listed['paySlips'][0]['paySlipID']}")

    slip = shown["paySlip"]
    assert listed["paySlips"] == [slip]
    assert (slip["payRunID"], slip["totalPay"], slip["paymentLines"][0]["amount"]) == (run, 278.72, 278.72)


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        pytest.param("/Payslips", {}, 400, id="of no run"),
        pytest.param("/Payslips", {"PayRunID": "none"}, 404, id="of a run that is not there"),
        pytest.param("/Payslips/none", {}, 404, id="none"),
    ],
)
async def test_pay_slips_that_are_not_there(xero, http, path, query, status):
    assert (await get(http, xero, path, **query))[0] == status


@pytest.mark.parametrize("path", ["/connections", "/Connections"])
async def test_the_organisation_is_listed_to_whoever_has_a_token(xero, http, path):
    async with http.get(xero.root_url + path) as reply:
        assert reply.status == 401
    async with http.get(xero.root_url + path, headers=await token(http, xero)) as reply:
        (organisation,) = await reply.json()

    assert (organisation["tenantName"], organisation["tenantType"]) == ("Demo Company (UK)", "ORGANISATION")


@pytest.mark.parametrize(
    ("scopes", "statuses"),
    [
        ("payroll.payruns.read payroll.settings payroll.payslip.read", [200, 200, 400, 400]),
        ("payroll.payruns payroll.settings.read", [200, 200, 403, 403]),
        ("payroll.settings", [403, 200, 403, 400]),
    ],
)
async def test_a_call_needs_one_of_its_scopes(xero, http, scopes, statuses):
    xero.scopes = scopes

    got = [(await get(http, xero, path))[0] for path in ("/PayRuns", "/PayRunCalendars", "/Payslips")]

    assert [*got, (await post(http, xero, {}))[0]] == statuses


async def test_more_calls_at_once_than_allowed_are_refused_without_a_time_to_wait(xero, http):
    xero.at_once = 2
    headers = await token(http, xero)
    xero.faults.add("slow", "GET /PayRuns", times=2, delay_s=0.3)

    async def ask():
        async with http.get(xero.base_url + "/PayRuns", headers=headers) as reply:
            return reply.status, reply.headers.get("X-Rate-Limit-Problem"), reply.headers.get("Retry-After")

    found = await asyncio.gather(*(ask() for _ in range(3)))

    assert sorted(found) == [(200, None, None), (200, None, None), (429, "concurrent", None)]
    assert (await ask())[0] == 200


async def test_only_the_newest_posted_run_is_taken_back(xero):
    calendar = xero.seed_history(date(2026, 9, 28), count=3)
    runs = list(xero.state.pay_runs)
    draft = xero.draft_pay_run(calendar, [])

    for run in (*runs[:2], draft):
        with pytest.raises(ValueError, match="is not the newest posted pay run"):
            xero.revert_pay_run(run)
    xero.revert_pay_run(runs[2])

    assert [one["payRunStatus"] for one in xero.state.pay_runs.values()] == [
        "Posted",
        "Posted",
        "Draft",
        "Draft",
    ]
