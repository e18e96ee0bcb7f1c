"""Seal: chain the audit lines that have been written since, so that a change shows."""

from hashlib import sha256

from bot.core.fault import fault_point
from bot.engine.bot import Bot
from bot.store import audit


def audit_keys(bot: Bot) -> list[tuple[str, bytes]]:
    """(id, key), the one that writes first. The id is a hash, so that it tells nothing."""
    keys = [secret.get_secret_value().encode() for secret in bot.settings.keys.audit]
    return [(sha256(key).hexdigest()[:12], key) for key in keys]


async def seal_once(bot: Bot) -> bool:
    """Seal what is there; True where there may be more."""
    key_id, key = audit_keys(bot)[0]
    await fault_point("audit.before_seal")
    async with bot.db.write() as tx:
        sealed = await audit.seal(tx, key, key_id)
    await fault_point("audit.sealed")
    return sealed > 0
