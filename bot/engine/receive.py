"""Receive: a webhook is verified, stored with fsync, and only then answered.

Nothing else happens on this path. What the news means is found out by whoever looks.
"""

from collections.abc import Mapping
from datetime import datetime

from bot.connectors import Hook, HookRefused
from bot.core.fault import fault_point
from bot.engine.bot import Account, Bot
from bot.store import health, news

KEPT_HEADERS = ("content-type", "user-agent", "date", "gigapay-signature", "x-request-id")
"""Of a webhook's headers only these are stored; a signature proves nothing afterwards."""


class UnknownHook(Exception):
    """No connection or no event of that name takes webhooks. Holds the known ones, for the log."""

    def __init__(self, known: tuple[str, ...]) -> None:
        super().__init__("no such webhook")
        self.known = known


def find_hook(bot: Bot, connection: str, event: str) -> tuple[Account, str]:
    """The account and the event in the vendor's own spelling. Raises UnknownHook."""
    account = bot.accounts.get(connection)
    if account is None or not account.connector.hook_events:
        takes = (one.id for one in bot.accounts.values() if one.connector.hook_events)
        raise UnknownHook(tuple(takes))
    for known in account.connector.hook_events:
        if known.casefold() == event.casefold():
            return account, known
    raise UnknownHook(account.connector.hook_events)


async def receive(
    bot: Bot,
    account: Account,
    event: str,
    *,
    token: str | None,
    headers: Mapping[str, str],
    body: bytes,
    correlation: str,
) -> None:
    """Verify and store one delivery. Raises HookRefused; after it returns, 2xx is owed."""
    await fault_point("hook.received")
    now = bot.now()
    try:
        hook = account.connection.check_hook(event, token, headers, body)
        is_stale = _is_stale(bot, hook, now)
    except HookRefused as refused:
        bot.log.warning("webhook refused", connection=account.id, hook=event, why=str(refused))
        raise
    await fault_point("hook.verified")
    # A header may hold any bytes, and a database takes only characters.
    kept = {
        name: value.encode("utf-8", "replace").decode()
        for name, value in headers.items()
        if name.lower() in KEPT_HEADERS
    }
    async with bot.db.write() as tx:
        await news.receive(
            tx,
            connection=account.id,
            event=event,
            headers=kept,
            body=body,
            kept=hook.kept,
            signature="stale" if is_stale else hook.signature,
            about=hook.about,
            parsed=hook.parsed,
            now=now,
            correlation=correlation,
        )
        await health.set_health(tx, account.id, hook_at=now)
        await fault_point("hook.before_commit")
    await fault_point("hook.committed")
    bot.log.info("webhook stored", connection=account.id, hook=event, stale=is_stale, parsed=hook.parsed)
    bot.wake()


def _is_stale(bot: Bot, hook: Hook, now: datetime) -> bool:
    """Whether a right signature is old: it is kept, and only makes the bot look.

    Raises HookRefused for one of the future, which could be used later.
    """
    if hook.signed_at is None:
        return False
    timing = bot.settings.timing
    if hook.signed_at - now > timing.signature_ahead:
        raise HookRefused("it is signed for the future")
    return now - hook.signed_at > timing.signature_age
