"""Gigapay: payruns and payouts, by webhook and by poll.

Only `Gigapay` below awaits anything; `resources` and the checking half of `hooks` are
pure. Two things about this vendor shape the folder:

- A notification is the bare object. It names neither its event nor its delivery,
  so we register one URL per event and read the object again before deciding.
- A payrun's id can be changed by anyone with the key, so rows are kept under our
  own key and the id is only how we ask for it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.connectors import Connector, Hook, Listing, Tokens
from bot.connectors.attempt import attempt
from bot.connectors.client import VendorClient
from bot.connectors.gigapay import hooks, resources
from bot.connectors.gigapay.actions import ACTIONS, CLOSE_PAYRUN, close_outcome
from bot.connectors.gigapay.api import GigapayApi, GigapaySettings, PaymentTerm
from bot.connectors.problem import Gone, VendorProblem
from bot.core.action import Outcome, Refused
from bot.core.resource import Snapshot, Unread

TERM_KEPT_FOR = timedelta(hours=1)


class Gigapay:
    """One Gigapay integration."""

    def __init__(self, settings: GigapaySettings, client: VendorClient) -> None:
        self.id = settings.id
        self._client = client
        self._api = GigapayApi(settings, client)
        self._secrets = tuple(secret.get_secret_value() for secret in settings.webhook_secret)
        self._term: tuple[datetime, PaymentTerm] | None = None

    async def list(self, now: datetime) -> Listing:
        return Listing(tuple(resources.listed(payrun) for payrun in await self._api.payruns()))

    async def read(self, kind: str, vendor_id: str, now: datetime, *, lines: bool) -> Snapshot:
        """The payrun, its invoice and all its payouts: `lines` makes no difference here."""
        payrun = await self._api.payrun(vendor_id)
        payouts = await self._api.payouts(payrun.id)
        return resources.snapshot(self.id, payrun, payouts, await self._payment_term(now), now)

    async def act(self, action: str, request: Mapping[str, str], idempotency_key: str) -> Outcome:
        if action != CLOSE_PAYRUN.name:
            return Refused(f"{action} is nothing that Gigapay can do")
        return await attempt(
            lambda: self._api.close(request["payrun"], idempotency_key),
            lambda reply: close_outcome(reply, self._client.now()),
        )

    async def register_hooks(self, public_url: str) -> tuple[str, ...]:
        return await hooks.register(self._api, self.id, public_url, self._secrets)

    async def unregister_hooks(self, public_url: str) -> tuple[str, ...]:
        return await hooks.register(self._api, self.id, public_url, self._secrets, events=())

    def check_hook(self, event: str, token: str | None, headers: Mapping[str, str], body: bytes) -> Hook:
        return hooks.check(headers, body, self._secrets, event)

    async def _payment_term(self, now: datetime) -> PaymentTerm | Unread:
        """Asked once an hour: it changes by letter to their support. Without it the rest is still true."""
        if self._term is not None and timedelta(0) <= now - self._term[0] < TERM_KEPT_FOR:
            return self._term[1]
        try:
            self._term = (now, await self._api.payment_term())
        except (VendorProblem, Gone) as problem:
            return Unread(f"Gigapay's payment term could not be read: it {problem}")
        return self._term[1]


def _open(settings: GigapaySettings, client: VendorClient, tokens: Tokens) -> Gigapay:
    return Gigapay(settings, client)


CONNECTOR = Connector(
    vendor="gigapay",
    title="Gigapay",
    kinds={resources.PAYRUN.name: resources.PAYRUN},
    actions=ACTIONS,
    settings=GigapaySettings,
    open=_open,
    hook_events=hooks.EVENTS,
    hook_about=hooks.about,
    how_to_stop="To stop that, delete its payouts at Gigapay before then.",
    who_prepared="Gigapay does not say who added the payouts.",
)
