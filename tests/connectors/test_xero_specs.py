"""What the Xero connector sends and what the sandbox answers, held against Xero's OpenAPI files."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import structlog

from bot.connectors.client import open_session
from bot.connectors.xero import Xero
from bot.connectors.xero.actions import CREATE_NEXT_CALENDAR
from bot.core.action import Done, Refused

from .conftest import NOON, MemoryTokens, StillClock, Waits
from .specs import Exchange, Listening, Spec, spec
from .stand import Stand, stand

TENANT = "fe79f7dd-b6d4-4a92-ba7b-538af6289c58"
RUN = "e1e889e4-d574-4224-b4e7-d962346ae3a1"
SLIP = "382d1755-cbfe-4e5a-a5a9-27b9015d00c5"
WEEKLY = "b70ce0c1-c469-4ba6-b2b2-0ca7d24926fb"
NOWHERE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
async def heard(clock: StillClock) -> AsyncIterator[Listening]:
    logger: Any = structlog.wrap_logger(
        None, processors=[lambda *_: (_ for _ in ()).throw(structlog.DropEvent)]
    )
    async with open_session() as session:
        yield Listening(session, timeout_s=2, clock=clock, log=logger, sleep=Waits())


@pytest.fixture
async def xero(heard: Listening, tokens: MemoryTokens, clock: StillClock) -> AsyncIterator[Stand]:
    async with stand("xero", heard, tokens, clock, tenant_id=TENANT) as opened:
        yield opened


def payroll() -> Spec:
    """The file lacks the envelope, and spells the calendar's id in another way than the documents."""
    return spec(
        "xero-payroll-uk.payruns.yaml",
        base="/payroll.xro/2.0",
        beside=frozenset({"id", "providerName", "dateTimeUTC", "httpStatusCode"}),
        spelled={"payRollCalendarID": "payrollCalendarID"},
    )


def bare(one: Exchange) -> Exchange:
    """A problem as the file has it: not inside the envelope, and its status as text."""
    if one.status != 400 or not isinstance(one.answer, dict):
        return one
    problem = one.answer["problem"]
    return replace(one, answer={**problem, "status": str(problem["status"])})


async def everything(xero: Stand) -> None:
    """Each call of the connector once at least, those that are refused too."""
    connection = xero.connection
    assert isinstance(connection, Xero)
    api = connection._api
    listing = await connection.list(NOON)
    for row in listing.rows:
        await connection.read(row.kind, row.vendor_id, NOON, lines=True)
    await connection.check_access()
    await api.calendar(WEEKLY)
    await api.pay_slips(RUN)
    await api.pay_slip(SLIP)
    calendar = await connection.read("xero.calendar", WEEKLY, NOON, lines=True)
    request = CREATE_NEXT_CALENDAR.request(calendar)
    assert isinstance(await connection.act(CREATE_NEXT_CALENDAR.name, request, "k1"), Done)
    odd = {**request, "calendarType": "Monthly", "paymentDate": "soon"}
    assert isinstance(await connection.act(CREATE_NEXT_CALENDAR.name, odd, "k2"), Refused)


async def test_what_is_sent_and_what_the_sandbox_answers_is_as_the_file_says(
    xero: Stand, heard: Listening
) -> None:
    file = payroll()
    await everything(xero)
    wrong = [text for one in heard.exchanges for text in file.problems(bare(one))]

    assert [text for text in wrong if "soon" not in text] == []
    assert file.met == file.operations
    assert file.lacking == {"POST /connect/token", "GET /connections"}


async def test_a_request_that_is_wrong_is_seen(xero: Stand, heard: Listening) -> None:
    file = payroll()
    await everything(xero)
    asked = next(one for one in heard.exchanges if one.method == "POST" and one.path.endswith("Calendars"))

    assert file.problems(asked) == []
    for odd in (
        replace(asked, headers={}),
        replace(asked, body={**asked.body, "calendarType": "Daily"}),
        replace(asked, body={**asked.body, "paymentDate": "19/05/2017"}),
        replace(asked, body={**asked.body, "paymentdate": "2017-05-19"}),
        replace(asked, body={key: value for key, value in asked.body.items() if key != "name"}),
        replace(asked, answer={**asked.answer, "payRunCalendars": []}),
    ):
        assert len(file.problems(odd)) == 1


async def test_the_organisations_are_as_the_file_says(xero: Stand, heard: Listening) -> None:
    file = spec("xero-identity.yaml")
    await xero.connection.check_access()
    (one,) = [one for one in heard.exchanges if one.path == "/connections"]

    assert file.problems(replace(one, path="/Connections")) == []
    assert file.met == {"GET /Connections"}
