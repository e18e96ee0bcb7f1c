"""What every path at Gigapay shares: keys, pages, repeats, and the webhooks themselves.

Assumed, because the documents do not say: a request without Integration-ID answers
401, a page past the end 404; an Idempotency-Key replays errors too. What nobody knows
is a switch of `Desk`: whether each attempt of a notification is signed anew, whether a
webhook's secret is shown again, whether the events of a draft of the documents are live.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import ClassVar

from aiohttp import web

from bot.sandbox.exact import Json, dumps, loads, stable_id
from bot.sandbox.gigapay.listing import page
from bot.sandbox.gigapay.state import Event, State
from bot.sandbox.vendor import CALL, Vendor, json_reply

EVENTS = frozenset(
    {f"Employee.{w}" for w in ("created", "notified", "claimed", "verified")}
    | {f"Payout.{w}" for w in ("created", "notified", "accepted")}
    | {"Payrun.created", "Payrun.paid"}
)
STATUS_EVENTS = frozenset({"Employee.status", "Payout.status", "Payrun.status"})
_KEPT = timedelta(hours=24)


def sign(secret: str, t: int, body: bytes) -> str:
    """Return the value of the header `Gigapay-Signature` for a body sent at `t` (Unix seconds)."""
    message = f"{t}.".encode() + body
    return f"t={t},v1={hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()}"


class Desk(Vendor[State]):
    """Gigapay without its payruns and payouts."""

    name: ClassVar[str] = "gigapay"
    path: ClassVar[str] = "/v2/"

    signs_anew: bool = True
    """Whether a repeated notification has the time of the repeat, or that of the first attempt."""
    hides_secrets: bool = False
    """Whether a webhook's secret is shown only in the answer that made it."""
    tells_status: bool = False
    """Whether `*.status` can be subscribed to."""
    allowed: frozenset[str] | None = None
    """The addresses that the key is limited to."""

    def routes(self) -> None:
        """Serve the webhooks' paths."""
        self._replies: dict[str, tuple[datetime, int, str]] = {}
        at = f"{self.path}webhooks/"
        self.route("GET", at, "GET /webhooks/", self._list_webhooks)
        self.route("POST", at, "create_webhook", self._create_webhook)
        self.route("GET", f"{at}{{id}}/", "GET /webhooks/:id/", self._get_webhook)
        self.route("PATCH", f"{at}{{id}}/", "update_webhook", self._update_webhook)
        self.route("PUT", f"{at}{{id}}/", "replace_webhook", self._replace_webhook)
        self.route("DELETE", f"{at}{{id}}/", "delete_webhook", self._delete_webhook)

    def refusal(self, request: web.Request) -> web.Response | None:
        """Redirect a path without its slash, refuse a request without a key."""
        if request.path.startswith(self.path) and (not request.path.endswith("/") or "//" in request.path):
            clean = re.sub("/+", "/", request.path + "/")
            query = f"?{request.query_string}" if request.query_string else ""
            return web.Response(status=307, headers={"Location": clean + query})
        kind, _, key = request.headers.get("Authorization", "").partition(" ")
        if kind != "Token" or not key.strip():
            return self.error(401, "Authentication credentials were not provided.")
        if not request.headers.get("Integration-ID"):
            return self.error(401, "Integration-ID was not provided.")
        if self.allowed is not None and request.remote not in self.allowed:
            return self.error(403, "You do not have permission to perform this action.")
        return None

    # Webhooks

    async def _list_webhooks(self, request: web.Request) -> web.Response:
        return self.paged(request, [self._shown(hook) for hook in self.seen(request).webhooks.values()])

    async def _get_webhook(self, request: web.Request) -> web.Response:
        return json_reply(self._shown(found(self.seen(request).webhooks, request)))

    def _shown(self, hook: Json) -> Json:
        return {**hook, "secret_key": None} if self.hides_secrets else hook

    async def _create_webhook(self, request: web.Request) -> web.Response:
        if (kept := self.replayed(request)) is not None:
            return kept
        asked = await body_of(request)
        if wrong := _webhook_problems(asked, self._events()):
            return self.keep(request, 400, wrong)
        hook = self._webhook(asked)
        if hook["id"] in self.state.webhooks:
            return self.keep(request, 400, {"id": ["A webhook with this id already exists."]})
        self.state.webhooks[hook["id"]] = hook
        request[CALL].acted(hook["id"], events=hook["events"])
        return self.keep(request, 201, hook)

    async def _update_webhook(self, request: web.Request) -> web.Response:
        hook = found(self.state.webhooks, request)
        asked = await body_of(request)
        if wrong := _webhook_problems({**hook, **asked}, self._events()):
            return json_reply(wrong, 400)
        self._store_webhook(hook["id"], {**hook, **asked})
        request[CALL].acted()
        return json_reply({**hook, **asked})

    async def _replace_webhook(self, request: web.Request) -> web.Response:
        hook = found(self.state.webhooks, request)
        asked = await body_of(request)
        if wrong := _webhook_problems(asked, self._events()):
            return json_reply(wrong, 400)
        new = self._webhook({"id": hook["id"], **asked})
        self._store_webhook(hook["id"], new)
        request[CALL].acted()
        return json_reply(new)

    async def _delete_webhook(self, request: web.Request) -> web.Response:
        del self.state.webhooks[found(self.state.webhooks, request)["id"]]
        request[CALL].acted()
        return web.Response(status=204)

    def _events(self) -> frozenset[str]:
        return EVENTS | STATUS_EVENTS if self.tells_status else EVENTS

    def _store_webhook(self, old_id: str, hook: Json) -> None:
        del self.state.webhooks[old_id]
        self.state.webhooks[str(hook["id"])] = hook

    def _webhook(self, asked: Json) -> Json:
        self.state.made += 1
        made = self.state.made
        return {
            "id": str(asked.get("id") or stable_id("webhook", made)),
            "url": asked["url"],
            "events": asked["events"],
            "secret_key": asked.get("secret_key") or stable_id("secret", made).replace("-", ""),
            "metadata": asked.get("metadata", {}),
        }

    def tell(self, events: Iterable[Event]) -> None:
        for event, thing in events:
            body = dumps(thing).encode()
            for hook in self.state.webhooks.values():
                if event in hook["events"]:
                    secret = str(hook["secret_key"])
                    once = self._signed(secret, body)
                    headers = partial(self._signed, secret, body) if self.signs_anew else once.copy
                    self.deliveries.send(event, hook["url"], body, headers)

    def _signed(self, secret: str, body: bytes) -> dict[str, str]:
        return {"Gigapay-Signature": sign(secret, int(self.clock.now().timestamp()), body)}

    # Pages and repeats

    def paged(self, request: web.Request, items: list[Json]) -> web.Response:
        shown = page(items, request.url, dict(request.query), request[CALL].drift)
        return self.error(404, "Invalid page.") if shown is None else json_reply(shown)

    def replayed(self, request: web.Request) -> web.Response | None:
        """Answer a repeated Idempotency-Key as the first time, for 24 hours; errors too."""
        key = request.headers.get("Idempotency-Key")
        kept = self._replies.get(f"{request.path} {key}")
        if key is None or kept is None or self.clock.now() - kept[0] > _KEPT:
            return None
        request[CALL].more["replayed"] = True
        return web.Response(text=kept[2], status=kept[1], content_type="application/json")

    def keep(self, request: web.Request, status: int, value: object) -> web.Response:
        if (key := request.headers.get("Idempotency-Key")) is not None:
            self._replies[f"{request.path} {key}"] = (self.clock.now(), status, dumps(value))
        return json_reply(value, status)


def found(things: dict[str, Json], request: web.Request) -> Json:
    try:
        return things[request.match_info["id"]]
    except KeyError as error:
        raise web.HTTPNotFound from error


async def body_of(request: web.Request) -> Json:
    asked = loads(await request.read() or b"{}")
    return asked if isinstance(asked, dict) else {}


def _webhook_problems(asked: Json, events: frozenset[str]) -> Json:
    wrong: Json = {f: ["This field is required."] for f in ("url", "events") if not asked.get(f)}
    if unknown := sorted(set(asked.get("events", ())) - events):
        wrong["events"] = [f'"{unknown[0]}" is not a valid choice.']
    return wrong
