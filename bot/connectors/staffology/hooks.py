"""Staffology's webhooks: unsigned as far as is documented, so an unguessable address is the proof.

The body is the bare object. A run in it says which one to look at; anything else says
to look at the list. A reply of 410 would switch the webhook off, and is never given.
"""

import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.connectors import Hook
from bot.connectors.problem import HookRefused, VendorProblem
from bot.connectors.staffology.address import RunAddress
from bot.connectors.staffology.api import StaffologyApi
from bot.connectors.staffology.kind import PAYRUN
from bot.connectors.staffology.models import Named
from bot.connectors.staffology.wire import snaked
from bot.connectors.values import hook_json, validated, without
from bot.core.words import say

EVENTS = ("Payrun_StateChanged", "Payrun_Finalised")
MAX_URL = 300

_NAMING = ("taxYear", "payPeriod", "period", "ordinal", "version")
_NOT_KEPT = frozenset(
    {"name", "firstname", "lastname", "fullname", "middlename", "email", "title", "address"}
)


def check(token: str | None, body: bytes, tokens: Sequence[str]) -> Hook:
    """The webhook, if its address holds one of our tokens. Raises HookRefused."""
    given = (token or "").encode("utf-8", "replace")
    fits = [hmac.compare_digest(one.encode(), given) for one in tokens]
    if not any(fits):
        raise HookRefused(
            "its address does not hold our token" if tokens else "this connection has no webhook_token"
        )
    parsed = hook_json(body)
    return Hook(signature="token", kept=b"" if parsed is None else _kept(parsed))


def about(event: str, body: bytes) -> tuple[tuple[str, str], ...] | None:
    """The pay run that a stored body is; None for a body that is no object."""
    parsed = hook_json(body)
    return _about(parsed) if isinstance(parsed, dict) else None


def _kept(parsed: Any) -> bytes:
    return json.dumps(without(parsed, _NOT_KEPT)).encode()


def _about(body: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    address = address_in({key: value for key, value in body.items() if key in _NAMING})
    return () if address is None else ((PAYRUN.name, str(address)),)


def address_in(body: object) -> RunAddress | None:
    """The run that a webhook's body is; None for one that is none."""
    if not isinstance(body, dict):
        return None
    try:
        return validated(Named, snaked(body), say("a webhook")).address
    except VendorProblem:
        return None


async def register(
    api: StaffologyApi, connection: str, public_url: str, tokens: Sequence[str]
) -> tuple[str, ...]:
    """Make the webhooks of this connection what they should be; says what was changed.

    Only addresses under this connection's own path are touched, and the token in them
    is not repeated in what is said. Raises VendorProblem.
    """
    if not tokens:
        raise VendorProblem(say("needs a webhook_token before its webhooks can be registered"))
    prefix = f"{public_url.rstrip('/')}/hooks/{connection}/"
    wanted = {f"{prefix}{event}/{tokens[0]}": event for event in EVENTS}
    if any(len(url) > MAX_URL for url in wanted):
        raise VendorProblem(
            say("takes addresses of at most {most} characters; the webhook_token is too long", most=MAX_URL)
        )
    done: list[str] = []
    right: set[str] = set()
    for hook in await api.webhooks():
        if not hook.url.startswith(prefix):
            continue
        event = wanted.get(hook.url)
        if event is None or hook.url in right:
            await api.change_webhook("DELETE", hook.id, None)
            done.append(f"removed a webhook under {prefix}")
            continue
        right.add(hook.url)
        if hook.webhook_event != event or hook.active is False:
            await api.change_webhook("PUT", hook.id, _body(hook.url, event))
            done.append(f"mended {event}")
    for url, event in wanted.items():
        if url not in right:
            await api.change_webhook("POST", None, _body(url, event))
            done.append(f"registered {event}")
    return tuple(done)


async def unregister(api: StaffologyApi, connection: str, public_url: str) -> tuple[str, ...]:
    """Take away every webhook under this connection's own path, whatever token is in it."""
    prefix = f"{public_url.rstrip('/')}/hooks/{connection}/"
    own = [hook for hook in await api.webhooks() if hook.url.startswith(prefix)]
    for hook in own:
        await api.change_webhook("DELETE", hook.id, None)
    return tuple(f"removed a webhook under {prefix}" for _ in own)


def _body(url: str, event: str) -> dict[str, object]:
    return {"url": url, "webhookEvent": event, "active": True}
