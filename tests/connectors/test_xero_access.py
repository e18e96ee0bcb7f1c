"""What `doctor` is told of a Xero connection: by reading only, and never by an exception."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.connectors.client import VendorClient

from .conftest import MemoryTokens, StillClock
from .stand import SECRET, Stand, stand

TENANT = "fe79f7dd-b6d4-4a92-ba7b-538af6289c58"
WHAT = ["login", "organisation", "pay runs", "calendars", "creating calendars"]


@pytest.fixture
async def xero(client: VendorClient, tokens: MemoryTokens, clock: StillClock) -> AsyncIterator[Stand]:
    async with stand("xero", client, tokens, clock, tenant_id=TENANT) as opened:
        yield opened


async def test_all_is_well(xero: Stand) -> None:
    found = await xero.connection.check_access()

    assert [(one.what, one.ok, one.said) for one in found] == [
        ("login", True, "scopes payroll.payruns.read payroll.payslip.read payroll.settings"),
        ("organisation", True, "Demo Company (UK)"),
        ("pay runs", True, "6 pay runs"),
        ("calendars", True, "2 calendars"),
        ("creating calendars", True, "scope payroll.settings"),
    ]
    assert not xero.vendor.ledger.effects("create_calendar")


@pytest.mark.parametrize(
    ("scopes", "ok"),
    [
        ("payroll.payruns.read payroll.settings.read", [True, True, True, True, None]),
        ("payroll.payruns payroll.payslip", [True, True, True, False, None]),
        ("payroll.settings", [True, True, False, True, True]),
    ],
)
async def test_what_a_scope_is_lacking_for_is_said(xero: Stand, scopes: str, ok: list[bool | None]) -> None:
    xero.vendor.scopes = scopes
    found = await xero.connection.check_access()

    assert [one.ok for one in found] == ok
    assert all("scope payroll." in one.mend for one in found if not one.ok)


async def test_a_set_up_that_only_reads_is_nothing_wrong(xero: Stand) -> None:
    xero.vendor.scopes = "payroll.payruns.read payroll.settings.read"
    creating = (await xero.connection.check_access())[-1]

    assert (creating.ok, creating.said) == (None, "no: the scope payroll.settings was not given")
    assert creating.mend.startswith("Needed only where a rule creates calendars.")


async def test_scopes_that_are_not_named_are_not_known(xero: Stand) -> None:
    xero.vendor.faults.add("body", "token", times=None, text='{"access_token": "t", "expires_in": 1800}')
    found = await xero.connection.check_access()

    assert (found[0].ok, found[0].said) == (True, "Xero does not name its scopes")
    assert found[-1].ok is None


@pytest.mark.parametrize(
    ("organisations", "tenant", "ok", "said"),
    [
        (1, TENANT.upper(), True, "Demo Company (UK)"),
        (
            1,
            "t1",
            False,
            f"tenant_id is none of those that the credentials reach: Demo Company (UK) ({TENANT})",
        ),
        (1, None, True, f"Demo Company (UK) ({TENANT})"),
        (0, None, False, "the credentials reach 0: none"),
        (2, None, False, f"the credentials reach 2: Demo Company (UK) ({TENANT}), Another ({TENANT[:-1]}9)"),
    ],
)
async def test_the_organisation_is_one_that_the_credentials_reach(
    client: VendorClient,
    tokens: MemoryTokens,
    clock: StillClock,
    organisations: int,
    tenant: str | None,
    ok: bool,
    said: str,
) -> None:
    async with stand("xero", client, tokens, clock, tenant_id=tenant) as xero:
        other = {"tenantId": f"{TENANT[:-1]}9", "tenantName": "Another"}
        xero.vendor.organisations = [*xero.vendor.organisations, other][:organisations]
        found = await xero.connection.check_access()

    assert (found[1].ok, found[1].said) == (ok, said)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "code": 500},
        {"kind": "status", "code": 403},
        {"kind": "rate_limit", "limit": "day"},
        {"kind": "html"},
        {"kind": "drop_before"},
        {"kind": "expired_token"},
    ],
    ids=lambda fault: str(fault["kind"]),
)
@pytest.mark.parametrize("call", ["*", "token", "GET /connections", "GET /PayRuns", "GET /PayRunCalendars"])
async def test_whatever_fails_is_said_and_nothing_is_raised(
    xero: Stand, fault: dict[str, Any], call: str
) -> None:
    xero.vendor.faults.add(call=call, times=None, **fault)
    found = await xero.connection.check_access()

    assert [one.what for one in found] in (WHAT, WHAT[:1])
    assert any(one.ok is False and one.said and one.mend for one in found) or fault["kind"] == "expired_token"
    assert SECRET not in repr(found)


async def test_without_a_tenant_no_tenant_is_sent_and_the_deed_is_named_by_the_connection(
    client: VendorClient, tokens: MemoryTokens, clock: StillClock
) -> None:
    async with stand("xero", client, tokens, clock, tenant_id=None) as xero:
        weekly = "b70ce0c1-c469-4ba6-b2b2-0ca7d24926fb"
        snapshot = await xero.connection.read("xero.calendar", weekly, clock.now(), lines=True)
        key = xero.connector.actions["xero.create_next_calendar"].key(snapshot, 1)

    assert key == "xero.create_next_calendar:xero-x:Weekly:2017-05-19"
