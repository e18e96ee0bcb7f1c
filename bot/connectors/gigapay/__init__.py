"""Gigapay: payruns and payouts, by webhook and by poll.

Only `Gigapay` below awaits anything; `resources` and the checking half of `hooks` are
pure. Two things about this vendor shape the folder:

- A notification is the bare object. It names neither its event nor its delivery,
  so we register one URL per event and read the object again before deciding.
- A payrun's id can be changed by anyone with the key, so rows are kept under our
  own key and the id is only how we ask for it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.connectors import Access, Connector, Hook, Listed, Listing, Tokens
from bot.connectors.attempt import attempt
from bot.connectors.client import Reply, VendorClient
from bot.connectors.gigapay import access, hooks, payouts, resources
from bot.connectors.gigapay.actions import (
    ACTIONS,
    CLOSE_PAYRUN,
    TAG_PAYRUN,
    close_outcome,
    tag_of,
    tag_outcome,
)
from bot.connectors.gigapay.api import GigapayApi
from bot.connectors.gigapay.models import PaymentTerm, PayrunChange
from bot.connectors.gigapay.register import register
from bot.connectors.gigapay.settings import GigapaySettings
from bot.connectors.problem import Gone, VendorProblem
from bot.core.action import Outcome, Refused
from bot.core.resource import Snapshot, Unread
from bot.core.words import say, told_by

TERM_KEPT_FOR = timedelta(hours=1)


class Gigapay:
    """One Gigapay integration."""

    def __init__(self, settings: GigapaySettings, client: VendorClient) -> None:
        self.id = settings.id
        self._client = client
        self._api = GigapayApi(settings, client)
        self._secrets = tuple(secret.get_secret_value() for secret in settings.webhook_secret)
        self._term: tuple[datetime, PaymentTerm] | None = None
        self._open: Mapping[str, str] | None = None
        """Which payruns the last list showed as open, with their currency."""

    async def list(self, now: datetime) -> Listing:
        return await self.list_by_pages(now, lambda rows: None)

    async def list_by_pages(self, now: datetime, told: Callable[[Sequence[Listed]], None]) -> Listing:
        def hear(page: Sequence[tuple[Listed, str | None]]) -> None:
            told([row for row, _ in page])

        found = await self._api.each_payrun(
            lambda payrun: (resources.listed(payrun), resources.open_in(payrun)), hear
        )
        self._open = {row.vendor_id: currency for row, currency in found if currency is not None}
        return Listing(tuple(row for row, _ in found))

    async def read(self, kind: str, vendor_id: str, now: datetime, *, lines: bool) -> Snapshot:
        """The payrun, its invoice and all its payouts: `lines` makes no difference here."""
        payrun = await self._api.payrun(vendor_id)
        in_it = await self._api.payouts(payrun.id)
        term = await self._payment_term(now)
        return resources.snapshot(self.id, payrun, in_it, term, now, self._open)

    async def act(self, action: str, request: Mapping[str, str], idempotency_key: str) -> Outcome:
        if action == CLOSE_PAYRUN.name:
            return await attempt(
                lambda: self._api.close(request["payrun"], idempotency_key),
                lambda reply: close_outcome(reply, self._client.now()),
            )
        if action == TAG_PAYRUN.name:
            return await attempt(
                lambda: self._tag(request["payrun"], tag_of(request)),
                lambda reply: tag_outcome(reply, self._client.now()),
            )
        return Refused(say("{action} is nothing that {vendor} can do", action=action, vendor="Gigapay"))

    async def _tag(self, payrun_id: str, tag: Mapping[str, str]) -> Reply:
        """Add to what is there now: whether Gigapay adds or replaces is not documented.

        No Idempotency-Key: after an error it would give the same error for a day.
        """
        there = (await self._api.payrun(payrun_id, expand=False)).metadata or {}
        return await self._api.update_payrun(payrun_id, PayrunChange(metadata={**there, **tag}))

    async def check_access(self) -> tuple[Access, ...]:
        return await access.check(self._api, has_secret=bool(self._secrets))

    async def register_hooks(self, public_url: str) -> tuple[str, ...]:
        return await register(self._api, self.id, public_url, self._secrets)

    async def unregister_hooks(self, public_url: str) -> tuple[str, ...]:
        return await register(self._api, self.id, public_url, self._secrets, events=())

    def check_hook(self, event: str, token: str | None, headers: Mapping[str, str], body: bytes) -> Hook:
        return hooks.check(headers, body, self._secrets)

    async def _payment_term(self, now: datetime) -> PaymentTerm | Unread:
        """Asked once an hour: it changes by letter to their support. Without it the rest is still true."""
        if self._term is not None and timedelta(0) <= now - self._term[0] < TERM_KEPT_FOR:
            return self._term[1]
        try:
            self._term = (now, await self._api.payment_term())
        except (VendorProblem, Gone) as problem:
            return Unread(
                say("Gigapay's payment term could not be read: it {problem}", problem=told_by(problem))
            )
        return self._term[1]


def _open(settings: GigapaySettings, client: VendorClient, tokens: Tokens) -> Gigapay:
    return Gigapay(settings, client)


CONNECTOR = Connector(
    vendor="gigapay",
    title="Gigapay",
    kinds={resources.PAYRUN.name: replace(resources.PAYRUN, parts=(payouts.PART,))},
    actions=ACTIONS,
    settings=GigapaySettings,
    open=_open,
    hook_events=hooks.EVENTS,
    hook_about=hooks.about,
    how_to_stop=say("To stop that, delete its payouts at Gigapay before then."),
    who_prepared=say("Gigapay does not say who added the payouts."),
)
