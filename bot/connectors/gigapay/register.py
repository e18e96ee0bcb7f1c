"""Keeping Gigapay's own list of webhooks as it should be: one address for each event.

Two things are not documented, so each is taken either way. Whether an event of the newer
family is live: refused, it is said, and the others go on. And whether a secret is shown
again: where it is not, a print of it in the webhook's metadata tells that it was changed.
"""

import hashlib
from collections.abc import Sequence

from bot.connectors.gigapay.api import GigapayApi, UnknownEvent
from bot.connectors.gigapay.hooks import EVENTS, MAYBE
from bot.connectors.gigapay.models import Webhook, WebhookChange
from bot.connectors.problem import VendorProblem
from bot.core.words import joined, say

PRINT = "payrunbot_secret_print"


async def register(
    api: GigapayApi,
    connection: str,
    public_url: str,
    secrets: Sequence[str],
    events: Sequence[str] = EVENTS,
) -> tuple[str, ...]:
    """Make Gigapay's webhooks of this connection what they should be; says what was changed.

    Only addresses under this connection's own path are touched. The first secret is
    the one Gigapay is to sign with. Without events all of them go. Raises VendorProblem,
    for a documented event that Gigapay refuses only after all the others are done.
    """
    prefix = f"{public_url.rstrip('/')}/hooks/{connection}/"
    wanted = {f"{prefix}{event}": event for event in events}
    secret = next(iter(secrets), None)
    done: list[str] = []
    refused: list[str] = []
    right: set[str] = set()
    for hook in await api.webhooks():
        if not hook.url.startswith(prefix):
            continue
        event = wanted.get(hook.url)
        if event is None or hook.url in right:
            await api.delete_webhook(hook.id)
            done.append(say("removed {url}", url=hook.url))
            continue
        right.add(hook.url)
        if hook.events != (event,) or not _has_secret(hook, secret):
            await api.update_webhook(hook.id, _asked(hook.url, event, secret, hook))
            done.append(say("mended {url}", url=hook.url))
    for url, event in wanted.items():
        if url in right:
            continue
        try:
            await api.create_webhook(_asked(url, event, secret))
        except UnknownEvent as unknown:
            if event in MAYBE:
                done.append(
                    say(
                        "left out {url}: Gigapay does not tell of {event} ({problem})",
                        url=url,
                        event=event,
                        problem=unknown.what,
                    )
                )
            else:
                refused.append(joined((event, unknown.what), ": "))
        else:
            done.append(say("registered {url}", url=url))
    if refused:
        raise VendorProblem(joined((*refused, *done), "; "))
    return tuple(done)


def _has_secret(hook: Webhook, secret: str | None) -> bool:
    if secret is None:
        return True
    if hook.secret_key is not None:
        return hook.secret_key == secret
    return (hook.metadata or {}).get(PRINT) == _print(secret)


def _print(secret: str) -> str:
    return hashlib.sha256(f"payrunbot webhook {secret}".encode()).hexdigest()[:16]


def _asked(url: str, event: str, secret: str | None, there: Webhook | None = None) -> WebhookChange:
    if secret is None:
        return WebhookChange(url=url, events=(event,))
    metadata = {**((there.metadata if there else None) or {}), PRINT: _print(secret)}
    return WebhookChange(url=url, events=(event,), secret_key=secret, metadata=metadata)
