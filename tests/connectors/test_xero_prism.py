"""The connector at a server that another project makes of Xero's OpenAPI file: prism.

It remembers nothing and answers with the file's examples, but it refuses what the file
does not allow.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import structlog
from structlog.testing import LogCapture

from bot.connectors.client import VendorClient, open_session
from bot.connectors.xero import Xero
from bot.connectors.xero.actions import CREATE_NEXT_CALENDAR
from bot.core.action import Done, Refused
from bot.core.money import Money
from bot.core.resource import Known

from .conftest import NOON, MemoryTokens, StillClock
from .prism import prism_of
from .stand import Stand, stand

RUN = "e0a59d82-6229-4be4-9d66-49891b4d933e"
WEEKLY = "216d80e6-af55-47b1-b718-9457c3f5d2fe"
SLIP = "ed3fb9b3-e9a1-44fa-a224-8be49facbbe8"


@pytest.fixture
async def prism() -> AsyncIterator[str]:
    async with prism_of("xero-payroll-uk.payruns.yaml") as url:
        yield url


@pytest.fixture
async def patient(clock: StillClock, log: LogCapture) -> AsyncIterator[VendorClient]:
    """Prism takes its time on a machine that does other things too."""
    logger: Any = structlog.wrap_logger(None, processors=[log])
    async with open_session() as session:
        yield VendorClient(session, timeout_s=30, clock=clock, log=logger)


@pytest.fixture
async def at(
    prism: str, patient: VendorClient, tokens: MemoryTokens, clock: StillClock
) -> AsyncIterator[Stand]:
    """The token comes from the sandbox: the file has no token endpoint. Its paths begin at the root."""
    async with stand("xero", patient, tokens, clock, base_url=f"{prism}//") as opened:
        yield opened


async def test_the_connector_reads_and_writes_at_what_prism_makes_of_the_file(at: Stand) -> None:
    """In one test, because prism takes seconds to start."""
    connection = at.connection
    assert isinstance(connection, Xero)
    api = connection._api

    listing = await connection.list(NOON)
    run = await connection.read("xero.payrun", RUN, NOON, lines=True)
    calendar = await connection.read("xero.calendar", WEEKLY, NOON, lines=True)
    single = await api.calendar(WEEKLY)
    slip, slips = await api.pay_slip(SLIP), await api.pay_slips(RUN)
    request = CREATE_NEXT_CALENDAR.request(calendar)
    made = await connection.act(CREATE_NEXT_CALENDAR.name, request, "k1")
    odd = await connection.act(CREATE_NEXT_CALENDAR.name, {**request, "calendarType": "Daily"}, "k2")

    assert len([row for row in listing.rows if row.kind == "xero.calendar"]) == 3
    assert RUN in [row.vendor_id for row in listing.rows if row.is_live]
    assert run.values["net pay"] == Known(Money.of("386.54", "GBP"))
    assert calendar.values["name"] == Known("Weekly")
    assert single.payroll_calendar_id == WEEKLY
    assert [slip.payslip_id] == [one.payslip_id for one in slips]
    assert made == Done()
    assert isinstance(odd, Refused)
    assert odd.detail.startswith("400 DateOfBirth: The Date of Birth is required.")
