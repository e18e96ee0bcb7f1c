"""Replay: stored webhooks are made news again, and go the same way as when they came.

Nothing is done twice by that. A webhook only makes the bot look, and what follows from
looking has one key in the journal, whatever made it look.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement

from bot.core.fault import fault_point
from bot.core.words import joined, say, say_many
from bot.engine.approve import NothingToDecide
from bot.engine.bot import Bot
from bot.engine.may import Deed, check
from bot.settings import Person
from bot.store import audit, replays
from bot.store.database import Tx
from bot.store.replays import UNPARSED, Stored

BATCH = 500
"""Webhooks in one transaction, so that those that come meanwhile never wait long."""

TWICE = say("Nothing is done twice by it: what was done is on record.")


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many are news again, how many still cannot be read, and the sentence that says so."""

    count: int
    unreadable: int
    said: str


async def replay_one(bot: Bot, person: Person, event: str) -> Replayed:
    """One webhook, by its number or its id in the log. Raises NotAllowed, NothingToDecide."""
    done = await _replay(bot, person, replays.called(event), tuple(bot.accounts), event=event[:80])
    if not done.count and not done.unreadable:
        raise NothingToDecide(say("There is no such webhook, or it waits to be worked on already."))
    return done


async def replay_failed(bot: Bot, person: Person, since: datetime) -> Replayed:
    """Those since then that nobody could read, or look at what they were about. Raises NotAllowed."""
    which = replays.failed_since(since)
    return await _replay(bot, person, which, tuple(bot.accounts), failed_since=since.isoformat())


async def replay_everything(bot: Bot, person: Person, connection: str | None) -> Replayed:
    """All that are stored, of one connection where it is named. Raises NotAllowed, NothingToDecide."""
    if connection is not None and connection not in bot.accounts:
        raise NothingToDecide(say("There is no connection {connection}.", connection=connection))
    wanted = (connection,) if connection is not None else tuple(bot.accounts)
    return await _replay(bot, person, None, wanted, everything=True, connection=connection)


async def _replay(
    bot: Bot,
    person: Person,
    which: ColumnElement[bool] | None,
    connections: Sequence[str],
    **asked: Any,
) -> Replayed:
    check(bot.settings, person, Deed.REPLAY)
    async with bot.db.read() as tx:
        # What comes from now on is news by itself, and would never let this end.
        up_to = await replays.newest(tx)
    last, count, unreadable = 0, 0, 0
    while last < up_to:
        async with bot.db.write() as tx:
            batch = await replays.some(tx, which, connections, after=last, up_to=up_to, at_most=BATCH)
            news = [await _make_news(bot, tx, one) for one in batch]
            count += sum(news)
            unreadable += len(news) - sum(news)
            last = batch[-1].id if len(batch) == BATCH else up_to
            if last == up_to:
                await audit.note(
                    tx, bot.now(), person.id, "replayed", webhooks=count, unreadable=unreadable, **asked
                )
            await fault_point("replay.before_commit")
        await fault_point("replay.committed")
        bot.wake()
    return Replayed(count, unreadable, _said(count, unreadable))


async def _make_news(bot: Bot, tx: Tx, one: Stored) -> bool:
    """Whether it is news now; not where it still cannot be read."""
    if one.state != UNPARSED:
        await replays.make_news(tx, one.id)
        return True
    account = bot.accounts.get(one.connection)  # None where it was removed, or has left the settings
    about = account.connector.hook_about if account is not None else None
    known = about(one.event, one.raw) if about is not None and one.raw else None
    if known is None:
        return False
    await replays.make_news(tx, one.id, about=known)
    return True


def _said(count: int, unreadable: int) -> str:
    what = say_many(
        count,
        "{count} webhook is worked on again. {twice}",
        "{count} webhooks are worked on again. {twice}",
        twice=TWICE,
    )
    return joined((what, say("{count} still cannot be read.", count=unreadable)), " ") if unreadable else what
