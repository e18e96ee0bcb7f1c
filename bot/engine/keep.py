"""Keep: once a day what the settings no longer keep is erased, a small batch at a time.

By the time of business, so that a clock that jumps takes it along. Nothing is held up: the
rows are looked for without a lock, and each batch is a short transaction that asks once
more whether they are still to be erased. Killed halfway it begins anew the next day at the
latest, and finds less to do.
"""

import asyncio
from datetime import timedelta

from bot.engine.bot import Bot
from bot.engine.verify import verify_new
from bot.store import audit, away, keeping
from bot.store.keeping import Sweep

EVERY = timedelta(days=1)


async def keep_once(bot: Bot) -> bool:
    """Erase what is older than the settings keep; never anything to go on with at once."""
    now, keep = bot.now(), bot.settings.keep
    sweeps = (
        *keeping.raw(now - keep.raw),
        *keeping.lines(now - keep.lines),
        *keeping.decisions(now - keep.decisions),
    )
    counted: dict[str, int] = {}
    for sweep in sweeps:
        if bot.is_stopping:
            return False
        erased = await _sweep(bot, sweep)
        if erased:
            counted[sweep.counts] = erased
    async with bot.db.write() as tx:
        await keeping.went_through(tx, now)
        await away.forget_ended(tx, now)
        await verify_new(bot, tx)
        if counted:
            await audit.note(tx, now, audit.BOT, "erased what the settings no longer keep", counted=counted)
    if counted:
        bot.log.info("erased what the settings no longer keep", counted=counted)
    return False


async def _sweep(bot: Bot, sweep: Sweep) -> int:
    """All of one kind, in batches; says how many."""
    count, after = 0, None
    while not bot.is_stopping:
        async with bot.db.read() as tx:
            keys = await sweep.find(tx, after)
        if not keys:
            break
        async with bot.db.write() as tx:
            count += await sweep.do(tx, keys)
        after = keys[-1]
        await asyncio.sleep(0)
    return count
