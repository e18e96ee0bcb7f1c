"""A connection to a sandbox vendor that starts with its documents' examples, secrets marked."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from bot.connectors import Connection, ConnectionSettings, Connector, connectors
from bot.connectors.client import VendorClient
from bot.sandbox import VENDORS, Gigapay, Staffology, Vendor
from bot.sandbox.staffology.server import ACME

from .conftest import MemoryTokens, StillClock

SECRET = "canary"
"""In every secret of every connection: where it is seen, one has leaked."""

HOOK = "canary-hook-0123456789abcdef"
OWN: dict[str, dict[str, Any]] = {
    "gigapay": {"token": "canary-token", "integration_id": "i1", "webhook_secret": HOOK},
    "xero": {"client_id": "c1", "client_secret": "canary-client", "tenant_id": "t1"},
    "staffology": {"api_key": "canary-key", "employer_id": ACME, "webhook_token": HOOK},
    "roubler": {
        "client_id": "c1",
        "client_secret": "canary-client",
        "company_id": 999,
        "refresh_token": "canary-refresh",
    },
}

ACTED: dict[str, Callable[[Any], tuple[str, dict[str, str], str]]] = {
    "gigapay": lambda vendor: (
        "gigapay.close_payrun",
        {"payrun": vendor.add_payout("1041", "2150.00")["payrun"]},
        "close",
    ),
    "xero": lambda vendor: (
        "xero.create_next_calendar",
        {"name": "W", "calendarType": "Weekly", "periodStartDate": "2017-05-19", "paymentDate": "2017-05-26"},
        "create_calendar",
    ),
    "roubler": lambda vendor: (
        "roubler.mark_processed",
        {"run": "38", "processedAt": "2024-06-07T00:00:00Z"},
        "process_pay_run",
    ),
    "staffology": lambda vendor: (
        "staffology.finalise_payrun",
        {"run": "Year2026-Monthly-8-1-0", "state": "Finalised", "sendPayslipEmails": "false"},
        "change_state",
    ),
}
"""For a vendor with actions: one that would succeed, and what the sandbox calls it."""


@dataclass
class Stand:
    vendor: Any
    connector: Connector
    settings: ConnectionSettings
    connection: Connection


@asynccontextmanager
async def stand(
    name: str, client: VendorClient, tokens: MemoryTokens, clock: StillClock, **more: object
) -> AsyncIterator[Stand]:
    vendor: Vendor[Any] = VENDORS[name](clock, examples=True)
    if isinstance(vendor, Staffology):
        vendor.seed_history(date(2026, 5, 1))
    if isinstance(vendor, Gigapay):
        vendor.tells_status = True  # so that every event which is asked for is taken
    await vendor.start()
    connector = connectors()[name]
    told = {
        "id": f"{name}-x",
        "vendor": name,
        "calendar": "c",
        "base_url": vendor.root_url,
        **OWN[name],
        **more,
    }
    if vendor.token_url:
        told["token_url"] = vendor.token_url
    try:
        settings = connector.settings.model_validate(told)
        yield Stand(vendor, connector, settings, connector.open(settings, client, tokens))
    finally:
        await vendor.stop()
