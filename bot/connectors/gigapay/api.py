"""What Gigapay is sent and gets: https://developer.gigapay.se, REST v2.

Three habits of this vendor: an address without its trailing slash is redirected,
and the redirect loses the Authorization; lists come in pages whose `next` link drops
the page size, so pages are counted here; `app`, `pdf` and `pdf_url` are links that
open the invoice for whoever has them, so no model has them and they end right here.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from bot.connectors.client import MaybeSent, NotSent, Reply, VendorClient
from bot.connectors.gigapay.errors import said
from bot.connectors.gigapay.models import (
    Invoice,
    Item,
    Page,
    PaymentTerm,
    Payout,
    Payrun,
    PayrunChange,
    Webhook,
    WebhookChange,
)
from bot.connectors.gigapay.pages import Pages, Told
from bot.connectors.gigapay.settings import GigapaySettings, address_of
from bot.connectors.problem import VendorProblem
from bot.connectors.values import segment, validated
from bot.core.words import joined, say, told_by

PAGE_SIZE = 100
READINGS = 3
"""How often a list is read again when its pages moved while they were read."""

M = TypeVar("M", bound=Item)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class When:
    """Gigapay's filter on one timestamp; what is None is not asked for."""

    is_null: bool | None = None
    before: datetime | None = None
    after: datetime | None = None

    def params(self, field: str) -> dict[str, str]:
        """`created_at_null=true` and the like; instants in UTC."""
        asked = {} if self.is_null is None else {f"{field}_null": str(self.is_null).lower()}
        for end, at in (("before", self.before), ("after", self.after)):
            if at is not None:
                asked[f"{field}_{end}"] = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
        return asked


class UnknownEvent(VendorProblem):
    """Gigapay does not take a webhook for this event."""


class GigapayApi:
    """The calls. Each read raises what `VendorClient.read` raises, each change what `call` raises."""

    def __init__(self, settings: GigapaySettings, client: VendorClient) -> None:
        self._client = client
        self._id = settings.id
        self._base = address_of(settings.base_url)
        self._headers = {
            "Authorization": f"Token {settings.token.get_secret_value()}",
            "Integration-ID": settings.integration_id,
            "Accept-Language": "en",
        }

    # Payruns

    async def payruns(
        self,
        *,
        open: bool | None = None,
        created_at: When = When(),
        paid_at: When = When(),
        page_size: int = PAGE_SIZE,
    ) -> list[Payrun]:
        """Every payrun that fits, oldest page first; Gigapay has no filter on latest_status."""
        asked = {} if open is None else {"open": str(open).lower()}
        asked |= created_at.params("created_at") | paid_at.params("paid_at")
        return await self._all(Payrun, "payruns/", asked, page_size)

    async def each_payrun(self, made: Callable[[Payrun], T], told: Told[T]) -> list[T]:
        """What is `made` of every payrun; `told` hears of each page as it comes, see `Pages`."""
        return await self._made_of_all(Payrun, "payruns/", {}, made, told=told)

    async def payrun(self, payrun_id: str, *, expand: bool = True) -> Payrun:
        """One payrun, with its invoice where that is expanded. Raises Gone."""
        path, asked = f"payruns/{segment(payrun_id)}/", {"expand": "invoice"} if expand else {}
        return validated(Payrun, await self._get(path, "payruns/:id/", asked), say("a payrun"))

    async def update_payrun(self, payrun_id: str, change: PayrunChange) -> Reply:
        """Change a payrun's id, its metadata, or both. A new id changes its address."""
        body = change.model_dump(exclude_unset=True)
        return await self._change("PATCH", f"payruns/{segment(payrun_id)}/", "payruns/:id/", body)

    async def close(self, payrun_id: str, idempotency_key: str) -> Reply:
        """Close once. The key is sent although the documents name it for other calls only."""
        path = f"payruns/{segment(payrun_id)}/close/"
        return await self._change("POST", path, "payruns/:id/close/", key=idempotency_key)

    async def delete_payrun(self, payrun_id: str) -> Reply:
        """Delete a payrun; Gigapay refuses one that is paid or on credit."""
        return await self._change("DELETE", f"payruns/{segment(payrun_id)}/", "payruns/:id/")

    # What belongs to them

    async def payouts(
        self,
        payrun_id: str | None = None,
        *,
        employee: str | None = None,
        when: Mapping[str, When] | None = None,
        expand: bool = False,
    ) -> list[Payout]:
        """Payouts of one payrun, of one payee, or all; `when` is by timestamp, such as `created_at`.

        Raises VendorProblem where one is of another payrun than was asked for: a filter
        that is not kept would make wrong sums.
        """
        asked = {"payrun": payrun_id} if payrun_id is not None else {}
        asked |= {"employee": employee} if employee is not None else {}
        asked |= {"expand": "employee"} if expand else {}
        for field, one in (when or {}).items():
            asked |= one.params(field)
        found = await self._all(Payout, "payouts/", asked)
        if payrun_id is not None and any(one.payrun not in (None, payrun_id) for one in found):
            raise VendorProblem(say("lists payouts of another payrun than was asked for"))
        return found

    async def some_payouts(self) -> list[Payout]:
        """The first page of all payouts, a single one long: whether they can be read."""
        asked = {"page": "1", "page_size": "1"}
        page = validated(
            Page, await self._get("payouts/", "payouts/", asked), say("a page of {path}", path="payouts/")
        )
        return [validated(Payout, raw, say("one of {path}", path="payouts/")) for raw in page.results]

    async def invoice(self, invoice_id: str) -> Invoice:
        """One invoice. Raises Gone."""
        path = f"invoices/{segment(invoice_id)}/"
        return validated(Invoice, await self._get(path, "invoices/:id/", {}), say("an invoice"))

    async def payment_term(self) -> PaymentTerm:
        """How payruns are batched and billed. It can only be read: it changes by letter to Gigapay."""
        path = "payment_term/"
        return validated(PaymentTerm, await self._get(path, path, {}), say("the payment term"))

    # Webhooks

    async def webhooks(self) -> list[Webhook]:
        return await self._all(Webhook, "webhooks/", {})

    async def webhook(self, webhook_id: str) -> Webhook:
        """One webhook. Raises Gone."""
        path = f"webhooks/{segment(webhook_id)}/"
        return validated(Webhook, await self._get(path, "webhooks/:id/", {}), say("a webhook"))

    async def create_webhook(self, asked: WebhookChange) -> None:
        """Raises UnknownEvent for an event that Gigapay does not have, else VendorProblem."""
        await self._change_webhook("POST", None, asked)

    async def update_webhook(self, webhook_id: str, asked: WebhookChange) -> None:
        """Change what is said and nothing else. Raises as `create_webhook`."""
        await self._change_webhook("PATCH", webhook_id, asked)

    async def replace_webhook(self, webhook_id: str, asked: WebhookChange) -> None:
        """Put another in its place; without a secret Gigapay makes a new one. Raises as `create_webhook`."""
        await self._change_webhook("PUT", webhook_id, asked)

    async def delete_webhook(self, webhook_id: str) -> None:
        """Raises VendorProblem."""
        await self._change_webhook("DELETE", webhook_id, None)

    async def _change_webhook(self, method: str, webhook_id: str | None, asked: WebhookChange | None) -> None:
        path = f"webhooks/{segment(webhook_id)}/" if webhook_id else "webhooks/"
        body = asked.body() if asked is not None else None
        try:
            reply = await self._change(method, path, "webhooks/:id/" if webhook_id else path, body)
        except (NotSent, MaybeSent) as error:
            raise VendorProblem(
                say("{problem} at {path}", problem=told_by(error), path="webhooks/")
            ) from None
        if reply.status in (200, 201, 204):
            return
        what = joined(
            (
                say("answered {status} to {route}", status=reply.status, route=f"{method} webhooks/"),
                said(reply),
            ),
            ": ",
        )
        is_event = reply.status == 400 and _says_wrong(reply, "events")
        raise UnknownEvent(what) if is_event else VendorProblem(what)

    # How

    async def _change(
        self, method: str, path: str, route: str, body: Mapping[str, Any] | None = None, *, key: str = ""
    ) -> Reply:
        secret = (body or {}).get("secret_key")
        return await self._client.call(
            self._id,
            method,
            f"{self._base}/{path}",
            route=route,
            headers={**self._headers, **({"Idempotency-Key": key} if key else {})},
            json=body,
            secrets=[secret] if isinstance(secret, str) else [],
        )

    async def _get(self, path: str, route: str, params: Mapping[str, str]) -> Any:
        return (await self._read(path, route, params)).json()

    async def _read(self, path: str, route: str, params: Mapping[str, str]) -> Reply:
        try:
            return await self._client.read(
                self._id, f"{self._base}/{path}", route=route, headers=self._headers, params=params
            )
        except VendorProblem as problem:
            if problem.what.startswith("answered 403"):
                problem.what = say(
                    "{what} (Gigapay answers so, too, where its key is for other addresses than ours)",
                    what=problem.what,
                )
            raise

    async def _all(
        self, model: type[M], path: str, params: Mapping[str, str], page_size: int = PAGE_SIZE
    ) -> list[M]:
        return await self._made_of_all(model, path, params, lambda item: item, page_size=page_size)

    async def _made_of_all(
        self,
        model: type[M],
        path: str,
        params: Mapping[str, str],
        made: Callable[[M], T],
        *,
        told: Told[T] = lambda page: None,
        page_size: int = PAGE_SIZE,
    ) -> list[T]:
        """Every item of a list, each once. Raises VendorProblem when its pages never hold still."""
        asked = {**params, "page_size": str(page_size)}

        def fetch(number: int) -> Awaitable[Reply]:
            return self._read(path, path, {**asked, "page": str(number)})

        for _ in range(READINGS):
            found = await Pages(fetch, model, path, made, told).read()
            if found is not None:
                return found
        raise VendorProblem(
            say("moved the pages of {path} while they were read, {count} times", path=path, count=READINGS)
        )


def _says_wrong(reply: Reply, field: str) -> bool:
    try:
        told = reply.json()
    except VendorProblem:
        return False
    return isinstance(told, dict) and field in told
