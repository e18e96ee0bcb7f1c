"""Seal: chain the audit lines that have been written since, so that a change shows.

One process at a time does it, under a lease that is held for one batch. After each batch
the end of the chain is exported to a file beside the database: see `store.head`.
"""

import asyncio
from hashlib import sha256
from pathlib import Path

from bot.core.fault import fault_point
from bot.core.words import say
from bot.engine.bot import Bot
from bot.engine.tell import tell
from bot.engine.trace import new_correlation
from bot.settings import Settings
from bot.store import audit, leases
from bot.store import head as heads
from bot.store.database import Tx
from bot.store.head import Head, HeadProblem

SEALER = "seal"
"""The name of the lease."""


def audit_keys(bot: Bot) -> list[tuple[str, bytes]]:
    """(id, key), the one that writes first."""
    return keys_of(bot.settings)


def keys_of(settings: Settings) -> list[tuple[str, bytes]]:
    """The same of settings. The id is a hash, so that it tells nothing."""
    keys = [secret.get_secret_value().encode() for secret in settings.keys.audit]
    return [(sha256(key).hexdigest()[:12], key) for key in keys]


def head_file(bot: Bot) -> Path | None:
    """Where the head goes: as the settings say, else beside a database that is a file."""
    if bot.settings.audit_head is not None:
        return bot.settings.audit_head
    path = bot.db.path
    return path.with_name(f"{path.name}.head") if path is not None else None


async def seal_once(bot: Bot) -> bool:
    """Seal what is there and export the head; True where there may be more.

    Nothing while another process does it. One that was frozen here finds another fence
    when it wakes, and leaves the chain to whoever has it now.
    """
    async with bot.db.read() as tx:
        if not await audit.any_unsealed(tx):
            return False
    key_id, key = audit_keys(bot)[0]
    wall, lasts = bot.lease()
    async with bot.db.write() as tx:
        fence = await leases.take(tx, SEALER, bot.holder, until=wall + lasts, wall=wall)
    if fence is None:
        return False
    await fault_point("audit.before_seal")
    async with bot.db.write() as tx:
        if not await leases.still_holds(tx, SEALER, bot.holder, fence):
            bot.log.warning("somebody else seals the record now")
            return False
        await _say_new_key(bot, tx, key_id)
        sealed = await audit.seal(tx, key, key_id)
        last = await audit.last_sealed(tx)
        await leases.give_back(tx, SEALER, bot.holder, fence, wall=wall)
    await fault_point("audit.sealed")
    if last is not None and sealed:
        await _export(bot, Head(last.seq, last.hash, last.key_id, bot.clock.wall()), key)
    return sealed > 0


async def _say_new_key(bot: Bot, tx: Tx, key_id: str) -> None:
    """Put into the record that another key seals it from here on."""
    last = await audit.last_sealed(tx)
    if last is not None and last.key_id != key_id:
        await audit.note(
            tx, bot.now(), audit.BOT, "sealed with a new key", key_before=last.key_id, key_now=key_id
        )


async def _export(bot: Bot, head: Head, key: bytes) -> None:
    """Sealing goes on where the file cannot be written: operations are told, once a day."""
    path = head_file(bot)
    if path is None:
        return
    try:
        await asyncio.to_thread(heads.export, path, head, key)
    except OSError as error:
        bot.log.error("the head of the record could not be exported", file=str(path), why=error.strerror)
        async with bot.db.write() as tx:
            await tell(
                tx,
                f"head-not-exported:{bot.now().date().isoformat()}",
                "notice",
                now=bot.now(),
                correlation=new_correlation("head"),
                title=say("The end of the permanent record cannot be kept outside the database"),
                about=str(path),
                says=[
                    say("{path} cannot be written: {error}", path=path, error=error.strerror),
                    say(
                        "The record itself is kept; that its last lines are all there cannot be shown "
                        "meanwhile."
                    ),
                ],
                do=say("Make room there or mend its permissions, or name another file as audit_head."),
            )


async def lost_heads(bot: Bot) -> tuple[Head, ...]:
    """The exported heads, where the record ends before them: an older copy was put in place.

    For the start, before anything is sealed; `head.note_older_copy` then accounts for them.
    Empty where the two agree or the record says so already, and where there is no head to
    compare with: the file's own troubles are for `audit verify`.
    """
    path = head_file(bot)
    if path is None or not await asyncio.to_thread(path.is_file):
        return ()
    try:
        exported = await asyncio.to_thread(heads.read, path, dict(audit_keys(bot)))
    except HeadProblem as problem:
        bot.log.warning("the exported head of the record was not compared", why=str(problem))
        return ()
    async with bot.db.read() as tx:
        found = await heads.gaps(tx, exported)
        last = await audit.last_sealed(tx)
    ends_at = last.seq if last is not None else 0
    return exported if any(one.excused_at is None and one.head.seq > ends_at for one in found) else ()
