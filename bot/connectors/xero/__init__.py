"""Xero Payroll UK: pay runs and pay run calendars, by poll only.

- There are no payroll webhooks and no filter by time: changes are found by reading
  both lists whole and comparing rows.
- Pay runs cannot be changed by API. A person drafts, posts and reverts them in Xero.
- An access token lasts 30 minutes and is had with the client's own credentials.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime

from bot.connectors import Connector, Hook, Listing, Tokens
from bot.connectors.attempt import attempt
from bot.connectors.client import VendorClient
from bot.connectors.problem import Gone, HookRefused, VendorProblem
from bot.connectors.xero import resources
from bot.connectors.xero.actions import ACTIONS, CREATE_NEXT_CALENDAR, create_outcome, idempotency_header
from bot.connectors.xero.api import BUDGET, XeroApi, XeroSettings
from bot.core.action import Outcome, Refused
from bot.core.resource import Snapshot

_NEEDED = ("name", "calendarType", "periodStartDate", "paymentDate")


class Xero:
    """One Xero organisation."""

    def __init__(self, settings: XeroSettings, client: VendorClient, tokens: Tokens) -> None:
        self.id = settings.id
        self._settings = settings
        self._client = client
        self._api = XeroApi(settings, client, tokens)

    async def list(self, now: datetime) -> Listing:
        calendars, runs = await asyncio.gather(self._api.calendars(), self._api.pay_runs())
        return Listing(
            tuple(resources.listed_calendar(one, calendars, runs) for one in calendars)
            + tuple(resources.listed_run(one) for one in runs)
        )

    async def read(self, kind: str, vendor_id: str, now: datetime, *, lines: bool) -> Snapshot:
        """A run with its pay slips, or a calendar with the whole lists it is judged against."""
        if kind == resources.PAYRUN.name:
            run = await self._api.pay_run(vendor_id)
            return resources.run_snapshot(self.id, run, self._settings.currency, now)
        if kind != resources.CALENDAR.name:
            raise VendorProblem(f"has nothing called {kind}")
        calendars, runs = await asyncio.gather(self._api.calendars(), self._api.pay_runs())
        found = next((one for one in calendars if one.key == vendor_id), None)
        if found is None:
            raise Gone("Xero lists no such calendar")
        return resources.calendar_snapshot(
            self.id,
            found,
            calendars,
            runs,
            tenant=self._settings.tenant_id,
            name_template=self._settings.calendar_name,
            now=now,
        )

    async def act(self, action: str, request: Mapping[str, str], idempotency_key: str) -> Outcome:
        if action != CREATE_NEXT_CALENDAR.name:
            return Refused(f"{action} is nothing that Xero can do")
        lacking = [name for name in _NEEDED if not request.get(name)]
        if lacking:
            return Refused(f"not sent, because the calendar read has no {', '.join(lacking)} to go by")
        body = {name: request[name] for name in _NEEDED}
        return await attempt(
            lambda: self._api.create_calendar(body, idempotency_header(idempotency_key)),
            lambda reply: create_outcome(reply, self._client.now()),
        )

    async def register_hooks(self, public_url: str) -> tuple[str, ...]:
        return ()

    async def unregister_hooks(self, public_url: str) -> tuple[str, ...]:
        return ()

    def check_hook(self, event: str, token: str | None, headers: Mapping[str, str], body: bytes) -> Hook:
        raise HookRefused("Xero has no payroll webhooks")


def _open(settings: XeroSettings, client: VendorClient, tokens: Tokens) -> Xero:
    return Xero(settings, client, tokens)


CONNECTOR = Connector(
    vendor="xero",
    title="Xero",
    kinds={kind.name: kind for kind in (resources.CALENDAR, resources.PAYRUN)},
    actions=ACTIONS,
    settings=XeroSettings,
    budget=BUDGET,
    open=_open,
    who_prepared="Xero does not say who drafted the run.",
)
