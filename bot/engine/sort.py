"""Sort: what a stored webhook says is read, and becomes the wish to look at what it is about.

It is read here and not where it is received, since nobody waits here for an answer.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from bot.core.fault import fault_point
from bot.engine import connection_health
from bot.engine.bot import Bot
from bot.store import health, news
from bot.store.database import Tx
from bot.store.news import About, Unsorted

BREATHES_EVERY = 64 * 1024
"""Bytes of bodies after which others have a turn at the processor."""


async def sort_inbox(bot: Bot) -> bool:
    """Turn stored webhooks into looks; True where there were any."""
    async with bot.db.write() as tx:
        rows = await news.unsorted(tx)
        abouts, read = {}, 0
        for row in rows:
            abouts[row.id] = about = row.about if row.about is not None else _read(bot, row)
            if about is not None:
                await news.sort(tx, row, about, now=bot.now(), gap=bot.settings.timing.look_gap)
            read += len(row.raw or b"")
            if read > BREATHES_EVERY:
                read = 0
                await asyncio.sleep(0)
        await news.set_sorted(tx, abouts)
        if rows:
            await _note_last(bot, tx, rows)
            await connection_health.news_of(bot, tx)
        await fault_point("inbox.before_sort")
    await fault_point("inbox.sorted")
    if rows:
        bot.wake()  # there is something to look at now
    return bool(rows)


def _read(bot: Bot, row: Unsorted) -> About | None:
    """What it is about, or None where nobody can say: the body, or a connection that has left."""
    account = bot.accounts.get(row.connection)
    read = account.connector.hook_about if account is not None else None
    return read(row.event, row.raw) if read is not None and row.raw is not None else None


async def _note_last(bot: Bot, tx: Tx, rows: Sequence[Unsorted]) -> None:
    """When each connection was last heard of by webhook; one that is replayed is none that came."""
    last: dict[str, datetime] = {}
    for row in rows:
        last[row.connection] = max(row.delivered_at, last.get(row.connection, row.delivered_at))
    for connection, at in last.items():
        known = (await health.health(tx, connection)).hook_at
        if connection in bot.accounts and (known is None or at > known):
            await health.set_health(tx, connection, hook_at=at)
