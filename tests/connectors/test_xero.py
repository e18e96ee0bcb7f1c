from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.connectors.client import Reply
from bot.connectors.problem import VendorProblem
from bot.connectors.xero import resources
from bot.connectors.xero.actions import (
    CREATE_NEXT_CALENDAR,
    AlreadyThere,
    create_outcome,
    idempotency_header,
    outcome_of,
    refuse_a_second,
)
from bot.connectors.xero.api import XeroSettings
from bot.connectors.xero.models import LIMIT_HEADER, Calendar, PayRun, lowered
from bot.connectors.xero.period import next_name, next_payment_on
from bot.core.action import Done, Outcome, Refused, Retry, Unknown, WhenUnknown
from bot.core.money import Money
from bot.core.resource import MISSING, Known, Snapshot, Unread, Value

from .conftest import NOON

RECORDED = Path(__file__).parents[1] / "testdata" / "xero"
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
            "lastEdited": "2017-06-22T02:14:00",
            "totalEarnings": Decimal("480.77"),
            "grossEarnings": Decimal("455.77"),
            "totalPay": Decimal("278.72"),
            "totalEmployerTaxes": Decimal("44.68"),
            "totalEmployeeTaxes": Decimal("89.05"),
            "totalDeductions": 25,
            "totalReimbursements": 12,
            "totalCourtOrders": 100,
            "totalBenefits": Decimal("9.62"),
            "bacsHash": None,
            "paymentMethod": "Electronically",
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


def recorded(name: str, status: int = 200) -> Reply:
    """A reply of Xero's documents or of its OpenAPI file, as it came."""
    return Reply(status, {}, (RECORDED / f"{name}.json").read_bytes())


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
        "earnings": gbp("480.77"),
        "gross earnings": gbp("455.77"),
        "employee taxes": gbp("89.05"),
        "employer taxes": gbp("44.68"),
        "deductions": gbp("25"),
        "reimbursements": gbp("12"),
        "court orders": gbp("100"),
        "benefits": gbp("9.62"),
        "pay slips": Known(1),
        "payees": Known(1),
        "zero or negative pay": Known(0),
        "not paid electronically": Known(0),
        "last edited": Known(
            datetime(2017, 6, 22, 2, 14, tzinfo=UTC), ("payee 641aa9ab-aef5-4e7f-8833-540cc64dbf75",)
        ),
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


def slips(*changes: dict[str, Any]) -> list[dict[str, Any]]:
    """The documents' pay slip, once for each of these, with what is different about it."""
    (one,) = RUN["paySlips"]
    return [{**one, "paySlipID": f"s{n}", "employeeID": f"e{n}", **of} for n, of in enumerate(changes)]


def test_a_pay_slip_given_twice_is_not_counted_twice() -> None:
    snapshot = read_run(paySlips=slips({"paySlipID": "s"}, {"paySlipID": "s"}))

    assert snapshot.values["net pay"] == Unread("Xero gives pay slip s twice")
    assert snapshot.values["earnings"] == Unread("Xero gives pay slip s twice")
    assert snapshot.lines is None


@pytest.mark.parametrize(
    ("taxes", "value"),
    [
        pytest.param((1, Decimal("2.50")), gbp("3.50"), id="both"),
        pytest.param((1, None), Unread("one pay slip has no amount"), id="one has none"),
        pytest.param((None, None), MISSING, id="none has any"),
        pytest.param(
            (1, "much"), Unread("Xero says 'much' as totalEmployeeTaxes, which is no amount"), id="no amount"
        ),
    ],
)
def test_a_sum_is_of_all_pay_slips_or_not_known(taxes: tuple[object, object], value: Value) -> None:
    found = read_run(paySlips=slips(*({"totalEmployeeTaxes": one} for one in taxes)))

    assert found.values["employee taxes"] == value


@pytest.mark.parametrize(
    ("pay", "value"),
    [
        pytest.param((1, 2), Known(0), id="all are paid"),
        pytest.param(
            (0, Decimal("-0.01")), Known(2, ("payee e0: 0.00 GBP", "payee e1: −0.01 GBP")), id="neither is"
        ),
        pytest.param((0, None), Unread("one pay slip has no amount"), id="one is not known"),
    ],
)
def test_zero_or_negative_pay_names_whose_it_is(pay: tuple[object, object], value: Value) -> None:
    found = read_run(paySlips=slips(*({"totalPay": one} for one in pay)))

    assert found.values["zero or negative pay"] == value


@pytest.mark.parametrize(
    ("methods", "value"),
    [
        (("Electronically", "Electronically"), Known(0)),
        (("Cheque", "Manual"), Known(2, ("payee e0: by cheque", "payee e1: by hand"))),
        (("Electronically", None), Unread("one pay slip does not say how it is paid")),
        (("Electronically", "Pigeon"), Unread("Xero says 'Pigeon', which we do not know")),
    ],
)
def test_how_people_are_paid_is_known_of_all_or_not_at_all(
    methods: tuple[str | None, str | None], value: Value
) -> None:
    found = read_run(paySlips=slips(*({"paymentMethod": one} for one in methods)))

    assert found.values["not paid electronically"] == value
    assert ("payment method: Xero says 'Pigeon', which we do not know" in found.notes) is (
        "Pigeon" in methods
    )


def test_the_latest_edit_of_all_pay_slips_counts() -> None:
    found = read_run(
        paySlips=slips(
            {"lastEdited": "2017-06-22T02:14:00"}, {"lastEdited": "2017-06-22T02:15:00"}, {"lastEdited": None}
        )
    )

    assert found.values["last edited"] == Known(datetime(2017, 6, 22, 2, 15, tzinfo=UTC), ("payee e1",))
    assert read_run(paySlips=slips({"lastEdited": None})).values["last edited"] == MISSING
    assert isinstance(read_run(paySlips=slips({"lastEdited": "today"})).values["last edited"], Unread)


@pytest.mark.parametrize("spelling", ["payRollCalendarID", "payrollCalendarID", "PayrollCalendarID"])
def test_a_calendars_id_is_read_in_each_spelling(spelling: str) -> None:
    told = {key: value for key, value in WEEKLY.items() if key != "payRollCalendarID"}

    assert calendar({**told, spelling: "b70ce0c1"}).payroll_calendar_id == "b70ce0c1"


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
    its_run = run(payrollCalendarID=one.payroll_calendar_id, periodStartDate="2017-05-12")
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


def test_a_refusal_names_the_answer_for_xeros_support() -> None:
    outcome = create_outcome(recorded("calendar_refused", 400), NOON)

    assert outcome == Refused(
        "400 CalendarType: The calendar type is required; paymentDate: The First Payment Date is required. "
        "(Xero's answer 712286a1-30bd-fe5a-72d6-d0fbf7035b7a)"
    )


def test_the_limit_that_was_met_is_said() -> None:
    reply = Reply(429, {LIMIT_HEADER: "day", "Retry-After": "66975"}, b"")

    assert create_outcome(reply, NOON) == Retry("429 the limit met is: day", after=timedelta(seconds=66975))


def test_a_second_calendar_for_a_period_is_refused_by_name() -> None:
    body = CREATE_NEXT_CALENDAR.request(read_calendar())

    with pytest.raises(AlreadyThere) as caught:
        refuse_a_second(body, [calendar(), calendar(FOLLOWING)])

    assert str(caught.value) == (
        "not sent, because “Weekly Calendar” (6309098d-ec3e-4634-902a-90d686590d40) is a calendar of the "
        "same type from 2017-05-19 on"
    )


@pytest.mark.parametrize(
    "more",
    [
        {"calendarType": "Fortnightly"},
        {"periodStartDate": "2017-05-20T00:00:00"},
        {"periodStartDate": None},
    ],
)
def test_another_type_or_period_is_no_second_calendar(more: dict[str, Any]) -> None:
    refuse_a_second(CREATE_NEXT_CALENDAR.request(read_calendar()), [calendar({**FOLLOWING, **more})])


def test_what_xero_does_with_calendars_by_itself_is_said_where_one_is_asked_for() -> None:
    assert "moves the old calendar on by itself" in " ".join(CREATE_NEXT_CALENDAR.not_checked)


def test_a_problem_with_200_is_a_no() -> None:
    assert isinstance(create_outcome(Reply(200, {}, REFUSED), NOON), Refused)


@pytest.mark.parametrize(
    "problem", ['{"invalidFields": [{"name": null, "reason": 7}]}', '{"title": 7}', '"no"', "[1]"]
)
def test_a_problem_without_words_that_we_can_read_is_no_yes(problem: str) -> None:
    body = f'{{"payRunCalendar": null, "problem": {problem}}}'.encode()

    assert isinstance(create_outcome(Reply(200, {}, body), NOON), Refused)


@pytest.mark.parametrize("start", ["2017-05-19T00:00:00", "9999-12-31T00:00:00"])
def test_a_period_that_ends_before_it_begins_has_no_next_one(start: str) -> None:
    snapshot = read_calendar(calendar(periodStartDate=start))

    assert "periodStartDate" not in CREATE_NEXT_CALENDAR.request(snapshot)


def test_a_calendar_at_the_end_of_time_has_no_next_period() -> None:
    last = calendar(periodEndDate="9999-12-31T00:00:00", paymentDate="9999-12-31T00:00:00")
    snapshot = read_calendar(last)

    assert resources.listed_calendar(last, [last], []).vendor_id == last.payroll_calendar_id
    assert snapshot.values["next period calendar"] == MISSING
    assert "periodStartDate" not in CREATE_NEXT_CALENDAR.request(snapshot)


def test_a_web_page_is_no_yes() -> None:
    with pytest.raises(VendorProblem):
        create_outcome(Reply(200, {}, b"<html>"), NOON)


@pytest.mark.parametrize(("length", "kept"), [(128, True), (129, False)])
def test_the_idempotency_key_is_at_most_128_characters(length: int, kept: bool) -> None:
    header = idempotency_header("k" * length)

    assert (header == "k" * length) is kept
    assert len(header) <= 128
