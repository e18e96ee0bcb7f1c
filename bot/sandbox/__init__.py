"""The four vendors as real servers on loopback, misbehaving on request, and a mail inbox.

It knows nothing of the bot: it is written from the vendors' documents alone, so that
the bot's reading of them is tested against another reading. Where a document is
silent, the module says which answer was assumed. A vendor is a folder here that exports
`VENDOR`; being there is being registered.
"""

import pkgutil
from importlib import import_module
from typing import Any

from bot.sandbox.clock import Clock
from bot.sandbox.deliveries import Deliveries
from bot.sandbox.faults import Fault, Faults
from bot.sandbox.gigapay import Gigapay
from bot.sandbox.inbox import Inbox, Received
from bot.sandbox.ledger import Ledger
from bot.sandbox.roubler import Roubler
from bot.sandbox.staffology import Staffology
from bot.sandbox.vendor import Vendor
from bot.sandbox.xero import Xero

VENDORS: dict[str, type[Vendor[Any]]] = {
    module.name: import_module(f"{__name__}.{module.name}").VENDOR
    for module in pkgutil.iter_modules(__path__)
    if module.ispkg
}

__all__ = [
    "VENDORS",
    "Clock",
    "Deliveries",
    "Fault",
    "Faults",
    "Gigapay",
    "Inbox",
    "Ledger",
    "Received",
    "Roubler",
    "Staffology",
    "Vendor",
    "Xero",
]
