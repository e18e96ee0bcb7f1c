"""Roubler: pay runs, by poll only.

- A person logs in once; after that a refresh token is exchanged for access tokens
  and may rotate, so it is saved before it is used.
- A run is made and finalised by people in Roubler. Its errors are what is watched.
"""

from collections.abc import Mapping
from datetime import datetime

from bot.connectors import Connector, Hook, Listing, Tokens
from bot.connectors.client import VendorClient
from bot.connectors.problem import HookRefused
from bot.connectors.roubler import resources
from bot.connectors.roubler.api import RoublerApi, RoublerSettings
from bot.core.action import Outcome, Refused
from bot.core.resource import Snapshot


class Roubler:
    """One company at Roubler."""

    def __init__(self, settings: RoublerSettings, client: VendorClient, tokens: Tokens) -> None:
        self.id = settings.id
        self._currency = settings.currency
        self._unit = settings.money_unit
        self._api = RoublerApi(settings, client, tokens)

    async def list(self, now: datetime) -> Listing:
        rows = {run.id: resources.listed(run) for run in await self._api.pay_runs()}
        return Listing(tuple(rows.values()))

    async def read(self, kind: str, vendor_id: str, now: datetime, *, lines: bool) -> Snapshot:
        """The run with all it holds: `lines` makes no difference here."""
        run = await self._api.pay_run(vendor_id)
        return resources.snapshot(self.id, run, self._currency, self._unit, now)

    async def act(self, action: str, request: Mapping[str, str], idempotency_key: str) -> Outcome:
        return Refused(f"{action} is nothing that is done at Roubler")

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
    actions={},
    settings=RoublerSettings,
    open=_open,
    who_prepared="Who finalised the run is shown in Roubler; payrunbot does not read people's names.",
)
