"""Mails put in line by hand, each to one person, and what the mail server got of them."""

from bot.core.rank import Rank
from bot.mail.message import Message
from bot.store import mails
from bot.store.mails import Mail, Ready

from .stand import Stand, subject

OPS = "ops@example.com"


async def add(stand: Stand, *titles: str, to: str = OPS, rank: Rank = Rank.USUAL) -> None:
    """Queue a mail for each title, in this order; nothing is sent yet."""
    now = stand.clock.now()
    async with stand.bot.db.write() as tx:
        for title in titles:
            message_id = f"<{title}.{to}>"
            message = Message(
                message_id=message_id, recipient=to, at=now, subject=title, text=title, html=f"<p>{title}</p>"
            )
            ready = Ready(message_id, to, "notice", title, stand.bot.mailer.build(message), rank)
            await mails.queue(tx, [ready], cause=title, now=now, correlation="c", effect_key=title, round=1)


async def all_mails(stand: Stand) -> list[Mail]:
    """Oldest first."""
    async with stand.bot.db.read() as tx:
        return sorted(await mails.recent(tx), key=lambda one: (one.created_at, one.message_id))


def sent_to(stand: Stand, to: str = OPS) -> list[str]:
    """Subjects, in the order they were accepted."""
    return [subject(one.message) for one in stand.inbox.to(to)]


def bounded(stand: Stand, *, per_hour: int = 200, per_hour_each: int = 30) -> None:
    """Let the settings allow so many mails an hour."""
    mail = stand.bot.settings.mail.model_copy(update={"per_hour": per_hour, "per_hour_each": per_hour_each})
    stand.bot.settings = stand.bot.settings.model_copy(update={"mail": mail})
