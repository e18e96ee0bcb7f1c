"""What a vendor is to the rest of the program. A folder here is a connector.

A connector only reads and acts; it decides nothing, stores nothing and retries
nothing. It exports `CONNECTOR`; being in the folder is being registered. What it
sends goes through the one client in `client.py`, which never sends anything twice.
"""

import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from typing import Any, Protocol

from pydantic import BaseModel

from bot.connectors.budget import UNDOCUMENTED, Budget, BudgetLimits
from bot.connectors.client import VendorClient
from bot.connectors.problem import Gone, HeldBack, HookRefused, Unauthorised, VendorProblem
from bot.core.action import Action, Outcome
from bot.core.resource import Kind, Snapshot
from bot.settings.models import Duration


@dataclass(frozen=True, slots=True)
class Listed:
    """One row of a vendor's list, enough to see whether it must be read again.

    `fingerprint` changes when anything in the row does. `identities` are the ids by
    which the resource is recognised when its `vendor_id` was changed.
    """

    kind: str
    vendor_id: str
    fingerprint: str
    is_live: bool
    identities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """One complete poll. Nothing is in it twice, even where pages drifted."""

    rows: tuple[Listed, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook that is the vendor's own.

    `signed_at` is the vendor's instant where it signs one; how old that may be is for
    whoever receives it to say. `about` are the (kind, vendor id) to read again, empty
    where the body does not say (look at the list then). `parsed` is False for a body
    that is not what the vendor documents. The dedupe key is of the body as it came;
    what is stored is `kept`.
    """

    signature: str
    about: tuple[tuple[str, str], ...]
    parsed: bool = True
    signed_at: datetime | None = None
    kept: bytes = b""
    """The body without what must not be stored: links that carry a token, people's names."""


class Tokens(Protocol):
    """Where a connection keeps what it got by OAuth, sealed at rest."""

    async def load(self) -> dict[str, str] | None:
        """The last saved token values, or None before the first."""

    async def save(self, values: Mapping[str, str]) -> None:
        """Commit before returning: a rotated refresh token that is lost is a lost login."""


class Connection(Protocol):
    """One account at a vendor, ready to be read and acted on.

    Every method that awaits raises VendorProblem when the vendor can't be read, and
    HeldBack when it may not be called now; it takes at most the client's total time-out
    a call.
    """

    id: str

    async def list(self, now: datetime) -> Listing:
        """All resources the vendor lists, paged to the end."""

    async def read(self, kind: str, vendor_id: str, now: datetime, *, lines: bool) -> Snapshot:
        """One resource with the nested objects that its fields need. Raises Gone.

        `lines` asks for the lines as well; a vendor where they cost nothing extra
        gives them anyway.
        """

    async def act(self, action: str, request: Mapping[str, str], idempotency_key: str) -> Outcome:
        """Send one action once. Never raises for what the vendor or the network does."""

    async def register_hooks(self, public_url: str) -> tuple[str, ...]:
        """Make the vendor call `{public_url}/hooks/…`, idempotently; says what was done."""

    async def unregister_hooks(self, public_url: str) -> tuple[str, ...]:
        """Make the vendor call nothing under `{public_url}/hooks/…` any more; says what was done."""

    def check_hook(self, event: str, token: str | None, headers: Mapping[str, str], body: bytes) -> Hook:
        """Verify the raw bytes of a webhook. Raises HookRefused."""


class ConnectionSettings(BaseModel):
    """The part of a connection's settings that every vendor shares; see bot.settings."""

    model_config = {"extra": "forbid", "frozen": True}

    id: str
    vendor: str
    calendar: str
    base_url: str | None = None
    poll: Duration = timedelta(minutes=10)
    """How often the lists are read: `5m` in the file."""
    budget: BudgetLimits = BudgetLimits()
    """How often the vendor may be called, where that is not what its connector says."""


__all__ = [
    "Budget",
    "Connection",
    "ConnectionSettings",
    "Connector",
    "Gone",
    "HeldBack",
    "Hook",
    "HookRefused",
    "Listed",
    "Listing",
    "Open",
    "Tokens",
    "Unauthorised",
    "VendorClient",
    "VendorProblem",
    "connectors",
    "kinds",
    "vendor_actions",
]

Open = Callable[[Any, VendorClient, Tokens], Connection]


@dataclass(frozen=True, slots=True)
class Connector:
    """A vendor: its words, what can be done there, its settings, how to open a connection."""

    vendor: str
    title: str
    """As a screen says it: `Gigapay`, `Xero`."""
    kinds: Mapping[str, Kind]
    actions: Mapping[str, Action]
    settings: type[ConnectionSettings]
    open: Open
    budget: Budget = UNDOCUMENTED
    """The most calls that the vendor documents; a careful guess where it documents none."""
    hook_events: tuple[str, ...] = ()
    """Event names in the vendor's spelling; empty where there are no webhooks."""
    hook_about: "Callable[[str, bytes], Sequence[tuple[str, str]] | None] | None" = None
    """What a stored body is about, by event and body, or None for one that cannot be read.
    Nothing where the vendor has no webhooks."""
    automation: str = "automation"
    """What the vendor calls its own automation: `AutoPilot`."""
    how_to_stop: str = ""
    """What a person does at the vendor to keep it from acting by itself, as a sentence."""
    who_prepared: str = ""
    """What an approval says about who made the run: `Gigapay does not say …`."""


@cache
def connectors() -> Mapping[str, Connector]:
    """Every connector by vendor: one for each folder beside this file."""
    found = {}
    for module in pkgutil.iter_modules(__path__):
        if module.ispkg:
            connector: Connector = import_module(f"{__name__}.{module.name}").CONNECTOR
            found[connector.vendor] = connector
    return found


def kinds() -> Mapping[str, Kind]:
    """Every kind of resource by name, of all connectors."""
    return {name: kind for connector in connectors().values() for name, kind in connector.kinds.items()}


def vendor_actions() -> Mapping[str, Action]:
    """Every vendor action by name, of all connectors."""
    return {name: one for connector in connectors().values() for name, one in connector.actions.items()}
