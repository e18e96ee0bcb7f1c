"""Notice a clock that was set back, and don't sleep until the time that it used to say.

Somebody sets the machine's clock, or a time server does. A list that was to be read
"tomorrow at noon" would then not be read for a day and a cut-off would pass unseen, so
whatever waits is looked at anew. Forward needs nothing: what has come is due.
"""

from datetime import datetime, timedelta

from bot.engine.bot import Bot
from bot.store import set_back

AT_LEAST = timedelta(minutes=1)
"""Less is a clock being kept right, and nothing waits noticeably longer for it."""


async def notice(bot: Bot) -> None:
    """Compare with the latest time that was seen; the first time with what the audit has."""
    now = bot.now()
    latest = bot.latest_now
    if latest is None:
        async with bot.db.read() as tx:
            latest = await set_back.newest_line_at(tx)
    bot.latest_now = now
    if latest is not None and now < latest - AT_LEAST:
        await _go_on(bot, now, latest)


async def _go_on(bot: Bot, now: datetime, latest: datetime) -> None:
    timing = bot.settings.timing
    async with bot.db.write() as tx:
        await set_back.do_now_what_waits(tx, now)
        await set_back.bound_waits(tx, bot.clock.wall(), lease=timing.lease, quarantine=timing.quarantine)
    bot.log.warning("the clock was set back", by_s=round((latest - now).total_seconds()))
