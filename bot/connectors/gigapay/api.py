"""What Gigapay is sent and gets: https://developer.gigapay.se, REST v2.

Three habits of this vendor: an address without its trailing slash is redirected,
and the redirect loses the Authorization; lists come in pages whose `next` link drops
the page size, so pages are counted here; `app`, `pdf` and `pdf_url` are links that
open the invoice for whoever has them, so no model has them and they end right here.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, SecretStr

from bot.connectors import ConnectionSettings
from bot.connectors.client import MaybeSent, NotSent, Reply, VendorClient
from bot.connectors.problem import VendorProblem
from bot.connectors.values import HookSecrets, Id, Raw, Sent, base_address, segment, validated

PRODUCTION = "https://api.gigapay.se"
PAGE_SIZE = 100
MAX_PAGES = 200
READINGS = 3
"""How often a list is read again when its pages moved while they were read."""

M = TypeVar("M", bound="Item")


class GigapaySettings(ConnectionSettings):
    token: SecretStr
    integration_id: str
    webhook_secret: HookSecrets = ()


def _id_of(value: object) -> object:
    """An expandable object: its id, whether it was expanded or not."""
    value = value.get("id") if isinstance(value, dict) else value
    return str(value) if isinstance(value, int) else value


Expandable = Annotated[str | None, BeforeValidator(_id_of)]


class Item(Sent):
    id: Id


class Invoice(Item):
    currency: Raw = None
    due_date: Raw = None
    issued_at: Raw = None
    total: Raw = None


def _invoice(value: object) -> object:
    return {"id": value} if isinstance(value, (str, int)) else value


class Payrun(Item):
    created_at: Raw = None
    currency: Raw = None
    invoice: Annotated[Invoice | None, BeforeValidator(_invoice)] = None
    latest_status: Raw = None
    ocr_number: Raw = None
    open: bool | None = None
    paid_at: Raw = None
    price: Raw = None


class Payout(Item):
    amount: Raw = None
    canceled_at: Raw = None
    cost: Raw = None
    created_at: Raw = None
    currency: Raw = None
    employee: Expandable = None
    latest_status: Raw = None
    payrun: Expandable = None


class PaymentTerm(Sent):
    batching_duration: Raw = None
    batching_interval: Raw = None


class Webhook(Item):
    url: str = ""
    events: tuple[str, ...] = ()
    secret_key: str | None = None


class Page(Sent):
    count: int | None = None
    next: str | None = None
    results: Sequence[Any]


class GigapayApi:
    """The calls. Each raises what `VendorClient.read` and `call` raise."""

    def __init__(self, settings: GigapaySettings, client: VendorClient) -> None:
        self._client = client
        self._id = settings.id
        self._base = base_address(settings.base_url, PRODUCTION, "/v2/")
        self._headers = {
            "Authorization": f"Token {settings.token.get_secret_value()}",
            "Integration-ID": settings.integration_id,
        }

    async def payruns(self) -> list[Payrun]:
        return await self._all(Payrun, "payruns/", {})

    async def payrun(self, payrun_id: str) -> Payrun:
        """One payrun with its invoice. Raises Gone."""
        path = f"payruns/{segment(payrun_id)}/"
        return validated(Payrun, await self._get(path, "payruns/:id/", {"expand": "invoice"}), "a payrun")

    async def payouts(self, payrun_id: str) -> list[Payout]:
        return await self._all(Payout, "payouts/", {"payrun": payrun_id})

    async def payment_term(self) -> PaymentTerm:
        return validated(
            PaymentTerm, await self._get("payment_term/", "payment_term/", {}), "the payment term"
        )

    async def close(self, payrun_id: str, idempotency_key: str) -> Reply:
        """Close once. The key is sent although the documents name it for other calls only."""
        return await self._client.call(
            self._id,
            "POST",
            f"{self._base}/payruns/{segment(payrun_id)}/close/",
            route="payruns/:id/close/",
            headers={**self._headers, "Idempotency-Key": idempotency_key},
        )

    async def webhooks(self) -> list[Webhook]:
        return await self._all(Webhook, "webhooks/", {})

    async def change_webhook(
        self, method: str, webhook_id: str | None, body: Mapping[str, object] | None
    ) -> None:
        """Create, change or delete a webhook. Raises VendorProblem."""
        own = f"{segment(webhook_id)}/" if webhook_id else ""
        secret = (body or {}).get("secret_key")
        try:
            reply = await self._client.call(
                self._id,
                method,
                f"{self._base}/webhooks/{own}",
                route="webhooks/:id/" if own else "webhooks/",
                headers=self._headers,
                json=body,
                secrets=[secret] if isinstance(secret, str) else [],
            )
        except (NotSent, MaybeSent) as error:
            raise VendorProblem(f"{error} at webhooks/") from None
        if reply.status not in (200, 201, 204):
            raise VendorProblem(f"answered {reply.status} to {method} webhooks/: {reply.detail()}")

    async def _get(self, path: str, route: str, params: Mapping[str, str]) -> Any:
        reply = await self._client.read(
            self._id, f"{self._base}/{path}", route=route, headers=self._headers, params=params
        )
        return reply.json()

    async def _all(self, model: type[M], path: str, params: Mapping[str, str]) -> list[M]:
        """Every item of a list, each once.

        An item that is added or deleted meanwhile moves the others over the edges of
        pages, so that one can be missed: then the count disagrees and all is read
        again. Raises VendorProblem when it never holds still.
        """
        for _ in range(READINGS):
            found: dict[str, M] = {}
            number, count, more = 0, None, True
            while more:
                number += 1
                if number > MAX_PAGES:
                    raise VendorProblem(f"lists more than {MAX_PAGES} pages of {path}")
                asked = {**params, "page": str(number), "page_size": str(PAGE_SIZE)}
                page = validated(Page, await self._get(path, path, asked), f"a page of {path}")
                for raw in page.results:
                    item = validated(model, raw, f"one of {path}")
                    found[item.id] = item
                count, more = page.count, bool(page.next) and bool(page.results)
            # Of a single page nothing can be missed, whatever it counts.
            if number == 1 or count is None or count == len(found):
                return list(found.values())
        raise VendorProblem(f"moved the pages of {path} while they were read, {READINGS} times")
