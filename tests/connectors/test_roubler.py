"""Roubler's replies as its documents show them and as they might be, and the documents that it is sent."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, parse, validate

import bot.sandbox.roubler
from bot.connectors.client import Reply
from bot.connectors.problem import Gone, Unauthorised, VendorProblem
from bot.connectors.roubler import resources
from bot.connectors.roubler.actions import MARK_PROCESSED
from bot.connectors.roubler.documents import DOCUMENTS
from bot.connectors.roubler.settings import RoublerSettings
from bot.connectors.roubler.shapes import PayRun, data_of, outcome_of, refuses_the_login
from bot.core.action import Done, Outcome, Refused, Retry, Unknown
from bot.core.money import Money
from bot.core.resource import MISSING, Known, Line, Snapshot, Unread

from .conftest import NOON

RECORDED = Path(__file__).parent.parent / "testdata" / "roubler"
SCHEMA = Path(bot.sandbox.roubler.__file__).with_name("schema.graphql")


def recorded(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text())
    return found


RUN: dict[str, Any] = recorded("pay_run")["data"]["payRun"]
SHEETS: list[dict[str, Any]] = RUN["timesheets"]
ITEMS: list[dict[str, Any]] = RUN["payItems"]


def read(unit: str = "cents", failed: Mapping[str, str] | None = None, **more: Any) -> Snapshot:
    run = PayRun.model_validate({**RUN, **more})
    return resources.snapshot("roubler-au", run, "AUD", unit, NOON, failed)


def why(name: str, **more: Any) -> str:
    value = read(**more).values[name]
    assert isinstance(value, Unread), value
    return value.why


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_document_that_is_sent_is_one_of_the_schema_and_asks_for_no_name(name: str) -> None:
    document = parse(DOCUMENTS[name])

    assert validate(build_schema(SCHEMA.read_text()), document) == []
    assert "fullName" not in DOCUMENTS[name]
    assert "employee { text" not in DOCUMENTS[name]


def test_the_documents_pay_run_is_read_as_written() -> None:
    snapshot = read()

    assert dict(snapshot.values) == {
        "status": Known("finalised"),
        "run name": Known("May 2024 - Fortnight 2"),
        "description": MISSING,
        "period start": Known(date(2024, 5, 20)),
        "period end": Known(date(2024, 6, 2)),
        "opened at": Known(datetime(2024, 6, 6, 4, 53, 26, 177000, UTC)),
        "timesheets selected at": MISSING,
        "finalised at": Known(datetime(2024, 6, 6, 5, 0, 17, 747000, UTC)),
        "finaliser is known": Known(True),
        "processed at": MISSING,
        "modified at": Known(datetime(2024, 6, 6, 4, 53, 26, 177000, UTC)),
        "errors": Known(0),
        "pay items": Known(2),
        "timesheets": Known(2),
        "net pay": Known(Money.of("4781.59", "AUD")),
        "payees": Known(2),
        "hours": Known(timedelta(hours=11), ("11 h",)),
        "hours not payrolled": Known(timedelta(0)),
        "timesheets not payrolled": Known(0),
        "pay items without a timesheet": Known(0),
        "pay items that do not multiply out": Known(0),
    }
    assert not [name for name in ("Craig", "Nicolas", "Support") if name in repr(snapshot)]


def test_the_documents_list_is_read_row_by_row() -> None:
    (row,) = recorded("pay_runs")["data"]["payRuns"]
    first = resources.listed(PayRun.model_validate(row))

    assert (first.vendor_id, first.is_live) == ("38", True)
    assert resources.listed(PayRun.model_validate({**row, "status": "Processed"})).is_live is False
    assert (
        resources.listed(PayRun.model_validate({**row, "modifiedAt": None})).fingerprint != first.fingerprint
    )


def test_the_unit_of_money_is_a_setting() -> None:
    assert read("units").values["net pay"] == Known(Money.of("478159", "AUD"))


def test_a_part_of_a_cent_is_no_amount_but_a_wrong_setting() -> None:
    snapshot = read(payItems=[{**ITEMS[0], "amount": "47.5"}])

    assert snapshot.lines is None
    assert snapshot.notes == (
        "Roubler says '47.5' as a pay item's amount, which is no number of cents: see money_unit",
    )
    assert isinstance(snapshot.values["net pay"], Unread)


def test_the_items_of_one_person_are_one_line() -> None:
    items = [*ITEMS, {"employee": {"id": 72909}, "amount": 100}]

    assert read(payItems=items).lines == (
        Line("72908", "72908", Money.of("4759.59", "AUD")),
        Line("72909", "72909", Money.of("23.00", "AUD")),
    )


def test_errors_are_told_by_employee_id_in_one_order() -> None:
    errors = [
        {"message": "No pay type for Overtime", "employee": {"id": "72951", "fullName": "canary"}},
        {"message": "Pay rate missing\nfor Ordinary", "employee": {"id": "72944"}},
        {"message": "Period is locked", "employee": None},
    ]
    told = (
        "Period is locked",
        "employee 72944: Pay rate missing for Ordinary",
        "employee 72951: No pay type for Overtime",
    )

    assert read(errors=errors).values["errors"] == Known(3, told)
    assert read(errors=errors[::-1]) == read(errors=errors)


def test_hours_and_timesheets_that_are_not_payrolled_are_told_by_id() -> None:
    values = read(timesheets=[{**SHEETS[0], "status": "Approved", "hours": "7.25"}, SHEETS[1]]).values

    assert values["hours"] == Known(timedelta(hours=14, minutes=15), ("14.25 h",))
    assert values["hours not payrolled"] == Known(timedelta(hours=7, minutes=15), ("7.25 h",))
    assert values["timesheets not payrolled"] == Known(1, ("timesheet 4518861 of employee 72908",))


@pytest.mark.parametrize(
    ("name", "told", "says"),
    [
        ("timesheets not payrolled", {"status": "frozen"}, "'frozen' as the status of timesheet 4518861"),
        ("hours not payrolled", {"status": None}, "timesheet 4518861 has no status"),
        ("hours", {"hours": None}, "timesheet 4518861 has no hours"),
        ("hours", {"hours": -1}, "'-1' as the hours of timesheet 4518861"),
        ("hours", {"hours": 10**17}, "as the hours of timesheet 4518861, which is no number of hours"),
        ("pay items without a timesheet", {"employee": None}, "whose each pay item and timesheet is"),
    ],
)
def test_a_timesheet_that_makes_no_sense_leaves_its_fields_unread(
    name: str, told: dict[str, Any], says: str
) -> None:
    assert says in why(name, timesheets=[{**SHEETS[0], **told}, SHEETS[1]])


def test_pay_items_are_held_against_timesheets_and_against_themselves() -> None:
    items = [ITEMS[0], {**ITEMS[1], "quantity": 2}, {**ITEMS[1], "quantity": "1.0004"}]
    values = read(payItems=items, timesheets=SHEETS[:1]).values

    assert values["pay items without a timesheet"] == Known(2, ("employee 72909: 2",))
    assert values["pay items that do not multiply out"] == Known(1, ("employee 72909: 1",))
    assert "no unit amount" in why(
        "pay items that do not multiply out", payItems=[{**ITEMS[0], "quantity": None}]
    )


def test_a_run_without_its_items_has_no_known_net_pay() -> None:
    snapshot = read(payItems=None, errors=None, timesheets=None)
    unread = {name for name, value in snapshot.values.items() if isinstance(value, Unread)}

    assert snapshot.lines is None
    assert unread == {
        "errors",
        "pay items",
        "timesheets",
        "net pay",
        "payees",
        "hours",
        "hours not payrolled",
        "timesheets not payrolled",
        "pay items without a timesheet",
        "pay items that do not multiply out",
    }


def test_what_was_answered_with_an_error_is_unread_and_not_missing() -> None:
    snapshot = read(failed={"processedAt": "boom", "payItems": "gone"}, payItems=None)
    unread = {name for name, value in snapshot.values.items() if isinstance(value, Unread)}

    assert snapshot.values["processed at"] == Unread("Roubler answered it with an error: boom")
    assert snapshot.values["status"] == Known("finalised")
    assert unread == {
        "processed at",
        "pay items",
        "net pay",
        "payees",
        "pay items without a timesheet",
        "pay items that do not multiply out",
    }
    assert snapshot.notes == ("processedAt: Roubler answered boom", "payItems: Roubler answered gone")


def test_items_of_which_one_was_answered_with_an_error_make_no_lines() -> None:
    assert read(failed={"payItems": "boom"}).lines is None


@pytest.mark.parametrize(
    ("body", "raised"),
    [
        pytest.param(
            b'{"errors": [{"message": "authentication error"}]}', Unauthorised, id="not logged in, in words"
        ),
        pytest.param(
            b'{"errors": [{"message": "no", "extensions": {"code": "UNAUTHENTICATED"}}]}',
            Unauthorised,
            id="by code",
        ),
        pytest.param(
            b'{"errors": [{"message": "no", "extensions": {"code": "NOT_FOUND"}}]}', Gone, id="not found"
        ),
        pytest.param(
            b'{"data": {"payRun": null}, "errors": [{"message": "busy"}]}', VendorProblem, id="with data"
        ),
        pytest.param(
            b'{"data": {"payRun": {"id": "1"}}, "errors": [{"message": "busy"}]}',
            VendorProblem,
            id="of all of it",
        ),
        pytest.param(
            b'{"data": {"payRuns": []}, "errors": [{"message": "x", "path": ["payRun", "name"]}]}',
            VendorProblem,
            id="beside something else",
        ),
        pytest.param(b'{"data": null}', VendorProblem, id="nothing"),
        pytest.param(b'{"data": {}}', VendorProblem, id="another thing"),
        pytest.param(b"[]", VendorProblem, id="no object"),
        pytest.param(b"<html>", VendorProblem, id="a web page"),
    ],
)
def test_an_answer_with_errors_is_not_read_as_data(body: bytes, raised: type[Exception]) -> None:
    with pytest.raises(raised):
        data_of("payRun", Reply(200, {}, body))


def test_the_run_s_own_errors_are_data() -> None:
    found = data_of("payRun", Reply(200, {}, b'{"data": {"payRun": {"errors": [{"message": "x"}]}}}'))

    assert (found.value, found.failed) == ({"errors": [{"message": "x"}]}, {})


def test_an_error_of_one_field_spoils_that_field_alone() -> None:
    body = {
        "data": {"payRun": {"id": "1"}},
        "errors": [{"message": "x", "path": ["payRun", "payItems", 0, "amount"]}],
    }

    assert data_of("payRun", Reply(200, {}, json.dumps(body).encode())).failed == {"payItems": "x"}


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, recorded("process_pay_run"), Done()),
        (200, {"data": {"processPayRun": {"status": "Frozen"}}}, Done()),
        (200, {"data": {"processPayRun": False}}, Refused("Roubler answered no, without a reason")),
        (200, {"errors": [{"message": "not Finalised"}]}, Refused("not Finalised")),
        (
            200,
            {"errors": [{"message": "oops", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]},
            Unknown("oops"),
        ),
        (
            200,
            {"data": {"processPayRun": {"id": "40"}}, "errors": [{"message": "status"}]},
            Unknown("status"),
        ),
        (
            200,
            {"errors": [{"message": "Internal server error", "extensions": {"category": "internal"}}]},
            Unknown("Internal server error"),
        ),
        (
            200,
            {"data": None, "errors": [{"message": "no status", "path": ["processPayRun", "status"]}]},
            Unknown("no status"),
        ),
        (200, {"errors": [{"message": "no", "path": ["processPayRun"]}]}, Refused("no")),
        (400, {"errors": [{"message": "no"}]}, Refused("400 errors: no")),
        (429, {}, Retry("429", timedelta(seconds=60))),
        (503, {}, Unknown("503")),
    ],
)
def test_what_a_reply_to_an_action_means(status: int, body: object, outcome: Outcome) -> None:
    assert outcome_of("processPayRun", Reply(status, {}, json.dumps(body).encode()), NOON) == outcome


AUTH = {"message": "authentication error"}


@pytest.mark.parametrize(
    ("status", "body", "refused"),
    [
        pytest.param(401, {}, True, id="401"),
        pytest.param(200, {"errors": [AUTH]}, True, id="in words"),
        pytest.param(200, {"data": {"processPayRun": None}, "errors": [AUTH]}, True, id="beside nothing"),
        pytest.param(200, {"data": {"processPayRun": {"id": "40"}}, "errors": [AUTH]}, False, id="done"),
        pytest.param(
            200,
            {"data": None, "errors": [{**AUTH, "path": ["processPayRun", "status"]}]},
            False,
            id="after it was done",
        ),
        pytest.param(200, {"errors": [AUTH, {"message": "busy"}]}, False, id="and something else"),
        pytest.param(502, {"errors": [AUTH]}, False, id="by a proxy"),
    ],
)
def test_an_action_is_sent_again_only_where_nothing_of_it_was_done(
    status: int, body: object, refused: bool
) -> None:
    assert refuses_the_login(Reply(status, {}, json.dumps(body).encode())) is refused


@pytest.mark.parametrize("body", [{"data": {"processPayRun": None}}, {}, [], {"data": {"other": True}}])
def test_a_reply_that_does_not_say_what_became_of_it_is_no_outcome(body: object) -> None:
    with pytest.raises(VendorProblem):
        outcome_of("processPayRun", Reply(200, {}, json.dumps(body).encode()), NOON)


def test_the_documents_deleting_is_done_and_a_no_is_refused() -> None:
    said = recorded("delete_pay_run")

    assert outcome_of("deletePayRun", Reply(200, {}, json.dumps(said).encode()), NOON) == Done()
    said["data"]["deletePayRun"] = False
    assert isinstance(outcome_of("deletePayRun", Reply(200, {}, json.dumps(said).encode()), NOON), Refused)


@pytest.mark.parametrize(
    ("told", "is_done"),
    [
        pytest.param({"status": "Finalised"}, False, id="not yet"),
        pytest.param({"status": "Processed", "processedAt": "2024-06-07T01:00:00.000Z"}, True, id="done"),
        pytest.param({"status": "Processed"}, True, id="by its status"),
        pytest.param({"processedAt": "2024-06-07T01:00:00.000Z"}, None, id="two stories"),
        pytest.param({"status": "Frozen"}, None, id="a word we do not know"),
    ],
)
def test_the_proof_of_a_run_marked_as_paid(told: dict[str, Any], is_done: bool | None) -> None:
    assert MARK_PROCESSED.is_done(read(**told), {}) is is_done


@pytest.mark.parametrize(
    ("shown", "differences"),
    [
        ("2024-06-07T01:00:00.000Z", 0),
        ("2024-06-07T01:00:00.999Z", 0),
        ("2024-06-07T01:00:01Z", 1),
        (None, 0),
    ],
)
def test_another_time_than_was_approved_is_told(shown: str | None, differences: int) -> None:
    assert MARK_PROCESSED.disagrees is not None
    said = MARK_PROCESSED.disagrees(
        read(status="Processed", processedAt=shown), {"processedAt": "2024-06-07T01:00:00Z"}
    )

    assert len(said) == differences


def settings(**more: object) -> RoublerSettings:
    own = {"client_id": "c", "client_secret": "s", "company_id": 999, "location_id": 7}
    return RoublerSettings.model_validate({"id": "r", "vendor": "roubler", "calendar": "c", **own, **more})


@pytest.mark.parametrize(
    ("told", "graphql", "authorize", "token"),
    [
        (
            {},
            "https://graphql.au.roubler.com/graphql",
            "https://oidc.roubler.com/oauth2/auth",
            "https://oidc.roubler.com/oauth2/token",
        ),
        (
            {"region": "eu", "environment": "staging"},
            "https://graphql.eu.staging.roubler.net/graphql",
            "https://oidc.staging.roubler.net/oauth2/auth",
            "https://oidc.staging.roubler.net/oauth2/token",
        ),
        (
            {"base_url": "https://a.test", "token_url": "https://b.test/o/token"},
            "https://a.test/graphql",
            "https://b.test/o/auth",
            "https://b.test/o/token",
        ),
    ],
)
def test_the_addresses_follow_from_region_and_environment(
    told: dict[str, str], graphql: str, authorize: str, token: str
) -> None:
    made = settings(**told)

    assert (made.graphql_address, made.authorize_address, made.token_address) == (graphql, authorize, token)
    assert (made.company_id, made.location_id) == ("999", "7")
