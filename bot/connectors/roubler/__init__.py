"""Roubler: pay runs, by poll only.

- A person logs in once; after that a refresh token is exchanged for access tokens
  and may rotate, so it is saved before it is used.
- A run is made and finalised by people in Roubler. Its errors are what is watched, and
  that it was paid elsewhere is what can be recorded, at a time that its approver gives.
"""

from collections.abc import Mapping
from datetime import datetime

from bot.connectors import Access, Connector, Hook, Listing, Tokens
from bot.connectors.attempt import attempt
from bot.connectors.client import VendorClient
from bot.connectors.problem import HookRefused
from bot.connectors.roubler import access, resources
from bot.connectors.roubler.actions import ACTIONS, MARK_PROCESSED, PAID_AT
from bot.connectors.roubler.api import RoublerApi
from bot.connectors.roubler.settings import RoublerSettings
from bot.connectors.roubler.shapes import outcome_of
from bot.core.action import Outcome, Refused
from bot.core.resource import Snapshot
from bot.core.words import say


class Roubler:
    """One company at Roubler."""

    def __init__(self, settings: RoublerSettings, client: VendorClient, tokens: Tokens) -> None:
        self.id = settings.id
        self._settings = settings
        self._client = client
        self._api = RoublerApi(settings, client, tokens)

    async def list(self, now: datetime) -> Listing:
        rows = {run.id: resources.listed(run) for run in await self._api.pay_runs()}
        return Listing(tuple(rows.values()))

    async def read(self, kind: str, vendor_id: str, now: datetime, *, lines: bool) -> Snapshot:
        """The run with all it holds: `lines` makes no difference here."""
        run, failed = await self._api.pay_run(vendor_id)
        told = self._settings
        return resources.snapshot(self.id, run, told.currency, told.money_unit, now, failed)

    async def act(self, action: str, request: Mapping[str, str], idempotency_key: str) -> Outcome:
        """Roubler takes no idempotency key, so that argument goes nowhere."""
        if action != MARK_PROCESSED.name:
            return Refused(say("{action} is nothing that is done at Roubler", action=action))
        if PAID_AT not in request:
            return Refused(say("nobody said when it was paid"))
        return await attempt(
            lambda: self._api.process_pay_run(request["run"], request[PAID_AT]),
            lambda reply: outcome_of("processPayRun", reply, self._client.now()),
        )

    async def delete(self, vendor_id: str) -> Outcome:
        """Delete one run, for good: a person's deed and no rule's."""
        return await attempt(
            lambda: self._api.delete_pay_run(vendor_id),
            lambda reply: outcome_of("deletePayRun", reply, self._client.now()),
        )

    async def check_access(self) -> tuple[Access, ...]:
        return await access.check_access(self._api, self._settings)

    def authorize_url(self, redirect_uri: str, state: str, challenge: str) -> str:
        return self._api.authorize_url(redirect_uri, state, challenge)

    async def exchange(self, code: str, redirect_uri: str, verifier: str) -> None:
        await self._api.exchange(code, redirect_uri, verifier)

    async def register_hooks(self, public_url: str) -> tuple[str, ...]:
        return ()

    async def unregister_hooks(self, public_url: str) -> tuple[str, ...]:
        return ()

    def check_hook(self, event: str, token: str | None, headers: Mapping[str, str], body: bytes) -> Hook:
        raise HookRefused("Roubler has no webhooks")


def _open(settings: RoublerSettings, client: VendorClient, tokens: Tokens) -> Roubler:
    return Roubler(settings, client, tokens)


CONNECTOR = Connector(
    vendor="roubler",
    title="Roubler",
    kinds={resources.PAYRUN.name: resources.PAYRUN},
    actions=ACTIONS,
    settings=RoublerSettings,
    open=_open,
    who_prepared=say("Who finalised the run is shown in Roubler; payrunbot does not read people's names."),
)
