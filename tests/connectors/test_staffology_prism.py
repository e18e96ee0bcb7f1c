"""The connector at a server that another project makes of Staffology's OpenAPI file: prism.

It refuses what the file does not allow, and answers with the smallest number of each type:
-1.8e308 where an amount is meant. Such a reply is a problem in words, and never an amount.
"""

from collections.abc import AsyncIterator, Awaitable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import structlog
from structlog.testing import LogCapture

from bot.connectors.client import Reply, VendorClient, open_session
from bot.connectors.problem import VendorProblem
from bot.connectors.staffology.address import RunAddress
from bot.connectors.staffology.api import StaffologyApi, StaffologySettings
from bot.connectors.staffology.writes import state_change

from .conftest import StillClock
from .prism import prism_of

ID = "b3ff1e8e-5d36-4f2d-9b6e-0d7a2a1c9f10"
RUN = RunAddress("Year2026", "Monthly", 8, 1, 0)
PAY = [{"payrollCode": "1", "payAmount": 2500}]


class Statuses(VendorClient):
    """The client, which also keeps how each of its requests was answered."""

    seen: list[tuple[str, int]]

    async def call(self, connection: str, method: str, url: str, **how: Any) -> Reply:
        reply = await super().call(connection, method, url, **how)
        self.seen.append((f"{method} {how['route']}", reply.status))
        return reply


@pytest.fixture
async def client(clock: StillClock, log: LogCapture) -> AsyncIterator[Statuses]:
    """Prism takes its time on a machine that does other things too."""
    logger: Any = structlog.wrap_logger(None, processors=[log])
    async with open_session() as session:
        made = Statuses(session, timeout_s=30, clock=clock, log=logger)
        made.seen = []
        yield made


async def outcome(one: Awaitable[object]) -> object:
    """What came back, or the problem in words; anything else is a failure of ours."""
    try:
        return await one
    except VendorProblem as problem:
        return problem


async def test_prism_takes_every_request_and_no_reply_of_its_breaks_a_reading(client: Statuses) -> None:
    """In one test, because prism takes seconds to start."""
    async with prism_of("staffology.payruns.json") as url:
        settings = StaffologySettings.model_validate(
            {
                "id": "s",
                "vendor": "staffology",
                "calendar": "c",
                "base_url": url,
                "api_key": "k",
                "employer_id": ID,
            }
        )
        api = StaffologyApi(settings, client)
        at, hook = RUN.schedule, {"url": "https://payrun.example.com/x", "webhookEvent": "JobCompleted"}
        read = [
            await outcome(one)
            for one in (
                *(
                    api.employers(),
                    api.employer(),
                    api.automation(),
                    api.schedules(),
                    api.schedules("Year2026"),
                ),
                *(api.schedule(at), api.periods(at), api.period(RUN), api.runs_of(at), api.run(RUN)),
                *(api.warnings(RUN), api.state_history(RUN), api.events(RUN), api.changes(RUN)),
                *(api.journal(RUN), api.is_fps_late(RUN), api.jobs(ID), api.job(ID), api.job_errors(ID)),
                *(api.webhooks(), api.payload_ids(ID), api.payload(ID, ID), api.sample("Payrun_Finalised")),
            )
        ]
        for one in (
            api.start_next(at),
            api.start_supplementary(at, "Bonus", [ID], date(2026, 11, 30)),
            api.change_state(RUN, state_change("Open", "Other", "One day was missing"), {}),
            api.change_state(RUN, state_change("Finalised"), {"sendPayslipEmails": "false"}),
            api.delete(RUN),
            api.email_payslips(replace(RUN, version=1), ID),
            api.change_payment_date(RUN, date(2026, 11, 26)),
            api.recalculate(RUN, [ID]),
            api.import_pay(at, PAY, only_check=True),
            api.start_next_later(at),
            api.change_state_later(RUN, state_change("Finalised"), {}),
            api.delete_later(RUN),
            api.import_pay_later(at, PAY),
            api.change_automation({"enableAutoOpen": True}),
        ):
            await one
        await api.change_webhook("POST", None, {**hook, "active": True})
        await api.change_webhook("PUT", ID, {**hook, "active": True})
        await api.change_webhook("DELETE", ID, None)
        accepted = [one for one in client.seen if not 200 <= one[1] < 300]
        odd = await api.change_state(RUN, {"state": "Closed"}, {})

    assert accepted == []
    assert sum(not isinstance(one, VendorProblem) for one in read) >= 14
    assert 400 <= odd.status < 500
