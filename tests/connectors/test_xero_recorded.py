"""The replies that Xero's documents and its OpenAPI file show, served as they are and read."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from bot.connectors.client import Reply
from bot.connectors.problem import Gone, VendorProblem
from bot.connectors.xero.api import XeroApi, XeroSettings
from bot.connectors.xero.models import problem_of, reply_id, told
from bot.core.money import Money
from bot.core.resource import Known, Unread

from .conftest import NOON
from .test_xero import RECORDED, recorded, resources

SETTINGS = XeroSettings.model_validate(
    {"id": "xero-uk", "vendor": "xero", "calendar": "c", "client_id": "c", "client_secret": "s"}
)


class Served(XeroApi):
    """Answers each path with one recorded reply."""

    def __init__(self, **files: str) -> None:
        self._base = "https://api.xero.com/payroll.xro/2.0"
        self._files = files

    async def _read(self, url: str, route: str, params: Mapping[str, str]) -> Reply:
        name = self._files[route.partition("/")[0]]
        reply = recorded(name, 404 if name.endswith(("not_there", "the_end")) else 200)
        if reply.status == 404:
            raise Gone(f"answered 404 to {route}: {told(reply)}")
        return reply


async def test_the_documents_list_of_pay_runs_is_read_whole() -> None:
    runs = await Served(PayRuns="pay_runs").pay_runs()

    assert [run.payrun_status for run in runs] == ["Draft", "Posted", "Draft", "Posted", "Posted", "Posted"]
    assert sorted(str(run.total_cost) for run in runs)[:2] == ["0", "2024.97"]


async def test_the_documents_pay_run_adds_up_with_its_reimbursement() -> None:
    run = await Served(PayRuns="pay_run").pay_run("e1e889e4")
    snapshot = resources.run_snapshot("xero-uk", run, "GBP", NOON)

    assert snapshot.values["header pay"] == Known(Money.of("266.72", "GBP"))
    assert snapshot.values["reimbursements"] == Known(Money.of("12", "GBP"))
    assert snapshot.values["net pay"] == Known(Money.of("278.72", "GBP"))
    assert "Jack" not in repr(run) + repr(snapshot)


async def test_the_pay_run_of_the_openapi_file_lacks_some_and_says_so() -> None:
    run = await Served(PayRuns="openapi_pay_run").pay_run("e0a59d82")
    snapshot = resources.run_snapshot("xero-uk", run, "GBP", NOON)

    assert snapshot.values["net pay"] == Known(Money.of("386.54", "GBP"))
    assert snapshot.values["not paid electronically"] == Unread("one pay slip does not say how it is paid")
    assert snapshot.notes == ()


@pytest.mark.parametrize(("name", "count"), [("calendars", 2), ("openapi_calendars", 3)])
async def test_calendars_are_read_in_both_spellings(name: str, count: int) -> None:
    found = await Served(PayRunCalendars=name).calendars()

    assert len({one.payroll_calendar_id for one in found}) == count


async def test_single_ones_are_read() -> None:
    calendar = await Served(PayRunCalendars="calendar").calendar("b70ce0c1")
    slip = await Served(Payslips="openapi_pay_slip").pay_slip("ed3fb9b3")
    slips = await Served(Payslips="openapi_pay_slips").pay_slips("e0a59d82")
    (organisation,) = await Served(connections="connections").organisations()

    assert calendar.name == "Weekly Calendar"
    assert [str(line.amount) for line in slip.employee_tax_lines or ()] == ["48.6", "38.25"]
    assert [str(line.amount) for line in slip.payment_lines or ()] == ["384.3"]
    assert [one.payslip_id for one in slips] == [slip.payslip_id]
    assert organisation.tenant_name == "Demo Company (NZ)"


async def test_no_name_and_no_bank_account_of_a_pay_slip_is_kept() -> None:
    text = (RECORDED / "openapi_pay_slip.json").read_text()
    told_of = json.loads(text)["paySlip"]
    slip = await Served(Payslips="openapi_pay_slip").pay_slip("ed3fb9b3")

    assert {"accountNumber", "sortCode", "accountName"} <= set(told_of["paymentLines"][0])
    assert not {"account_number", "sort_code", "account_name", "first_name"} & set(slip.model_dump())
    assert told_of["lastName"] not in repr(slip)


@pytest.mark.parametrize("name", ["pay_run_not_there", "calendar_not_there"])
async def test_what_is_not_there_is_gone(name: str) -> None:
    with pytest.raises(Gone, match="Resource was not found"):
        await Served(PayRuns=name).pay_run("e1e889e4")


async def test_a_page_past_the_end_is_the_end() -> None:
    page = await Served(PayRuns="page_past_the_end").pay_run_page(100)

    assert (dict(page.rows), page.is_last) == ({}, True)


@pytest.mark.parametrize("said", ["Resource was not found", "Not Found", "The page was not found"])
async def test_a_first_page_that_is_not_there_is_an_empty_list_in_xeros_own_words_alone(said: str) -> None:
    """Any server says "not found" of a wrong address, and that is no organisation without pay runs."""

    class Empty(Served):
        async def _read(self, url: str, route: str, params: Mapping[str, str]) -> Reply:
            raise Gone(f"answered 404 to {route}: {said}")

    if said.startswith("Resource"):
        assert await Empty().pay_runs() == []
    else:
        with pytest.raises(VendorProblem, match=said):
            await Empty().pay_runs()


@pytest.mark.parametrize(
    ("name", "sentence", "its_id"),
    [
        (
            "calendar_refused",
            "CalendarType: The calendar type is required; paymentDate: The First Payment Date is required.",
            "712286a1-30bd-fe5a-72d6-d0fbf7035b7a",
        ),
        ("problem_bare", "DateOfBirth: The Date of Birth is required.", "string"),
        ("unauthorised", "AuthorizationUnsuccessful", "4a4a9e5c-0d8f-4d4a-9b0e-5d6c1f1d2a11"),
    ],
)
def test_an_error_is_read_in_each_of_its_shapes(name: str, sentence: str, its_id: str) -> None:
    reply = recorded(name, 400)

    assert (problem_of(reply).sentence(), reply_id(reply)) == (sentence, its_id)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'"no"', b"<html>", b'{"id": 7, "problem": 3}', b'{"id": null}']
)
def test_an_error_without_words_is_none_and_raises_nothing(body: bytes) -> None:
    reply = Reply(400, {}, body)

    assert (told(reply), reply_id(reply)) == ("", "")


async def test_a_list_of_another_shape_is_a_problem() -> None:
    class Odd(Served):
        async def _read(self, url: str, route: str, params: Mapping[str, str]) -> Reply:
            return Reply(200, {}, b'{"payRuns": [{"payRunID": null}], "connections": {}}')

    odd: Any = Odd()
    for call in (odd.pay_runs(), odd.calendars(), odd.organisations()):
        with pytest.raises(VendorProblem):
            await call
