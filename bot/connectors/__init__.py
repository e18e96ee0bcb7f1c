"""What a vendor is to the rest of the program. A folder here is a connector.

A connector only reads and acts; it decides nothing, stores nothing and retries
nothing. It exports `CONNECTOR`; being in the folder is being registered. What it
sends goes through the one client in `client.py`, which never sends anything twice.
"""

import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from typing import Any, Protocol, runtime_checkable

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
    oldest_at: datetime | None = None
    """When the row read longest ago was read, where a poll does not read every row again."""


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook that is the vendor's own.

    `signed_at` is the vendor's instant where it signs one; how old that may be is for
    whoever receives it to say. The dedupe key is of the body as it came; what is stored is
    `kept`. What it is about is read from that later, by the connector's `hook_about`.
    """

    signature: str
    kept: bytes
    """The body without what must not be stored: links that carry a token, people's names."""
    signed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """One thing that a connection needs at its vendor, and whether it is there.

    `ok` is None where reading alone can't tell. `mend` is what a person does about it, as a
    sentence.
    """

    what: str
    ok: bool | None
    said: str = ""
    mend: str = ""


class Tokens(Protocol):
    """Where a connection keeps what it got by OAuth, sealed at rest."""

    async def load(self) -> dict[str, str] | None:
        """The last saved token values, or None before the first."""

    async def save(self, values: Mapping[str, str], *, instead_of: Mapping[str, str] | None = None) -> bool:
        """Commit before returning: a rotated refresh token that is lost is a lost login.

        False, and nothing saved, where something else than `instead_of` stands there now.
        """

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Nobody else is in here, in this process or another. Raises HeldBack where it takes too long."""


@runtime_checkable
class Login(Protocol):
    """A connection whose login needs a person, once: OAuth's authorization code.

    `challenge` and `verifier` are a pair of RFC 7636 (S256). They are always made; a
    vendor or its settings may have no use for them.
    """

    def authorize_url(self, redirect_uri: str, state: str, challenge: str) -> str:
        """Where the person logs in. They come back to `redirect_uri` with `code` and `state`."""

    async def exchange(self, code: str, redirect_uri: str, verifier: str) -> None:
        """Save what the code is good for, sealed. Raises VendorProblem or HeldBack; a code is good once."""


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

    async def check_access(self) -> tuple[Access, ...]:
        """What can be reached, and what the credentials may do, by reading only. Never raises."""

    async def register_hooks(self, public_url: str) -> tuple[str, ...]:
        """Make the vendor call `{public_url}/hooks/…`, idempotently; says what was done."""

    async def unregister_hooks(self, public_url: str) -> tuple[str, ...]:
        """Make the vendor call nothing under `{public_url}/hooks/…` any more; says what was done."""

    def check_hook(self, event: str, token: str | None, headers: Mapping[str, str], body: bytes) -> Hook:
        """Verify the raw bytes of a webhook, and no more: somebody waits. Raises HookRefused."""


@runtime_checkable
class ListsByPages(Protocol):
    """A connection that says what each page of its list holds while the next are on their way."""

    async def list_by_pages(self, now: datetime, told: Callable[[Sequence[Listed]], None]) -> Listing:
        """What `list` gives. A list that moved is read and told again, so that some of what
        was told may not be in it.
        """


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

    @property
    def expects_hooks(self) -> bool:
        """Whether the vendor has webhooks, and this connection what it needs to take them."""
        return False


__all__ = [
    "Access",
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
    "ListsByPages",
    "Login",
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
    keeps_tokens: bool = False
    """Whether a login is lost with the token that it was last given, so that it must be kept."""
    hook_events: tuple[str, ...] = ()
    """Event names in the vendor's spelling; empty where there are no webhooks."""
    hook_about: "Callable[[str, bytes], Sequence[tuple[str, str]] | None] | None" = None
    """What a stored body is about, by event and body: the (kind, vendor id) to read again, none
    where it does not say (the list is read then), or None for a body that cannot be read.
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
    return _Connectors()


class _Connectors(Mapping[str, Connector]):
    """Each is imported when it is asked for: a service with one vendor need not wait for the others."""

    def __init__(self) -> None:
        self._vendors = tuple(module.name for module in pkgutil.iter_modules(__path__) if module.ispkg)
        self._found: dict[str, Connector] = {}

    def __getitem__(self, vendor: str) -> Connector:
        if vendor not in self._vendors:
            raise KeyError(vendor)
        if vendor not in self._found:
            self._found[vendor] = import_module(f"{__name__}.{vendor}").CONNECTOR
        return self._found[vendor]

    def __iter__(self) -> Iterator[str]:
        return iter(self._vendors)

    def __len__(self) -> int:
        return len(self._vendors)


def kinds() -> Mapping[str, Kind]:
    """Every kind of resource by name, of all connectors."""
    return {name: kind for connector in connectors().values() for name, kind in connector.kinds.items()}


def vendor_actions() -> Mapping[str, Action]:
    """Every vendor action by name, of all connectors."""
    return {name: one for connector in connectors().values() for name, one in connector.actions.items()}
