"""When there is next something to do: what the ticks ask, and what a jumping clock jumps to."""

from dataclasses import replace
from datetime import datetime

from bot.engine import in_step, set_back
from bot.engine.bot import Bot
from bot.store.due import Due, due


async def what_is_due(bot: Bot) -> Due:
    """What there is to do now, or from when on, read in one statement."""
    await set_back.notice(bot)
    async with bot.db.read() as tx:
        await bot.backlog.count(tx, bot.clock.wall())
        found = await due(tx, bot.clock.wall())
    return replace(found, to_catch_up=in_step.is_behind(bot, found.in_force))


async def next_due_at(bot: Bot) -> datetime | None:
    """The next instant at which some row is due; now, where something waits already."""
    return (await what_is_due(bot)).first_at(bot.now())
