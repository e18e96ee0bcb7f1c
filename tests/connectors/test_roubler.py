from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot.connectors.client import Reply
from bot.connectors.problem import Gone, Unauthorised, VendorProblem
from bot.connectors.roubler import resources
from bot.connectors.roubler.api import PayRun, data_of
from bot.core.money import Money
from bot.core.resource import MISSING, Known, Line, Snapshot, Unread

from .conftest import NOON

RUN: dict[str, Any] = {
    "id": "38",
    "name": "May 2024 - Fortnight 2",
    "startDate": "2024-05-20",
    "endDate": "2024-06-02",
    "status": "Finalised",
    "createdAt": "2024-06-06T04:53:26.177Z",
    "finalisedAt": "2024-06-06T05:00:17.747Z",
    "finalisedBy": {"fullName": "canary"},
    "errors": [],
    "payItems": [
        {"employee": {"id": "72908", "fullName": "canary"}, "payType": {"id": "790"}, "amount": 475959},
        {"employee": {"id": "72909", "fullName": "canary"}, "payType": {"id": "788"}, "amount": 2200},
    ],
    "timesheets": [{"id": "4518861", "status": "payrolled"}, {"id": "4518849", "status": "payrolled"}],
}


def read(unit: str = "cents", **more: object) -> Snapshot:
    return resources.snapshot("roubler-au", PayRun.model_validate({**RUN, **more}), "AUD", unit, NOON)


def test_the_documents_pay_run_is_read_as_written() -> None:
    snapshot = read()

    assert dict(snapshot.values) == {
        "status": Known("finalised"),
        "period start": Known(date(2024, 5, 20)),
        "period end": Known(date(2024, 6, 2)),
        "opened at": Known(datetime(2024, 6, 6, 4, 53, 26, 177000, UTC)),
        "finalised at": Known(datetime(2024, 6, 6, 5, 0, 17, 747000, UTC)),
        "processed at": MISSING,
        "errors": Known(0),
        "pay items": Known(2),
        "timesheets": Known(2),
        "net pay": Known(Money.of("4781.59", "AUD")),
        "payees": Known(2),
    }
    assert "canary" not in repr(snapshot)


def test_the_unit_of_money_is_a_setting() -> None:
    assert read("units").values["net pay"] == Known(Money.of("478159", "AUD"))


def test_the_items_of_one_person_are_one_line() -> None:
    items = [*RUN["payItems"], {"employee": {"id": "72909"}, "amount": 100}]

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


def test_a_run_without_its_items_has_no_known_net_pay() -> None:
    snapshot = read(payItems=None, errors=None)

    assert snapshot.lines is None
    assert isinstance(snapshot.values["net pay"], Unread)
    assert isinstance(snapshot.values["errors"], Unread)


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
        pytest.param(b'{"data": null}', VendorProblem, id="nothing"),
        pytest.param(b"[]", VendorProblem, id="no object"),
        pytest.param(b"<html>", VendorProblem, id="a web page"),
    ],
)
def test_an_answer_with_errors_is_not_read_as_data(body: bytes, raised: type[Exception]) -> None:
    with pytest.raises(raised):
        data_of("payRun", Reply(200, {}, body))


def test_the_run_s_own_errors_are_data() -> None:
    assert data_of("payRun", Reply(200, {}, b'{"data": {"payRun": {"errors": [{"message": "x"}]}}}'))
