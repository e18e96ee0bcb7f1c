"""Staffology's webhooks: one event each, the bare object, unsigned, and a record of every payload.

Assumed: creating answers 201 with the webhook; `Payrun_StateChanged` is sent for every
change, the start of a run included; a webhook is also inactive after a 410.
"""

from functools import partial
from typing import ClassVar

from aiohttp import web

from bot.sandbox.exact import Json, dumps, loads, stable_id
from bot.sandbox.staffology.shapes import item, part, run_json, with_indexes
from bot.sandbox.staffology.state import Employer, Key
from bot.sandbox.staffology.words import EVENTS
from bot.sandbox.vendor import CALL, Vendor, json_reply

State = dict[str, Employer]


class Hooks(Vendor[State]):
    """Staffology without its pay runs."""

    name: ClassVar[str] = "staffology"
    path: ClassVar[str] = ""

    def routes(self) -> None:
        """Serve the webhooks' paths."""
        at = "/employers/{employer}/webhooks"
        self.route("GET", at, "GET /webhooks", self._list_hooks)
        self.route("POST", at, "create_webhook", self._create_hook)
        self.route("GET", f"{at}/samples/{{event}}", "GET /webhooks/samples/:event", self._sample)
        self.route("GET", f"{at}/{{id}}", "GET /webhooks/:id", self._get_hook)
        self.route("PUT", f"{at}/{{id}}", "update_webhook", self._update_hook)
        self.route("DELETE", f"{at}/{{id}}", "delete_webhook", self._delete_hook)
        self.route("GET", f"{at}/{{id}}/payloads", "GET /webhooks/:id/payloads", self._list_payloads)
        self.route(
            "GET", f"{at}/{{id}}/payloads/{{payload}}", "GET /webhooks/:id/payloads/:id", self._get_payload
        )

    def employer(self, request: web.Request, *, now: bool = False) -> Employer:
        """Return the employer of a path, as this read shows it, or with `now` as it is."""
        employer = (self.state if now else self.seen(request)).get(request.match_info["employer"])
        if employer is None:
            raise web.HTTPNotFound
        return employer

    def tell(self, employer: Employer, event: str, key: Key) -> None:
        """Send a run to the webhooks of an event."""
        run = run_json(employer, key)
        if self.faults.take(f"webhook {event}", {"enum_index"}):
            run = with_indexes(run)
        self.deliver(employer, event, dumps(run))

    def deliver(self, employer: Employer, event: str, body: str) -> None:
        """Send a body to the webhooks of an event."""
        for hook in employer.webhooks.values():
            if not hook["active"] or hook["webhookEvent"] != event:
                continue
            payload: Json = {
                "id": stable_id("payload", hook["id"], hook["eventCount"]),
                "name": event,
                "url": hook["url"],
                "created": f"{self.clock.now():%Y-%m-%d}",
                "attempts": 0,
                "statusCode": 0,
                "statusMessage": None,
                "taskStatus": "Queued",
                "payload": loads(body),
            }
            hook["eventCount"] += 1
            employer.payloads.setdefault(hook["id"], []).append(payload)
            told = partial(self._told, hook, payload)
            self.deliveries.send(event, hook["url"], body.encode(), partial(_tried, payload), told)

    def _told(self, hook: Json, payload: Json, status: int | None) -> None:
        payload["statusCode"] = status or 0
        payload["taskStatus"] = "Sent" if status is not None and status < 300 else "Failed"
        if status == 410:
            hook["active"] = False

    async def _list_hooks(self, request: web.Request) -> web.Response:
        employer = self.employer(request)
        at = f"/employers/{employer.id}/webhooks"
        hooks = employer.webhooks.values()
        return json_reply(
            [item(h["id"], h["webhookEvent"], f"{at}/{h['id']}", {"url": h["url"]}) for h in hooks]
        )

    async def _get_hook(self, request: web.Request) -> web.Response:
        employer = self.employer(request)
        hook = _of(employer.webhooks, request)
        sent = employer.payloads.get(hook["id"], [])
        return json_reply({**hook, "lastPayload": sent[-1] if sent else None})

    async def _create_hook(self, request: web.Request) -> web.Response:
        employer = self.employer(request, now=True)
        asked = await _asked(request)
        hook_id = stable_id("webhook", employer.id, len(self.ledger.entries))
        hook = {"id": hook_id, "active": True, **asked, "eventCount": 0}
        employer.webhooks[hook_id] = hook
        request[CALL].acted(hook_id, event=hook["webhookEvent"])
        reply = json_reply(hook, 201)
        reply.headers["Location"] = f"/employers/{employer.id}/webhooks/{hook_id}"
        return reply

    async def _update_hook(self, request: web.Request) -> web.Response:
        hook = _of(self.employer(request, now=True).webhooks, request)
        hook.update(await _asked(request))
        request[CALL].acted(hook["id"])
        return json_reply(hook)

    async def _delete_hook(self, request: web.Request) -> web.Response:
        employer = self.employer(request, now=True)
        hook = _of(employer.webhooks, request)
        del employer.webhooks[hook["id"]]
        request[CALL].acted(hook["id"])
        return web.Response(status=204)

    async def _sample(self, request: web.Request) -> web.Response:
        employer = self.employer(request)
        if not request.match_info["event"].startswith("Payrun_") or not employer.runs:
            return json_reply({})
        return json_reply(run_json(employer, max(employer.runs)))

    async def _list_payloads(self, request: web.Request) -> web.Response:
        employer = self.employer(request)
        hook = _of(employer.webhooks, request)
        at = f"/employers/{employer.id}/webhooks/{hook['id']}/payloads"
        sent = [item(p["id"], p["name"], f"{at}/{p['id']}") for p in employer.payloads.get(hook["id"], [])]
        return json_reply(part(sent, dict(request.query)))

    async def _get_payload(self, request: web.Request) -> web.Response:
        employer = self.employer(request)
        hook = _of(employer.webhooks, request)
        wanted = request.match_info["payload"]
        for payload in employer.payloads.get(hook["id"], []):
            if payload["id"] == wanted:
                return json_reply(payload)
        raise web.HTTPNotFound


def _tried(payload: Json) -> dict[str, str]:
    payload["attempts"] += 1
    payload["taskStatus"] = "Processing"
    return {}


def _of(things: dict[str, Json], request: web.Request) -> Json:
    try:
        return things[request.match_info["id"]]
    except KeyError as error:
        raise web.HTTPNotFound from error


async def _asked(request: web.Request) -> Json:
    asked = loads(await request.read())
    url, event = asked.get("url"), asked.get("webhookEvent")
    if not isinstance(url, str) or not url.startswith("http") or len(url) > 300 or event not in EVENTS:
        raise web.HTTPBadRequest
    return {"url": url, "webhookEvent": event, "active": bool(asked.get("active", True))}
