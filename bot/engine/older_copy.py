"""An older copy of the database was put in place: said in the record and to operations.

What was done after that copy was made is not in it. Nothing is done twice for it: at the
vendors everything is read again before the first action (`Bot.polled`), and an action
reads its pay run once more. But what has no proof at a vendor, a mail, may go out again,
with the Message-ID that it had; and what people decided since then is gone.
"""

from bot.core import words
from bot.core.words import say
from bot.engine.bot import Bot
from bot.engine.seal import lost_heads
from bot.engine.tell import tell
from bot.engine.trace import new_correlation
from bot.store import head


async def say_so(bot: Bot) -> None:
    """At the start, before anything is sealed: where the record ends before its exported head."""
    lost = await lost_heads(bot)
    if not lost:
        return
    last = max(lost, key=lambda one: one.seq)
    until = words.moment(last.at, bot.settings.timezone)
    async with bot.db.write() as tx:
        await head.note_older_copy(tx, bot.now(), lost)
        await tell(
            tx,
            f"older-copy:{last.hash}",
            "notice",
            now=bot.now(),
            correlation=new_correlation("older-copy"),
            title=say("An older copy of the database was put in place"),
            about="everything until " + until,
            says=[
                say(
                    "The permanent record went on until {until}, and what came last is not in this copy",
                    until=until,
                ),
                say("Approvals, pauses, holds and rules signed off since it was made are gone"),
                say(
                    "Every pay run is read at its vendor before anything is done there; "
                    "a mail may come a second time"
                ),
            ],
            do=say("Look at what waits for an answer and at what is held or paused, and say it again."),
        )
    bot.log.warning("an older copy of the database was put in place", last_line=last.seq)
