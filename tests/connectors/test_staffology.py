import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.connectors.client import Reply
from bot.connectors.problem import Gone, HookRefused, VendorProblem
from bot.connectors.staffology import hooks, resources
from bot.connectors.staffology.actions import FINALISE_PAYRUN, finalise_outcome, outcome_of
from bot.connectors.staffology.address import RunAddress
from bot.connectors.staffology.kind import AMOUNTS, HEADS, STATE_WORDS
from bot.connectors.staffology.models import Automation, Entry, Item, PayRun, Period, Schedule, StateChange
from bot.connectors.staffology.resources import Beside
from bot.connectors.staffology.totals import RecoverableAmounts, Totals
from bot.connectors.staffology.wire import snaked
from bot.connectors.values import validated
from bot.core.action import Done, Outcome, Refused, Retry, Unknown, WhenUnknown
from bot.core.money import Money
from bot.core.resource import MISSING, Known, Line, Snapshot, Unread, Value

from .conftest import NOON

TESTDATA = Path(__file__).parent.parent / "testdata" / "staffology"
RUN: dict[str, Any] = {
    "taxYear": "Year2026",
    "taxMonth": 8,
    "payPeriod": "Monthly",
    "ordinal": 1,
    "period": 8,
    "startDate": "2026-11-01",
    "endDate": "2026-11-30",
    "paymentDate": "2026-11-27",
    "employeeCount": 8,
    "subContractorCount": 2,
    "nonRtiEmployeeCount": 0,
    "version": 0,
    "isLatestVersion": True,
    "totals": {
        "takeHomePay": Decimal("15853.24"),
        "totalCost": 24097,
        "gross": Decimal("18000.5"),
        "starters": 1,
    },
    "state": "Open",
    "isClosed": False,
}
QUIET = Automation(enable_auto_pilot=False)


SCHEDULE: dict[str, Any] = {
    "taxYear": "Year2026",
    "payPeriod": "Monthly",
    "ordinal": 1,
    "isRequired": True,
    "hasOpenPayRunPeriod": True,
    "nextPayRun": {"taxYear": "Year2026", "payPeriod": "Monthly", "ordinal": 1, "period": 9},
    "payRuns": [{"id": f"r{n}", "url": f"/employers/e/payrun/Year2026/Monthly/{n}"} for n in (7, 8)],
    "yearEndTasks": [],
}
PERIOD: dict[str, Any] = {
    "period": 8,
    "unadjustedPaymentDate": "2026-11-28",
    "paySchedulePeriodEvents": [],
}


def schedule(**more: object) -> Schedule:
    return Schedule.model_validate(snaked({**SCHEDULE, **more}))


def read(
    *,
    automation: Automation | Unread = QUIET,
    warnings: list[Item] | Unread | None = None,
    entries: list[Entry] | None = None,
    beside: dict[str, Any] | None = None,
    **more: object,
) -> Snapshot:
    run = PayRun.model_validate(snaked({**RUN, **more}))
    around: dict[str, Any] = {
        "schedule": schedule(),
        "period": Period.model_validate(snaked(PERIOD)),
        "is_fps_late": False,
        "history": [StateChange(state="Open", created_date="2026-11-09")],
    }
    around |= beside or {}
    return resources.snapshot(
        "staffology-acme", run, Beside(automation, warnings or [], **around), entries, "GBP", NOON
    )


def gbp(amount: str) -> Known:
    return Known(Money.of(amount, "GBP"))


def test_a_run_is_read_and_a_total_left_out_is_zero() -> None:
    snapshot = read()

    assert dict(snapshot.values) == {
        "status": Known("open"),
        "run type": Known("main"),
        "version": Known(0),
        "newest version": Known(True),
        "period start": Known(date(2026, 11, 1)),
        "period end": Known(date(2026, 11, 30)),
        "pay date": Known(date(2026, 11, 27)),
        "unadjusted pay date": Known(date(2026, 11, 28)),
        "cost": gbp("24097"),
        "net pay": gbp("15853.24"),
        "gross": gbp("18000.5"),
        "tax": gbp("0"),
        "employee NI": gbp("0"),
        "employer NI": gbp("0"),
        "employee pension": gbp("0"),
        "employer pension": gbp("0"),
        "attachment orders": gbp("0"),
        "CIS deduction": gbp("0"),
        "cost of version before": MISSING,
        "net pay of version before": MISSING,
        "payees": Known(8),
        "employees": Known(6),
        "subcontractors": Known(2),
        "not reported to HMRC": Known(0),
        "starters": Known(1),
        "leavers": Known(0),
        "nil paid": Known(0),
        "warnings": Known(0),
        "events overdue": Known(0),
        "FPS late reason needed": Known(False),
        "year-end tasks": Known(0),
        "schedule has an open run": Known(True),
        "schedule is needed": Known(True),
        "next run": MISSING,
        "next run to start": Known("Year2026-Monthly-9-1-0"),
        "next run is in a new tax year": Known(False),
        "payslips to mail": Unread("the pay slips were not read"),
        "payslips mailed": Unread("the pay slips were not read"),
        "payslips go out on": MISSING,
        "also automated by vendor": Known(False),
        "closes by itself at": MISSING,
        "finalising also": MISSING,
        "finalised at": MISSING,
        "state changed on": Known(date(2026, 11, 9)),
    }
    assert (snapshot.vendor_id, snapshot.is_open, snapshot.lines) == ("Year2026-Monthly-8-1-0", True, None)


def test_totals_left_out_altogether_are_not_zero() -> None:
    values = read(totals=None, entries=[]).values

    assert {name for name, value in values.items() if isinstance(value, Unread)} == {*AMOUNTS, *HEADS}


def test_the_model_pages_example_is_read() -> None:
    told = json.loads((TESTDATA / "payrun_of_the_model_page.json").read_text(), parse_float=Decimal)
    run = PayRun.model_validate(snaked(told))
    nothing = Unread("Staffology did not give it")
    beside = Beside(nothing, nothing, nothing)
    snapshot = resources.snapshot("staffology-acme", run, beside, None, "GBP", NOON)

    assert snapshot.vendor_id == "Year2017-Custom-0-0-0"
    assert snapshot.values["status"] == Known("opening")
    assert snapshot.values["pay date"] == Known(date(2024, 3, 19))
    assert snapshot.values["finalised at"] == Known(datetime(2024, 3, 19, 2, 0, 14, tzinfo=UTC))
    assert snapshot.values["payslips go out on"] == Known(date(2024, 3, 19))
    assert {name: snapshot.values[name] for name in AMOUNTS} == dict.fromkeys(AMOUNTS, gbp("0"))
    assert {name: snapshot.values[name] for name in HEADS} == dict.fromkeys(HEADS, Known(0))
    assert snapshot.notes == ()


def test_every_total_of_the_model_page_has_a_place() -> None:
    told = json.loads((TESTDATA / "payrun_of_the_model_page.json").read_text())["totals"]

    assert set(snaked(told)) <= set(Totals.model_fields)
    assert set(snaked(told["recoverableAmounts"])) <= set(RecoverableAmounts.model_fields)


def test_a_total_below_zero_stays_below_zero() -> None:
    assert read(totals={"takeHomePay": Decimal("-12.34")}).values["net pay"] == gbp("-12.34")


@pytest.mark.parametrize("odd", ["12,50", True, "9" * 40, {"amount": 1}])
def test_a_total_that_is_none_is_unread_or_a_problem_and_never_an_amount(odd: object) -> None:
    try:
        run = validated(PayRun, snaked({**RUN, "totals": {"tax": odd}}), "a pay run")
    except VendorProblem:
        return
    nothing = Unread("not read")
    snapshot = resources.snapshot("s", run, Beside(nothing, nothing, nothing), None, "GBP", NOON)

    assert isinstance(snapshot.values["tax"], Unread)
    assert snapshot.notes


def test_more_subcontractors_than_people_is_no_number_of_employees() -> None:
    assert isinstance(read(subContractorCount=9).values["employees"], Unread)
    assert read(subContractorCount=8).values["employees"] == Known(0)


@pytest.mark.parametrize(
    ("more", "coming"),
    [
        pytest.param({}, MISSING, id="none"),
        pytest.param(
            {"payRuns": [{"url": "/employers/e/payrun/2026/3/9"}]},
            Known("Year2026-Monthly-9-1-0"),
            id="by index",
        ),
        pytest.param(
            {"payRuns": [{"url": f"/e/payrun/Year2026/Monthly/{n}"} for n in (10, 9, 7)]},
            Known("Year2026-Monthly-9-1-0"),
            id="the nearest",
        ),
        pytest.param(
            {"payRuns": [{"url": "/e/payrun/Year2026/Monthly/9?version=1"}]}, MISSING, id="supplementary"
        ),
    ],
)
def test_the_run_that_follows_is_the_main_run_of_a_later_period(more: dict[str, Any], coming: Value) -> None:
    assert read(beside={"schedule": schedule(**more)}).values["next run"] == coming


@pytest.mark.parametrize(
    "more", [{"payRuns": None}, {"payRuns": [{"url": "/employers/e"}]}, {"payRuns": [{"url": None}]}]
)
def test_a_list_of_runs_that_cannot_be_read_answers_nothing(more: dict[str, Any]) -> None:
    assert isinstance(read(beside={"schedule": schedule(**more)}).values["next run"], Unread)


def test_tasks_that_are_not_told_are_not_none() -> None:
    assert isinstance(read(beside={"schedule": schedule(yearEndTasks=None)}).values["year-end tasks"], Unread)


@pytest.mark.parametrize(
    ("told", "says"),
    [
        pytest.param({}, "sends payslips", id="at once"),
        pytest.param(
            {"autoSubmitPayslips_DaysBeforePayday": "ZeroDayBeforePayday", "payslipReleaseType": "Scheduled"},
            "sends payslips on pay day",
            id="on the day",
        ),
        pytest.param(
            {
                "autoSubmitPayslips_DaysBeforePayday": 2,
                "autoSubmitPayslips_PaymentDateRule": 0,
                "payslipReleaseType": 1,
            },
            "sends payslips 2 working days before pay day",
            id="by indexes",
        ),
        pytest.param(
            {"autoSubmitPayslips_DaysBeforePayday": "Never", "payslipReleaseType": "Scheduled"},
            "sends payslips at a time that Staffology does not say",
            id="a new word",
        ),
    ],
)
def test_when_payslips_are_released_is_said(told: dict[str, Any], says: str) -> None:
    automation = Automation.model_validate(snaked({"autoSubmitPayslips": True, **told}))

    assert read(automation=automation).values["finalising also"] == Known(says)


def test_the_days_before_pay_day_stand_beside_auto_pilots_hour() -> None:
    automation = Automation(enable_auto_pilot=True, auto_pilot_time="NineAm", auto_pilot_offset=2)
    value = read(automation=automation, autoPilotCloseDate="2026-11-25").values["closes by itself at"]

    assert value == Known(datetime(2026, 11, 25, 9, tzinfo=UTC), ("2 days before pay day",))


@pytest.mark.parametrize(
    ("told", "vendor_id", "status"),
    [
        pytest.param({"taxYear": 2018}, "Year2018-Monthly-8-1-0", "open", id="a year"),
        pytest.param({"taxYear": 9}, "Year2026-Monthly-8-1-0", "open", id="the year's index"),
        pytest.param({"payPeriod": 3}, "Year2026-Monthly-8-1-0", "open", id="the period's index"),
        pytest.param({"state": 10}, "Year2026-Monthly-8-1-0", "finalised", id="the state's index"),
    ],
)
def test_an_enum_may_come_as_its_index(told: dict[str, Any], vendor_id: str, status: str) -> None:
    snapshot = read(**told)

    assert (snapshot.vendor_id, snapshot.values["status"]) == (vendor_id, Known(status))


def test_a_later_version_is_supplementary() -> None:
    assert read(version=1).values["run type"] == Known("supplementary")


@pytest.mark.parametrize("state", [word for word in STATE_WORDS if word != "Finalised"])
def test_only_a_finalised_run_counts_as_closed(state: str) -> None:
    assert read(state=state).is_open is True
    assert read(state="Finalised").is_open is False


@pytest.mark.parametrize(
    ("told", "closes_at"),
    [
        pytest.param("FourPm", Known(datetime(2026, 11, 27, 16, tzinfo=UTC)), id="a word"),
        pytest.param(3, Known(datetime(2026, 11, 27, 16, tzinfo=UTC)), id="its index"),
        pytest.param("JustAfterMidnight", Known(datetime(2026, 11, 27, 0, 0, tzinfo=UTC)), id="midnight"),
        pytest.param(
            "Noon", Unread("Staffology says 'Noon' as autoPilotTime, which is no time that we know"), id="new"
        ),
    ],
)
def test_auto_pilot_closes_at_its_time_of_the_runs_day(told: object, closes_at: Value) -> None:
    automation = Automation.model_validate({"enable_auto_pilot": True, "auto_pilot_time": told})
    values = read(automation=automation, autoPilotCloseDate="2026-11-27").values

    assert values["closes by itself at"] == closes_at
    assert values["also automated by vendor"] == Known(True)


@pytest.mark.parametrize("on", [None, "soon"])
def test_with_auto_pilot_on_a_day_that_is_not_said_is_not_never(on: str | None) -> None:
    automation = Automation(enable_auto_pilot=True, auto_pilot_time="NineAm")

    assert isinstance(
        read(automation=automation, autoPilotCloseDate=on).values["closes by itself at"], Unread
    )


def test_auto_pilot_counts_british_summer_time() -> None:
    automation = Automation(enable_auto_pilot=True, auto_pilot_time="NineAm")

    assert read(automation=automation, autoPilotCloseDate="2026-06-26").values[
        "closes by itself at"
    ] == Known(datetime(2026, 6, 26, 8, tzinfo=UTC))


def test_settings_that_were_not_read_leave_everything_about_them_unknown() -> None:
    unread = Unread("Staffology did not give its automation settings")
    values = read(automation=unread).values

    assert [
        values[name] for name in ("also automated by vendor", "closes by itself at", "finalising also")
    ] == [unread] * 3


def test_what_finalising_sets_off_is_said_in_words() -> None:
    told = {
        "enableAutoOpen": True,
        "autoSubmitFps": True,
        "autoSubmitPayments": True,
        "autoSubmitPayments_Employee": True,
        "autoSubmitPayments_Hmrc": True,
        "autoSubmitP45s": True,
        "payrunEmails": [{"isActive": True, "recipientAddress": "canary"}, {"isActive": False}],
    }
    snapshot = read(automation=Automation.model_validate(snaked(told)))

    assert snapshot.values["finalising also"] == Known(
        "sends the FPS to HMRC; submits payments to people, HMRC; sends P45s; "
        "mails 1 report; starts the next run"
    )


def test_warnings_are_counted_and_name_nobody() -> None:
    warning = Item.model_validate(
        {
            "id": "e7",
            "name": "Canary",
            "metadata": {"warnings": "HighNetPay, MissingBankDetails", "who": "Canary"},
        }
    )

    assert read(warnings=[warning]).values["warnings"] == Known(
        1, ("entry e7: HighNetPay, MissingBankDetails",)
    )


def entry(entry_id: str, **more: object) -> Entry:
    told = {
        "id": entry_id,
        "employee": {"id": "p1", "name": "Canary"},
        "totals": {"takeHomePay": Decimal("1415.8")},
    }
    return Entry.model_validate(snaked({**told, **more}))


def test_lines_are_entries_by_employee_id() -> None:
    snapshot = read(entries=[entry("e2"), entry("e1"), entry("e3", isRemoved=True)])

    assert snapshot.lines == tuple(
        Line(one, "p1", Money.of("1415.8", "GBP"), Money.of("0", "GBP")) for one in ("e1", "e2")
    )
    assert "Canary" not in repr(snapshot)


def test_an_entry_without_totals_shows_no_lines_rather_than_fewer() -> None:
    assert read(entries=[entry("e1"), entry("e2", totals=None)]).lines is None


@pytest.mark.parametrize(
    ("url", "ordinal", "vendor_id"),
    [
        ("/employers/1/payrun/Year2026/Monthly/8", 1, "Year2026-Monthly-8-1-0"),
        (
            "https://api.staffology.co.uk/employers/1/payrun/Year2026/Weekly/31?ordinal=2&version=1",
            1,
            "Year2026-Weekly-31-2-1",
        ),
        ("/employers/1/payrun/2026/Monthly/8", 2, "Year2026-Monthly-8-2-0"),
    ],
)
def test_a_runs_address_is_read_off_its_url(url: str, ordinal: int, vendor_id: str) -> None:
    address = RunAddress.of_url(url, ordinal)

    assert str(address) == vendor_id
    assert RunAddress.parse(vendor_id) == address


@pytest.mark.parametrize(
    "url", ["", "/employers/1", "/employers/1/payrun/Year2026/Monthly/8?version=x", "/payrun/a/b/9999"]
)
def test_an_address_of_something_else_is_none(url: str) -> None:
    assert RunAddress.of_url(url, 1) is None


@pytest.mark.parametrize(
    "vendor_id", ["", "8", "Year2026-Monthly-8", "Year2026-../..-8-1-0", "Year2026-Monthly-8-1-0-0"]
)
def test_an_id_of_another_form_is_gone(vendor_id: str) -> None:
    with pytest.raises(Gone):
        RunAddress.parse(vendor_id)


@pytest.mark.parametrize(
    ("state", "is_done"),
    [
        ("Finalised", True),
        ("Open", False),
        ("Approved", False),
        ("Finalising", None),
        ("Processing", None),
        ("New", None),
    ],
)
def test_finalised_is_read_off_the_state(state: str, is_done: bool | None) -> None:
    assert FINALISE_PAYRUN.is_done(read(state=state), {}) is is_done


def test_a_supplementary_run_and_a_reopened_one_have_keys_of_their_own() -> None:
    keys = {
        FINALISE_PAYRUN.key(read(), 0),
        FINALISE_PAYRUN.key(read(), 1),
        FINALISE_PAYRUN.key(read(version=1), 0),
    }

    assert len(keys) == 3
    assert FINALISE_PAYRUN.when_unknown is WhenUnknown.PERSON


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Done("why")),
        (202, Done("why")),
        (400, Refused("400 why")),
        (401, Refused("401 why")),
        (404, Refused("404 why")),
        (408, Unknown("408 why")),
        (409, Refused("409 why")),
        (429, Retry("429 why", after=timedelta(minutes=1))),
        (500, Unknown("500 why")),
        (504, Unknown("504 why")),
    ],
)
def test_what_a_reply_to_an_action_means(status: int, outcome: Outcome) -> None:
    assert outcome_of(status, "why") == outcome


def test_a_web_page_is_no_yes() -> None:
    with pytest.raises(VendorProblem):
        finalise_outcome(Reply(200, {}, b"<html>"), NOON)


def test_a_hook_with_our_token_says_which_run_to_look_at() -> None:
    hook = hooks.check("t0ken", json.dumps({**RUN, "totals": {}}).encode(), ("old", "t0ken"))

    assert hooks.about("Payrun_Finalised", hook.kept) == (("staffology.payrun", "Year2026-Monthly-8-1-0"),)


@pytest.mark.parametrize("token", [None, "", "t0ke", "t0kenn", "t\u00f6ken", "\udcff"])
def test_a_hook_with_another_token_is_refused(token: str | None) -> None:
    with pytest.raises(HookRefused):
        hooks.check(token, b"{}", ("t0ken",))


def test_without_a_token_in_the_settings_nothing_is_accepted() -> None:
    with pytest.raises(HookRefused):
        hooks.check("", b"{}", ())


@pytest.mark.parametrize(
    ("body", "parsed"),
    [
        (b'{"id": "e1"}', True),
        (b'{"taxYear": 1}', True),
        (b"[]", False),
        (b"", False),
        (b"[" * 100_000, False),
        (b'{"a":' * 600 + b"1" + b"}" * 600, False),
        (b'{"id": "\\ud800"}', False),
    ],
)
def test_a_hook_that_names_no_run_says_to_look_at_the_list(body: bytes, parsed: bool) -> None:
    hook = hooks.check("t0ken", body, ("t0ken",))

    assert hooks.about("Payrun_Finalised", hook.kept) == (() if parsed else None)


def test_what_is_kept_of_a_body_names_nobody() -> None:
    told = {**RUN, "totals": {}, "entries": [{"id": "e1", "name": "canary"}]}

    assert b"canary" not in hooks.check("t0ken", json.dumps(told).encode(), ("t0ken",)).kept


@pytest.mark.parametrize(
    ("coming", "says"),
    [
        pytest.param({"taxYear": "Year2026", "payPeriod": "Monthly", "period": 9}, Known(False), id="same"),
        pytest.param({"taxYear": "Year2027", "payPeriod": "Monthly", "period": 1}, Known(True), id="next"),
        pytest.param(None, MISSING, id="none to start"),
    ],
)
def test_whether_the_next_run_is_in_a_new_tax_year(coming: dict[str, Any] | None, says: object) -> None:
    named = {**coming, "ordinal": 1} if coming else None
    snapshot = read(beside={"schedule": schedule(nextPayRun=named)})

    assert snapshot.value("next run is in a new tax year") == says


def test_a_schedule_that_was_not_read_says_nothing_of_the_tax_year() -> None:
    snapshot = read(beside={"schedule": Unread("no answer")})

    assert snapshot.value("next run is in a new tax year") == Unread("no answer")
