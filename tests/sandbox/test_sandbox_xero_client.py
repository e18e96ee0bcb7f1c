"""Xero's own Python client at the sandbox: it knows nothing of payrunbot, and is strict about replies."""

import asyncio
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bot.sandbox import Xero

TENANT = "fe79f7dd-b6d4-4a92-ba7b-538af6289c58"

pytest.importorskip("xero_python", reason="xero-python is not installed")
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
async def xero(started):
    return await started(Xero, examples=True)


async def with_client(xero: Xero, use: Callable[[Any, Any], Any]) -> Any:
    """Log in as an app of one organisation does, and use the two APIs, in a thread of its own."""
    from xero_python.api_client import ApiClient
    from xero_python.api_client.configuration import Configuration
    from xero_python.api_client.oauth2 import OAuth2Token, TokenApi
    from xero_python.identity import IdentityApi
    from xero_python.payrolluk import PayrollUkApi

    def in_thread() -> Any:
        kept: dict[str, Any] = {}
        client = ApiClient(
            Configuration(oauth2_token=OAuth2Token(client_id="c1", client_secret="s1")),
            oauth2_token_getter=lambda: kept,
            oauth2_token_saver=kept.update,
        )
        asked = TokenApi(client, "c1", "s1")
        asked.client_credentials_token_url = xero.token_url
        kept.update(asked.get_client_credentials_token(False))
        return use(PayrollUkApi(client, base_url=xero.base_url), IdentityApi(client, base_url=xero.root_url))

    return await asyncio.to_thread(in_thread)


async def test_it_finds_the_organisation(xero):
    (found,) = await with_client(xero, lambda payroll, identity: identity.get_connections())

    assert (str(found.tenant_id), found.tenant_name) == (TENANT, "Demo Company (UK)")


async def test_it_lists_gets_and_creates_calendars(xero):
    from xero_python.payrolluk import PayRunCalendar

    wanted = PayRunCalendar(
        name="Monthly",
        calendar_type="Monthly",
        period_start_date=date(2026, 12, 1),
        payment_date=date(2026, 12, 31),
    )

    def use(payroll, identity):
        before = payroll.get_pay_run_calendars(TENANT, page=1).pay_run_calendars
        made = payroll.create_pay_run_calendar(TENANT, wanted, idempotency_key="k1").pay_run_calendar
        again = payroll.create_pay_run_calendar(TENANT, wanted, idempotency_key="k1").pay_run_calendar
        after = payroll.get_pay_run_calendars(TENANT, page=1).pay_run_calendars
        return before, made, again, after

    before, made, again, after = await with_client(xero, use)

    assert [one.name for one in before] == ["Weekly Calendar", "Fortnightly Calendar"]
    assert (made.name, made.calendar_type, str(made.period_end_date)[:10]) == (
        "Monthly",
        "Monthly",
        "2026-12-31",
    )
    assert again.name == made.name
    assert [one.name for one in after] == [*(one.name for one in before), "Monthly"]
    assert len(xero.ledger.effects("create_calendar")) == 1


async def test_it_reads_pay_runs_and_pay_slips(xero):
    run_id, slip_id = "e1e889e4-d574-4224-b4e7-d962346ae3a1", "382d1755-cbfe-4e5a-a5a9-27b9015d00c5"

    def use(payroll, identity):
        drafts = payroll.get_pay_runs(TENANT, page=1, status="Draft").pay_runs
        run = payroll.get_pay_run(TENANT, run_id).pay_run
        slips = payroll.get_pay_slips(TENANT, run_id, page=1).pay_slips
        return drafts, run, slips, payroll.get_pay_slip(TENANT, slip_id).pay_slip

    drafts, run, slips, slip = await with_client(xero, use)

    assert [one.pay_run_status for one in drafts] == ["Draft", "Draft"]
    assert (run.total_pay, run.pay_slips[0].total_pay) == (Decimal("266.72"), Decimal("278.72"))
    assert [one.pay_slip_id for one in slips] == [slip.pay_slip_id] == [slip_id]
    assert slip.payment_lines[0].amount == Decimal("278.72")


async def test_it_is_told_field_by_field_what_is_wrong(xero):
    from xero_python.exceptions import HTTPStatusException
    from xero_python.payrolluk import PayRunCalendar

    wrong = PayRunCalendar(
        name="Monthly",
        calendar_type="Monthly",
        period_start_date=date(2026, 12, 1),
        payment_date=date(2026, 12, 31),
    )
    wrong._name = ""

    with pytest.raises(HTTPStatusException) as caught:
        await with_client(xero, lambda payroll, identity: payroll.create_pay_run_calendar(TENANT, wrong))

    assert caught.value.status == 400
    assert "The name is required." in str(caught.value)
