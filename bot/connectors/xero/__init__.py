"""Xero Payroll UK: pay runs and pay run calendars, by poll only.

- There are no payroll webhooks and no filter by time: changes are found by comparing
  rows. Drafts and calendars are read at each poll, the rest in turn; see `runs`.
- Pay runs cannot be changed by API. A person drafts, posts and reverts them in Xero.
- An access token lasts 30 minutes and is had with the client's own credentials.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.connectors import Access, Connector, Hook, Listing, Tokens
from bot.connectors.attempt import attempt
from bot.connectors.client import Reply, VendorClient
from bot.connectors.problem import Gone, HookRefused, VendorProblem
from bot.connectors.xero import resources
from bot.connectors.xero.access import check_access
from bot.connectors.xero.actions import (
    ACTIONS,
    CREATE_NEXT_CALENDAR,
    AlreadyThere,
    create_outcome,
    idempotency_header,
    refuse_a_second,
)
from bot.connectors.xero.api import BUDGET, XeroApi, XeroSettings
from bot.connectors.xero.kinds import CALENDAR, PAYRUN
from bot.connectors.xero.models import Calendar, PayRun
from bot.connectors.xero.runs import PayRuns
from bot.core.action import Outcome, Refused
from bot.core.resource import Snapshot
from bot.core.words import say, told_by

_NEEDED = ("name", "calendarType", "periodStartDate", "paymentDate")
LOOKS_WITHIN_S = 15
SAME_POLL = timedelta(minutes=1)
"""For so long what a poll has read serves the calendars that it makes us look at."""


@dataclass(frozen=True, slots=True)
class _Lists:
    """All calendars and all known pay runs, against which a calendar is judged."""

    at: datetime
    calendars: Sequence[Calendar]
    runs: Sequence[PayRun]


class Xero:
    """One Xero organisation."""

    def __init__(self, settings: XeroSettings, client: VendorClient, tokens: Tokens) -> None:
        self.id = settings.id
        self._settings = settings
        self._client = client
        self._api = XeroApi(settings, client, tokens)
        budget = BUDGET.within(settings.budget)
        self._runs = PayRuns(self._api, per_minute=budget.per_minute, per_day=budget.per_day)
        self._last: _Lists | None = None

    async def list(self, now: datetime) -> Listing:
        runs = await self._runs.read(now)
        calendars = await self._api.calendars()
        self._last = _Lists(now, calendars, runs.all)
        return Listing(
            tuple(resources.listed_calendar(one, calendars, runs.all) for one in calendars)
            + tuple(resources.listed_run(one) for one in runs.all),
            oldest_at=runs.oldest_at,
        )

    async def read(self, kind: str, vendor_id: str, now: datetime, *, lines: bool) -> Snapshot:
        """A run with its pay slips, or a calendar with the lists it is judged against.

        With `lines`, which is how it is read before an action and after it, a calendar is
        judged against both lists read whole, now.
        """
        if kind == PAYRUN.name:
            run = await self._api.pay_run(vendor_id)
            return resources.run_snapshot(self.id, run, self._settings.currency, now)
        if kind != CALENDAR.name:
            raise VendorProblem(say("has nothing called {kind}", kind=kind))
        around = await self._around(now, whole=lines)
        found = next((one for one in around.calendars if one.payroll_calendar_id == vendor_id), None)
        if found is None:
            raise Gone(say("Xero lists no such calendar"))
        return resources.calendar_snapshot(
            self.id,
            found,
            around.calendars,
            around.runs,
            tenant=self._settings.organisation,
            name_template=self._settings.calendar_name,
            now=around.at,
        )

    async def _around(self, now: datetime, *, whole: bool) -> _Lists:
        if whole:
            return _Lists(now, await self._api.calendars(), await self._api.pay_runs())
        last = self._last
        if last is None or not timedelta() <= now - last.at < SAME_POLL:
            runs = await self._runs.read(now)
            last = self._last = _Lists(now, await self._api.calendars(), runs.all)
        return last

    async def act(self, action: str, request: Mapping[str, str], idempotency_key: str) -> Outcome:
        if action != CREATE_NEXT_CALENDAR.name:
            return Refused(say("{action} is nothing that {vendor} can do", action=action, vendor="Xero"))
        lacking = [name for name in _NEEDED if not request.get(name)]
        if lacking:
            return Refused(
                say("not sent, because the calendar read has no {names} to go by", names=", ".join(lacking))
            )
        body = {name: request[name] for name in _NEEDED}

        async def send() -> Reply:
            there = await self._calendars_in_time()
            if not there:  # or no second one could be seen
                raise VendorProblem(say("lists no calendars, not even the one to go by"))
            refuse_a_second(body, there)
            return await self._api.create_calendar(body, idempotency_header(idempotency_key))

        try:
            return await attempt(send, lambda reply: create_outcome(reply, self._client.now()))
        except AlreadyThere as there:
            return Refused(told_by(there))

    async def _calendars_in_time(self) -> Sequence[Calendar]:
        """All calendars, soon or not at all: nothing has been sent yet, and this is no time to wait."""
        try:
            async with asyncio.timeout(LOOKS_WITHIN_S):
                return await self._api.calendars()
        except TimeoutError:
            raise VendorProblem(
                say("did not list its calendars within {seconds} s", seconds=LOOKS_WITHIN_S)
            ) from None

    async def check_access(self) -> tuple[Access, ...]:
        return await check_access(self._api, self._settings)

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
    kinds={kind.name: kind for kind in (CALENDAR, PAYRUN)},
    actions=ACTIONS,
    settings=XeroSettings,
    budget=BUDGET,
    open=_open,
    who_prepared=say("Xero does not say who drafted the run."),
)
