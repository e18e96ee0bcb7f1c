"""A connection to a sandbox vendor that starts with its documents' examples, secrets marked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bot.connectors import Connection, ConnectionSettings, Connector, connectors
from bot.connectors.client import VendorClient
from bot.sandbox import VENDORS, Vendor

from .conftest import MemoryTokens, StillClock
from .stands import STANDS

SECRET = "canary"
"""In every secret of every connection: where it is seen, one has leaked."""

HOOK = "canary-hook-0123456789abcdef"
OWN = {name: one.own for name, one in STANDS.items()}
ACTED = {name: one.acted for name, one in STANDS.items() if one.acted is not None}


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
    STANDS[name].prepare(vendor)
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
