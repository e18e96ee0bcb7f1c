"""Set a resource apart: the journal says of it what cannot be, or deciding about it fails.

Nothing is done about it at its vendor, and time no longer brings it up; everything else
runs on. A person is told once, and takes it up again. Where a reading was the trouble, the
next one that can be decided ends it, too.
"""

from sqlalchemy import select

from bot.core.words import say
from bot.engine.bot import Bot
from bot.engine.ending import say_lost
from bot.engine.tell import tell
from bot.store import approvals, audit, decisions, effects, parked, waits
from bot.store.codec import fingerprint
from bot.store.database import Tx
from bot.store.effects import Effect
from bot.store.tables import resource as known

DECIDING_FAILED = say(
    "payrunbot met an error of its own while it decided about it; what went wrong is in the log"
)


async def park_resource(
    bot: Bot, tx: Tx, resource: str, why: str, *, ends_by_reading: bool = False, connection: str = ""
) -> None:
    """Keep the bot off a resource until somebody takes it up again. One that is set apart already stays so.

    `why` is in the reader's words. The same trouble of the same resource is told once a day.
    """
    now = bot.now()
    if not await parked.park(tx, resource, why=why, ends_by_reading=ends_by_reading, now=now):
        return
    await decisions.not_due(tx, resource)
    await audit.note(tx, now, audit.BOT, "set apart", resource=resource, why=why)
    bot.log.error("set apart", resource=resource, why=why)
    of_it = (await tx.execute(select(known.c.connection).where(known.c.id == resource))).scalar_one_or_none()
    await tell(
        tx,
        f"set-apart:{resource}:{fingerprint([why, now.date().isoformat()])}",
        "set_apart",
        now=now,
        correlation=f"apart-{fingerprint(resource)[:12]}",
        connection=of_it or connection,
        # One that was never read is only named: a mail cannot be about it.
        resource=resource if of_it else "",
        about=resource,
        why=why,
    )


async def park_effect(bot: Bot, tx: Tx, odd: Effect, why: str) -> None:
    """Leave one effect to a person, and set apart what it is about."""
    now = bot.now()
    if await parked.set_aside(tx, odd.key, odd.round, reason=why, now=now):
        await approvals.close_of(tx, odd.key, odd.round, why=why, now=now)
        await audit.note(
            tx, now, audit.BOT, "parked", resource=odd.resource or None, effect=odd.name, why=why
        )
        if not odd.resource:
            await say_lost(bot, tx, odd, say("{why}, so nobody gets that mail", why=why))
    if odd.resource:
        await park_resource(bot, tx, odd.resource, why, connection=odd.connection)


async def take_up_by_reading(bot: Bot, tx: Tx, resource: str) -> None:
    """It was read and decided well: where that was all that kept it apart, it no longer is."""
    if await parked.end(tx, resource, by_reading=True):
        now = bot.now()
        await audit.note(tx, now, audit.BOT, "took up again", resource=resource)
        await hurry_all(tx, resource, bot)


async def hurry_all(tx: Tx, resource: str, bot: Bot) -> None:
    """Make whatever waits of a resource look again."""
    for effect in await effects.of_resource(tx, resource):
        await waits.hurry(tx, effect.key, effect.round, bot.now())
