"""Receive: a webhook is verified, stored with fsync, and only then answered.

Nothing else happens on this path. What the news says is read when it is sorted, and what it
means is found out by whoever looks. What is said of it in the log and the metrics is said
once a commit, for all webhooks that were in it.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from pydantic_core import PydanticSerializationError, to_json

from bot.connectors import Hook, HookRefused
from bot.core.fault import fault_point
from bot.engine.receiver import Account, Receiver
from bot.store.intake import Batch, Delivery

KEPT_HEADERS = frozenset(("content-type", "user-agent", "date", "gigapay-signature", "x-request-id"))
"""Of a webhook's headers only these are stored; a signature proves nothing afterwards."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class UnknownHook(Exception):
    """No connection or no event of that name takes webhooks. Holds the known ones, for the log."""

    def __init__(self, known: tuple[str, ...]) -> None:
        super().__init__("no such webhook")
        self.known = known


def find_hook(bot: Receiver, connection: str, event: str) -> tuple[Account, str]:
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
    bot: Receiver,
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
        bot.log.warning(
            "webhook refused", connection=account.id, hook=event, why=str(refused), correlation=correlation
        )
        raise
    await fault_point("hook.verified")
    digest = sha256(body).hexdigest()
    batch = await bot.db.take_in(
        Delivery(
            connection=account.id,
            event=event,
            dedupe_key=f"{event}:{digest}",
            at=(now - _EPOCH) // _MICROSECOND,
            deliveries=1,
            headers=_kept(headers),
            raw=hook.kept,
            sha256=digest,
            signature="stale" if is_stale else hook.signature,
            correlation=correlation,
        )
    )
    await fault_point("hook.committed")
    if not batch.is_told:
        batch.is_told = True
        _tell(bot, batch)


def _tell(bot: Receiver, batch: Batch) -> None:
    """Of a whole commit: it is logged and counted, and what it brought is sorted."""
    stored = Counter(one.connection for one in batch.deliveries)
    for connection, count in stored.items():
        bot.measures.hook(connection, "stored", count)
    bot.backlog.took(len(batch.deliveries))
    bot.log.info(
        "webhooks stored",
        count=len(batch.deliveries),
        stale=sum(one.signature == "stale" for one in batch.deliveries),
        connections=sorted(stored),
        correlations=[one.correlation for one in batch.deliveries],
    )
    bot.wake()


def _kept(headers: Mapping[str, str]) -> str:
    kept = {name: value for name, value in headers.items() if name.lower() in KEPT_HEADERS}
    try:
        return to_json(kept).decode()
    except PydanticSerializationError:
        # A header may hold any bytes, and a database takes only characters.
        return to_json({name: _characters(value) for name, value in kept.items()}).decode()


def _characters(value: str) -> str:
    return value.encode("utf-8", "replace").decode()


def _is_stale(bot: Receiver, hook: Hook, now: datetime) -> bool:
    """Whether a right signature is old: it is kept, and only makes the bot look.

    Raises HookRefused for one of the future, which could be used later.
    """
    if hook.signed_at is None:
        return False
    timing = bot.settings.timing
    if hook.signed_at - now > timing.signature_ahead:
        raise HookRefused("it is signed for the future")
    return now - hook.signed_at > timing.signature_age
