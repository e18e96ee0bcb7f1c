"""Mutes: a person lets nobody be alerted of one thing for a while, and says why.

A mute holds back alerts, and nothing else: vendor actions, approvals, and what is told
when an action fails or needs somebody go on as before. What it held back and is still so
when it ends is told then, once.
"""

from datetime import datetime, timedelta

from bot.core import words
from bot.core.hint import guess
from bot.core.literal import parse_duration
from bot.core.resource import split_reference
from bot.core.words import say
from bot.engine.approve import NothingToDecide
from bot.engine.bot import Bot
from bot.engine.may import Deed, check
from bot.mail.lasting import Muted
from bot.settings import Person
from bot.store import audit, mutes, resources, waits
from bot.store.database import Tx
from bot.store.mutes import Mute

LONGEST = timedelta(days=30)
"""What is longer is no mute but another rule."""


async def mute(
    bot: Bot, person: Person, what: str, *, why: str, until: datetime | None = None, lasts: str | None = None
) -> str:
    """Mute a rule, a pay run or a connection, until then or for so long; one that is muted is muted anew.

    Raises NotAllowed, NothingToDecide.
    """
    check(bot.settings, person, Deed.MUTE)
    now = bot.now()
    until = until if until is not None else now + _length(lasts or "")
    if not now < until <= now + LONGEST:
        raise NothingToDecide(
            say("The end of a mute must be ahead, and within {days} days.", days=LONGEST.days)
        )
    async with bot.db.write() as tx:
        about, name = await _find(bot, tx, what)
        await mutes.put(tx, Mute(about, name, person.id, why, until, now))
        await _note(bot, tx, person, "muted", about, name, why=why, until=until.isoformat())
    bot.wake()
    return say(
        "Nobody is alerted of {name} until {at}.", name=name, at=words.moment(until, bot.settings.timezone)
    )


async def unmute(bot: Bot, person: Person, what: str) -> str:
    """End a mute, and tell now what it held back. Raises NotAllowed, NothingToDecide."""
    check(bot.settings, person, Deed.UNMUTE)
    async with bot.db.write() as tx:
        found = [one for one in await mutes.standing(tx, bot.now()) if what in (one.name, one.about)]
        if not found:
            raise NothingToDecide(say("{what} is not muted.", what=what))
        if len(found) > 1:
            raise NothingToDecide(
                say("Say which is meant: {names}.", names=" or ".join(one.about for one in found))
            )
        (one,) = found
        await mutes.end(tx, one.about)
        await _note(bot, tx, person, "unmuted", one.about, one.name)
    bot.wake()
    return say("{what} is no longer muted. What was held back and is still so is told now.", what=one.name)


async def muted(bot: Bot, tx: Tx) -> tuple[Muted, ...]:
    """What is muted now, as a mail says it."""
    return tuple(Muted(one.name, one.by, one.why, one.until) for one in await mutes.standing(tx, bot.now()))


def _length(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError:
        raise NothingToDecide(
            say(
                '"{text}" is neither a moment such as 2026-11-23T12:00 nor a length of time such as 3 days.',
                text=text,
            )
        ) from None


async def _find(bot: Bot, tx: Tx, what: str) -> tuple[str, str]:
    """What is to be muted, and how it is called. Raises NothingToDecide."""
    if "/" in what:
        return await _pay_run(tx, what)
    known = {f"rule:{id}": id for id in bot.rules} | {f"connection:{id}": id for id in bot.accounts}
    found = [about for about, name in known.items() if what in (name, about)]
    if not found:
        hint = guess(what, known.values()) or say(
            " Name a rule, a connection, or a pay run as gigapay-se/2859272."
        )
        raise NothingToDecide(say("There is no rule and no connection {what}.{hint}", what=what, hint=hint))
    if len(found) > 1:
        raise NothingToDecide(say("Say which is meant: {names}.", names=" or ".join(found)))
    (about,) = found
    running = bot.rules.get(known[about]) if about.startswith("rule:") else None
    if running is not None and not any(step.action == "alert" for step in running.rule.then):
        raise NothingToDecide(
            say("The rule {known} alerts nobody, and only alerts are muted.", known=known[about])
        )
    return about, known[about]


async def _pay_run(tx: Tx, reference: str) -> tuple[str, str]:
    try:
        found = await resources.by_vendor_id(tx, *split_reference(reference))
    except ValueError as error:
        raise NothingToDecide(f"{error}.") from None
    if found is None:
        raise NothingToDecide(say("There is no pay run {reference}.", reference=reference))
    return f"resource:{found.id}", found.ref


async def _note(bot: Bot, tx: Tx, person: Person, what: str, about: str, name: str, **more: str) -> None:
    """Write it into the record, and have every alert that is held back look again whether it still is."""
    now = bot.now()
    kind, _, id = about.partition(":")
    resource = id if kind == "resource" else None
    await audit.note(tx, now, person.id, what, resource=resource, about=name, **more)
    await waits.hurry_waiting(tx, now, only_for="mute")
