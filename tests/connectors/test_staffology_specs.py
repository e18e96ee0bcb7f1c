"""What the Staffology connector sends and what the sandbox answers, held against its OpenAPI file."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import structlog

from bot.connectors.client import open_session
from bot.connectors.staffology import Staffology
from bot.connectors.staffology.actions import EMAIL_PAYSLIPS, FINALISE_PAYRUN, START_NEXT_PAYRUN
from bot.connectors.staffology.address import RunAddress
from bot.connectors.staffology.writes import state_change
from bot.core.action import Action, Done
from bot.sandbox.staffology.server import ACME

from .conftest import NOON, MemoryTokens, StillClock, Waits
from .specs import Listening, spec
from .stand import Stand, stand

FILE = "staffology.payruns.json"
MONTH_8 = RunAddress("Year2026", "Monthly", 8, 1, 0)
MONTH_9 = replace(MONTH_8, period=9)

E = "/employers/{employerId}"
P = f"{E}/payrun/{{taxYear}}/{{payPeriod}}"
N = f"{P}/{{periodNumber}}"
LATER = f"{E}/payrun-async/{{taxYear}}/{{payPeriod}}"
HOOKS = f"{E}/webhooks"
NAMED = {
    *(f"{method} {P}" for method in ("GET", "POST")),
    *(f"{method} {N}" for method in ("GET", "PUT", "DELETE")),
    *(f"GET {N}/{part}" for part in ("{id}", "journal", "warnings", "stateHistory", "events", "changes")),
    *(f"POST {N}/{part}" for part in ("email", "paymentdate", "recalculatepayrunentries")),
    *(f"{method} {LATER}/{{periodNumber}}" for method in ("PUT", "DELETE")),
    *(f"{method} {HOOKS}/{{id}}" for method in ("GET", "PUT", "DELETE")),
    *(f"{method} {HOOKS}" for method in ("GET", "POST")),
    *(f"GET {HOOKS}/{part}" for part in ("{id}/payloads", "{id}/payloads/{payloadId}")),
    *(f"{method} /employers/{{id}}/automation" for method in ("GET", "PUT")),
    *(f"GET {path}" for path in ("/employers", "/employers/{id}", "/jobs", "/jobs/{jobId}")),
    f"GET {E}/payrun/check-if-fps-late-reason-applicable",
    f"GET {E}/schedules/{{taxYear}}/{{payPeriod}}/{{ordinal}}/periods",
    f"GET {HOOKS}/samples/{{webhookEvent}}",
    f"POST {E}/payrun/{{payPeriod}}/importpay",
    f"POST {E}/payrun-async/{{payPeriod}}/importpay",
    f"POST {LATER}",
    f"POST {P}/supplementary",
    "GET /jobs/{jobId}/errors",
}
"""The calls about pay runs that the vendor's documents are known for. The file has others."""


@pytest.fixture
async def heard(clock: StillClock) -> AsyncIterator[Listening]:
    logger: Any = structlog.wrap_logger(
        None, processors=[lambda *_: (_ for _ in ()).throw(structlog.DropEvent)]
    )
    async with open_session() as session:
        yield Listening(session, timeout_s=2, clock=clock, log=logger, sleep=Waits())


@pytest.fixture
async def acme(heard: Listening, tokens: MemoryTokens, clock: StillClock) -> AsyncIterator[Stand]:
    async with stand("staffology", heard, tokens, clock) as opened:
        yield opened


def connection_of(acme: Stand) -> Staffology:
    assert isinstance(acme.connection, Staffology)
    return acme.connection


async def done(connection: Staffology, action: Action, run: RunAddress) -> None:
    """An action as the engine takes it, from its request to its proof."""
    before = await connection.read("staffology.payrun", str(run), NOON, lines=True)
    request = action.request(before)
    assert await connection.act(action.name, request, "k") == Done()
    after = await connection.read("staffology.payrun", str(run), NOON, lines=True)
    assert action.is_done(after, request) is True


async def everything(acme: Stand) -> None:
    """Each call of the client once at least."""
    connection = connection_of(acme)
    api = connection.api
    vendor = acme.vendor
    vendor.set_warnings(ACME, str(MONTH_8), "Rory Walsh", ["MissingBankDetails"])
    vendor.set_event(ACME, str(MONTH_8), "Approval", date(2026, 11, 18), is_late=True)
    await connection.check_access()
    await connection.register_hooks("https://payrun.example.com")
    for row in (await connection.list(NOON)).rows:
        await connection.read(row.kind, row.vendor_id, NOON, lines=True)
    await api.employers()
    await api.schedules("Year2026")
    await api.periods(MONTH_8.schedule)
    await api.events(MONTH_8)
    await api.change_automation({"autoPilotOffset": 2})
    await api.import_pay(MONTH_8.schedule, [{"payrollCode": "1", "payAmount": 2500}], only_check=True)
    await api.import_pay(MONTH_8.schedule, [{"payrollCode": "1", "payAmount": 2500}], only_check=False)
    await api.changes(MONTH_8)
    await api.recalculate(MONTH_8, [one.id for one in await api.entries(MONTH_8)])
    await api.change_payment_date(MONTH_8, date(2026, 11, 26))
    await done(connection, FINALISE_PAYRUN, MONTH_8)
    await done(connection, EMAIL_PAYSLIPS, MONTH_8)
    await api.journal(MONTH_8)
    await done(connection, START_NEXT_PAYRUN, MONTH_8)
    await api.delete(MONTH_9)
    people = [one.id for one in vendor.state[ACME].people][:2]
    await api.start_supplementary(MONTH_8.schedule, "Late bonus", people, date(2026, 11, 30))
    second = replace(MONTH_8, version=1)
    assert (await api.run(second)).address == second
    await api.delete(second)
    await api.change_state(MONTH_8, state_change("Open", "Other", "One day was missing"), {})
    await api.import_pay_later(MONTH_8.schedule, [{"payrollCode": "1", "payAmount": 2400}])
    await api.change_state_later(MONTH_8, state_change("Finalised"), {})
    await api.start_next_later(MONTH_8.schedule)
    await api.delete_later(MONTH_9)
    for job in await api.jobs(ACME):
        await api.job(job.id)
        await api.job_errors(job.id)
    hook = (await api.webhooks())[0]
    vendor.state[ACME].webhooks[hook.id]["active"] = False
    await connection.register_hooks("https://payrun.example.com")
    vendor.tell(vendor.state[ACME], "Payrun_StateChanged", max(vendor.state[ACME].runs))
    for payload_id in await api.payload_ids(hook.id):
        await api.payload(hook.id, payload_id)
    await api.sample("Payrun_StateChanged")
    await connection.unregister_hooks("https://payrun.example.com")


async def test_what_is_sent_and_what_the_sandbox_answers_is_as_the_file_says(
    acme: Stand, heard: Listening
) -> None:
    file = spec(FILE)
    await everything(acme)
    wrong = {text for one in heard.exchanges for text in file.problems(one)}

    assert sorted(wrong) == []
    assert file.lacking == set()
    assert file.operations >= NAMED
    assert NAMED - file.met == set()


async def test_a_request_or_a_reply_that_is_wrong_is_seen(acme: Stand, heard: Listening) -> None:
    file = spec(FILE)
    await connection_of(acme).api.change_state(MONTH_8, state_change("Finalised"), {})
    asked = heard.exchanges[-1]

    assert file.problems(asked) == []
    for odd in (
        replace(asked, query={**asked.query, "sendPayslipEmail": "true"}),
        replace(asked, query={**asked.query, "fpsLateReason": "Holiday"}),
        replace(asked, body={"state": "Closed"}),
        replace(asked, body={"State": "Finalised"}),
        replace(asked, answer={**asked.answer, "state": "Closed"}),
        replace(asked, answer={**asked.answer, "closed": True}),
    ):
        assert len(file.problems(odd)) == 1
