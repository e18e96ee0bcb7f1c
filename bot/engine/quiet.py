"""When there is next something to do: what a clock that jumps may jump to."""

from datetime import datetime

from bot.engine.bot import Bot
from bot.store import decisions, effects, mails, news


async def next_due_at(bot: Bot) -> datetime | None:
    """The next instant at which some row is due; now, where something waits already."""
    async with bot.db.read() as tx:
        if await news.any_unsorted(tx):
            return bot.now()
        found = [
            await news.next_look_at(tx),
            await decisions.next_decision_at(tx),
            await effects.next_effect_at(tx),
            await mails.next_mail_at(tx),
        ]
    return min((at for at in found if at is not None), default=None)
