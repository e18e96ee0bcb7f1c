from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.connectors.client import Reply
from bot.connectors.problem import VendorProblem
from bot.connectors.xero import resources
from bot.connectors.xero.actions import CREATE_NEXT_CALENDAR, create_outcome, idempotency_header, outcome_of
from bot.connectors.xero.api import Calendar, PayRun, XeroSettings, lowered
from bot.connectors.xero.period import next_name, next_payment_on
from bot.core.action import Done, Outcome, Refused, Retry, Unknown, WhenUnknown
from bot.core.money import Money
from bot.core.resource import MISSING, Known, Snapshot, Unread, Value

from .conftest import NOON

RUN: dict[str, Any] = {
    "payRunID": "e1e889e4-d574-4224-b4e7-d962346ae3a1",
    "payrollCalendarID": "26b073f2-b77f-4c5b-8938-88bc3c364a7b",
    "periodStartDate": "2017-05-05T00:00:00",
    "periodEndDate": "2017-05-11T00:00:00",
    "paymentDate": "2017-05-12T00:00:00",
    "totalCost": Decimal("547.07"),
    "totalPay": Decimal("266.72"),
    "payRunStatus": "Draft",
    "payRunType": "Scheduled",
    "calendarType": "Weekly",
    "postedDateTime": None,
    "paySlips": [
        {
            "paySlipID": "382d1755-cbfe-4e5a-a5a9-27b9015d00c5",
            "employeeID": "641aa9ab-aef5-4e7f-8833-540cc64dbf75",
            "firstName": "canary",
            "lastName": "canary",
            "totalPay": Decimal("278.72"),
            "totalReimbursements": 12,
        }
    ],
}
WEEKLY: dict[str, Any] = {
    "payRollCalendarID": "b70ce0c1-c469-4ba6-b2b2-0ca7d24926fb",
    "name": "Weekly Calendar",
    "calendarType": "Weekly",
    "periodStartDate": "2017-05-12T00:00:00",
    "periodEndDate": "2017-05-18T00:00:00",
    "paymentDate": "2017-05-19T00:00:00",
    "updatedDateUTC": "2017-05-15T16:53:54",
}
FOLLOWING = {
    **WEEKLY,
    "payRollCalendarID": "6309098d-ec3e-4634-902a-90d686590d40",
    "periodStartDate": "2017-05-19T00:00:00",
    "periodEndDate": "2017-05-25T00:00:00",
}
REFUSED = b"""{"problem": {"title": "BadRequest", "status": 400, "detail": "Validation error occurred.",
    "invalidFields": [
    {"name": "CalendarType", "reason": "The calendar type is required"},
    {"name": "paymentDate", "reason": "The First Payment Date is required."}]}, "payRunCalendar": null}"""


def run(**more: object) -> PayRun:
    return PayRun.model_validate(lowered({**RUN, **more}))


def calendar(told: dict[str, Any] = WEEKLY, **more: object) -> Calendar:
    return Calendar.model_validate(lowered({**told, **more}))


def read_run(**more: object) -> Snapshot:
    return resources.run_snapshot("xero-uk", run(**more), "GBP", NOON)


def read_calendar(
    one: Calendar | None = None, others: tuple[Calendar, ...] = (), runs: tuple[PayRun, ...] = ()
) -> Snapshot:
    one = one or calendar()
    return resources.calendar_snapshot(
        "xero-uk", one, (one, *others), runs, tenant="t1", name_template="{name} {start:%d %b %Y}", now=NOON
    )


def gbp(amount: str) -> Known:
    return Known(Money.of(amount, "GBP"))


def test_the_documents_pay_run_is_read_as_written() -> None:
    snapshot = read_run()

    assert dict(snapshot.values) == {
        "status": Known("draft"),
        "run type": Known("scheduled"),
        "calendar type": Known("weekly"),
        "period start": Known(date(2017, 5, 5)),
        "period end": Known(date(2017, 5, 11)),
        "pay date": Known(date(2017, 5, 12)),
        "cost": gbp("547.07"),
        "net pay": gbp("278.72"),
        "header pay": gbp("266.72"),
        "pay slips": Known(1),
        "payees": Known(1),
        "posted at": MISSING,
    }
    assert (snapshot.is_open, snapshot.is_live, snapshot.notes) == (True, True, ())
    assert "canary" not in repr(run()) + repr(snapshot)


def test_a_posted_run_is_settled_and_read_in_utc() -> None:
    snapshot = read_run(payRunStatus="Posted", postedDateTime="2017-06-27T07:28:20")

    assert snapshot.values["posted at"] == Known(datetime(2017, 6, 27, 7, 28, 20, tzinfo=UTC))
    assert (snapshot.is_open, snapshot.is_live) == (False, False)


def test_a_run_without_its_pay_slips_has_no_known_net_pay() -> None:
    snapshot = read_run(paySlips=None)

    assert snapshot.lines is None
    assert snapshot.values["net pay"] == Unread("Xero gave the run without its pay slips")


@pytest.mark.parametrize(
    ("header", "net_pay"),
    [
        pytest.param(
            Decimal("266.72"), Unread("Xero's header pays 266.72 GBP and there are no pay slips"), id="paid"
        ),
        pytest.param(0, gbp("0"), id="nothing paid"),
    ],
)
def test_no_pay_slips_are_zero_only_where_the_header_pays_nothing(header: object, net_pay: Value) -> None:
    assert read_run(paySlips=[], totalPay=header).values["net pay"] == net_pay


@pytest.mark.parametrize("spelling", ["payRollCalendarID", "payrollCalendarID", "PayrollCalendarID"])
def test_a_calendars_id_is_read_in_each_spelling(spelling: str) -> None:
    told = {key: value for key, value in WEEKLY.items() if key != "payRollCalendarID"}

    assert calendar({**told, spelling: "b70ce0c1"}).key == "b70ce0c1"


def test_the_documents_calendar_is_read_as_written() -> None:
    assert dict(read_calendar().values) == {
        "name": Known("Weekly Calendar"),
        "calendar type": Known("weekly"),
        "period start": Known(date(2017, 5, 12)),
        "period end": Known(date(2017, 5, 18)),
        "pay date": Known(date(2017, 5, 19)),
        "run for this period": MISSING,
        "next period calendar": MISSING,
        "updated at": Known(datetime(2017, 5, 15, 16, 53, 54, tzinfo=UTC)),
    }


@pytest.mark.parametrize(
    ("more", "found"),
    [
        pytest.param({}, Known(RUN["payRunID"]), id="same calendar, same period"),
        pytest.param({"payrollCalendarID": "another"}, MISSING, id="another calendar"),
        pytest.param({"periodStartDate": "2017-05-05T00:00:00"}, MISSING, id="the period before"),
    ],
)
def test_a_run_for_exactly_this_period_is_found(more: dict[str, Any], found: Value) -> None:
    same = {
        "payrollCalendarID": WEEKLY["payRollCalendarID"].upper(),
        "periodStartDate": "2017-05-12T00:00:00",
    }
    snapshot = read_calendar(runs=(run(**{**same, **more}),))

    assert snapshot.values["run for this period"] == found


@pytest.mark.parametrize(
    ("more", "found"),
    [
        pytest.param({}, Known(FOLLOWING["payRollCalendarID"]), id="of this type, the day after"),
        pytest.param({"calendarType": "Fortnightly"}, MISSING, id="of another type"),
        pytest.param({"periodStartDate": "2017-05-20T00:00:00"}, MISSING, id="a day later"),
        pytest.param({"payRollCalendarID": WEEKLY["payRollCalendarID"]}, MISSING, id="itself"),
    ],
)
def test_the_next_periods_calendar_is_found(more: dict[str, Any], found: Value) -> None:
    assert read_calendar(others=(calendar({**FOLLOWING, **more}),)).values["next period calendar"] == found


def test_a_calendars_row_changes_when_its_run_or_its_follower_appears() -> None:
    one, follower = calendar(), calendar(FOLLOWING)
    its_run = run(payrollCalendarID=one.key, periodStartDate="2017-05-12")
    rows = [
        resources.listed_calendar(one, (one,), ()),
        resources.listed_calendar(one, (one,), (its_run,)),
        resources.listed_calendar(one, (one, follower), ()),
    ]

    assert len({row.fingerprint for row in rows}) == 3


@pytest.mark.parametrize(
    ("kind", "pay_on", "start", "next_start", "next_pay_on"),
    [
        ("Weekly", date(2017, 5, 19), date(2017, 5, 12), date(2017, 5, 19), date(2017, 5, 26)),
        ("Fortnightly", date(2017, 6, 9), date(2017, 6, 2), date(2017, 6, 16), date(2017, 6, 23)),
        ("FourWeekly", date(2026, 3, 2), date(2026, 2, 2), date(2026, 3, 2), date(2026, 3, 30)),
        ("Monthly", date(2020, 3, 31), date(2020, 3, 3), date(2020, 4, 3), date(2020, 4, 30)),
        ("Monthly", date(2026, 2, 28), date(2026, 2, 1), date(2026, 3, 1), date(2026, 3, 31)),
        ("Monthly", date(2026, 1, 30), date(2026, 1, 1), date(2026, 2, 1), date(2026, 2, 28)),
        ("Monthly", date(2026, 12, 25), date(2026, 12, 1), date(2027, 1, 1), date(2027, 1, 25)),
        ("Quarterly", date(2026, 11, 30), date(2026, 10, 1), date(2027, 1, 1), date(2027, 2, 28)),
        ("Annual", date(2024, 2, 29), date(2023, 4, 6), date(2024, 4, 6), date(2025, 2, 28)),
        ("TwiceMonthly", date(2026, 11, 15), date(2026, 11, 1), date(2026, 11, 16), None),
    ],
)
def test_the_next_pay_date_keeps_its_place_in_the_period(
    kind: str, pay_on: date, start: date, next_start: date, next_pay_on: date | None
) -> None:
    assert next_payment_on(kind, pay_on, start, next_start) == next_pay_on


def test_a_date_put_into_a_name_before_is_replaced() -> None:
    template = "{name} {start:%d %b %Y}"
    first = next_name(template, "Weekly ", date(2017, 5, 12), date(2017, 5, 19))

    assert first == "Weekly 19 May 2017"
    assert next_name(template, first, date(2017, 5, 19), date(2017, 5, 26)) == "Weekly 26 May 2017"


@pytest.mark.parametrize("template", ["{name.__class__}", "{start.year}", "{0}", "{other}", "{", "{start:%d"])
def test_a_name_template_may_use_name_and_start_only(template: str) -> None:
    with pytest.raises(ValueError, match="calendar_name"):
        XeroSettings.model_validate(
            {
                "id": "xero-uk",
                "vendor": "xero",
                "calendar": "uk-bacs",
                "client_id": "c",
                "client_secret": "s",
                "tenant_id": "t",
                "calendar_name": template,
            }
        )


def test_what_is_asked_for_is_the_period_after() -> None:
    assert CREATE_NEXT_CALENDAR.request(read_calendar()) == {
        "name": "Weekly Calendar 19 May 2017",
        "calendarType": "Weekly",
        "periodStartDate": "2017-05-19",
        "paymentDate": "2017-05-26",
    }


def test_the_key_is_the_organisation_the_type_and_the_period() -> None:
    key = CREATE_NEXT_CALENDAR.key(read_calendar(), 3)

    assert key == "xero.create_next_calendar:t1:Weekly:2017-05-19"


@pytest.mark.parametrize(
    ("snapshot", "is_done"),
    [
        pytest.param(read_calendar(), False, id="not there"),
        pytest.param(read_calendar(others=(calendar(FOLLOWING),)), True, id="there"),
        pytest.param(read_calendar(calendar({**FOLLOWING})), True, id="it rolled by itself"),
        pytest.param(
            read_calendar(calendar(periodStartDate="2017-06-02", periodEndDate="2017-06-08")),
            None,
            id="long ago",
        ),
        pytest.param(read_calendar(calendar(periodEndDate=None)), None, id="without a period"),
    ],
)
def test_created_is_read_off_the_complete_list(snapshot: Snapshot, is_done: bool | None) -> None:
    request = CREATE_NEXT_CALENDAR.request(read_calendar())

    assert CREATE_NEXT_CALENDAR.is_done(snapshot, request) is is_done


def test_an_unknown_creation_is_for_a_person() -> None:
    assert CREATE_NEXT_CALENDAR.when_unknown is WhenUnknown.PERSON


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Done("why")),
        (201, Done("why")),
        (400, Refused("400 why")),
        (401, Refused("401 why")),
        (403, Refused("403 why")),
        (408, Unknown("408 why")),
        (429, Retry("429 why", after=timedelta(minutes=1))),
        (500, Unknown("500 why")),
        (503, Unknown("503 why")),
    ],
)
def test_what_a_reply_to_an_action_means(status: int, outcome: Outcome) -> None:
    assert outcome_of(status, "why") == outcome


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(REFUSED, id="inside the envelope"),
        pytest.param(REFUSED[12 : REFUSED.index(b', "payRunCal')], id="bare"),
    ],
)
def test_a_refusal_is_told_field_by_field_in_both_shapes(body: bytes) -> None:
    said = "400 CalendarType: The calendar type is required; paymentDate: The First Payment Date is required."

    assert create_outcome(Reply(400, {}, body), NOON) == Refused(said)


def test_a_problem_with_200_is_a_no() -> None:
    assert isinstance(create_outcome(Reply(200, {}, REFUSED), NOON), Refused)


def test_a_web_page_is_no_yes() -> None:
    with pytest.raises(VendorProblem):
        create_outcome(Reply(200, {}, b"<html>"), NOON)


@pytest.mark.parametrize(("length", "kept"), [(128, True), (129, False)])
def test_the_idempotency_key_is_at_most_128_characters(length: int, kept: bool) -> None:
    header = idempotency_header("k" * length)

    assert (header == "k" * length) is kept
    assert len(header) <= 128
