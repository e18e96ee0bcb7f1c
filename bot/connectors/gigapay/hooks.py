"""Gigapay's webhooks: verified by hand, and registered one address for each event.

A notification is the bare object and names neither its event nor its delivery; the
event is in the address. The vendor's JavaScript sample signs with SHA-512; its text,
its other samples and the signature it shows are SHA-256.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bot.connectors import Hook
from bot.connectors.gigapay.api import GigapayApi
from bot.connectors.problem import HookRefused
from bot.connectors.values import hook_json, without

EVENTS = ("Payrun.created", "Payrun.paid", "Payout.created", "Payout.notified", "Payout.accepted")

_PARTS_AT_MOST = 20
_NOT_KEPT = frozenset(
    {"app", "pdf", "pdf_url", "name", "email", "cellphone_number", "description", "address"}
)
_TOKEN = re.compile(rb"(?i)token=[^\s\"&\\]+")


def check(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], event: str) -> Hook:
    """The webhook, if one of the secrets signed these bytes. Raises HookRefused."""
    header = next((value for key, value in headers.items() if key.lower() == "gigapay-signature"), "")
    stamp, signatures = _parts(header)
    if not secrets:
        raise HookRefused("this connection has no webhook_secret")
    signed = stamp.encode() + b"." + body
    expected = [hmac.new(one.encode(), signed, hashlib.sha256).hexdigest().encode() for one in secrets]
    # Every pair is compared, so that the time taken tells nothing about which fits.
    fits = [hmac.compare_digest(ours, theirs) for ours in expected for theirs in signatures]
    if not any(fits):
        raise HookRefused("its signature is not ours")
    signed_at = datetime.fromtimestamp(int(stamp), UTC)
    parsed = _object(body)
    return Hook(
        signature="verified",
        about=_about(event, parsed) if parsed is not None else (),
        parsed=parsed is not None,
        signed_at=signed_at,
        kept=json.dumps(without(parsed, _NOT_KEPT)).encode()
        if parsed is not None
        else _TOKEN.sub(b"token=", body),
    )


def _parts(header: str) -> tuple[str, list[bytes]]:
    stamp, signatures = "", []
    for part in header.split(",")[:_PARTS_AT_MOST]:
        key, _, value = part.strip().partition("=")
        if key == "t":
            stamp = value
        elif key == "v1":
            signatures.append(value.encode("utf-8", "replace"))
    if not re.fullmatch(r"[0-9]{1,11}", stamp) or not signatures:
        raise HookRefused("it has no Gigapay-Signature as documented")
    return stamp, signatures


def _object(body: bytes) -> dict[str, Any] | None:
    found = hook_json(body)
    return found if isinstance(found, dict) else None


def about(event: str, body: bytes) -> tuple[tuple[str, str], ...] | None:
    """The payrun that a stored body is about; None for a body that is no object."""
    parsed = _object(body)
    return _about(event, parsed) if parsed is not None else None


def _about(event: str, body: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The payrun that a body is of, or that its payout is in; nothing where it does not say."""
    inside = body.get("payrun") if event.lower().startswith("payout.") else body.get("id")
    inside = inside.get("id") if isinstance(inside, dict) else inside
    named = isinstance(inside, (str, int)) and not isinstance(inside, bool) and str(inside)
    return (("gigapay.payrun", str(inside)),) if named else ()


async def register(
    api: GigapayApi,
    connection: str,
    public_url: str,
    secrets: Sequence[str],
    events: Sequence[str] = EVENTS,
) -> tuple[str, ...]:
    """Make Gigapay's webhooks of this connection what they should be; says what was changed.

    Only addresses under this connection's own path are touched. The first secret is
    the one Gigapay is to sign with. Without events all of them go. Raises VendorProblem.
    """
    prefix = f"{public_url.rstrip('/')}/hooks/{connection}/"
    wanted = {f"{prefix}{event}": event for event in events}
    done: list[str] = []
    right: set[str] = set()
    for hook in await api.webhooks():
        if not hook.url.startswith(prefix):
            continue
        event = wanted.get(hook.url)
        if event is None or hook.url in right:
            await api.change_webhook("DELETE", hook.id, None)
            done.append(f"removed {hook.url}")
            continue
        right.add(hook.url)
        same_secret = hook.secret_key is None or hook.secret_key == next(iter(secrets), hook.secret_key)
        if hook.events != (event,) or not same_secret:
            await api.change_webhook("PATCH", hook.id, _body(hook.url, event, secrets))
            done.append(f"mended {hook.url}")
    for url, event in wanted.items():
        if url not in right:
            await api.change_webhook("POST", None, _body(url, event, secrets))
            done.append(f"registered {url}")
    return tuple(done)


def _body(url: str, event: str, secrets: Sequence[str]) -> dict[str, object]:
    return {"url": url, "events": [event], **({"secret_key": secrets[0]} if secrets else {})}
