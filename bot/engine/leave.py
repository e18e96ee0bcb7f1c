"""Going away and coming back: said by the person, or for them by an approver.

The note is for colleagues and may be personal: it is shown while the absence lasts, and is
neither in the audit nor kept.
"""

from datetime import datetime, timedelta

from bot.core.hint import guess
from bot.core.words import joined, say
from bot.engine.approve import NothingToDecide
from bot.engine.away import back_on, tell_of_gaps
from bot.engine.bot import Bot
from bot.engine.may import About, Deed, check
from bot.engine.tell import tell
from bot.engine.trace import new_correlation
from bot.settings import Person
from bot.store import audit, away
from bot.store.away import Absence
from bot.store.database import Tx

LONGEST = timedelta(days=366)
AT_MOST = 20
"""Announced absences of one person."""


async def go(
    bot: Bot,
    person: Person,
    *,
    of: str | None = None,
    since: datetime | None = None,
    until: datetime,
    note: str = "",
) -> str:
    """Say that somebody is away, from now on where nothing else is said, until they are back.

    Takes the place of what was said before about a time that it meets. Raises NotAllowed,
    NothingToDecide.
    """
    who, now = _whom(bot, person, of), bot.now()
    since = since if since is not None else now
    if not since < until or not now < until <= now + LONGEST or since < now - LONGEST:
        raise NothingToDecide(
            say("Somebody is away from a time until a later one, which is ahead and within a year.")
        )
    one = Absence(who.id, since, until, note.strip(), person.id, now)
    async with bot.db.write() as tx:
        if len(await away.known(tx, now, [who.id])) >= AT_MOST:
            raise NothingToDecide(
                say(
                    "{count} absences of {person} are known already. End one of them first.",
                    count=AT_MOST,
                    person=who.id,
                )
            )
        await away.put(tx, one)
        await audit.note(
            tx, now, person.id, "away", person=who.id, since=since.isoformat(), until=until.isoformat()
        )
        nobody = await tell_of_gaps(bot, tx, who.id)
        if who.id != person.id:
            await _tell_them(bot, tx, person, one)
    bot.wake()
    zone = bot.settings.timezone
    said = say("{person} is away until {until}.", person=who.id, until=back_on(until, zone))
    if not one.covers(now):
        said = say(
            "{person} is away from {since} until {until}.",
            person=who.id,
            since=back_on(since, zone),
            until=back_on(until, zone),
        )
    return joined([said, *nobody], " ")


async def back(bot: Bot, person: Person, *, of: str | None = None) -> str:
    """End the absence that is now, else the next that is announced. Raises NotAllowed, NothingToDecide."""
    who, now = _whom(bot, person, of), bot.now()
    async with bot.db.write() as tx:
        known = await away.known(tx, now, [who.id])
        if not known:
            raise NothingToDecide(say("{person} is not away.", person=who.id))
        await away.end(tx, known[0])
        await audit.note(tx, now, person.id, "back", person=who.id, since=known[0].since.isoformat())
    bot.wake()
    if known[0].covers(now):
        return say("{person} is back.", person=who.id)
    since = back_on(known[0].since, bot.settings.timezone)
    return say("{person} is not away from {since} after all.", person=who.id, since=since)


def _whom(bot: Bot, person: Person, of: str | None) -> Person:
    if of is None or of == person.id:
        return person
    check(bot.settings, person, Deed.SAY_AWAY, About(person=of))
    found = bot.settings.person(of)
    if found is None:
        raise NothingToDecide(
            say(
                "There is no person {of}.{guess}",
                of=of,
                guess=guess(of, [one.id for one in bot.settings.people]),
            )
        )
    return found


async def _tell_them(bot: Bot, tx: Tx, by: Person, one: Absence) -> None:
    """Nobody is made absent unseen: reminders would no longer reach them."""
    zone = bot.settings.timezone
    until = back_on(one.until, zone)
    said = say("you are away until {until}, says {person}", until=until, person=by.id)
    if not one.covers(one.at):
        said = say(
            "you are away from {since} until {until}, says {person}",
            since=back_on(one.since, zone),
            until=until,
            person=by.id,
        )
    await tell(
        tx,
        f"away:{one.person}:{one.since.isoformat()}:{one.at.isoformat()}",
        "to_person",
        now=one.at,
        correlation=new_correlation("away"),
        person=one.person,
        because=say("it is about you"),
        title=say("You are noted as away"),
        about=one.person,
        says=[
            said,
            say("meanwhile you are not reminded of approvals"),
        ],
        do=say("If that is wrong, say on the page People that you are back, or run: payrunbot back"),
        path="/people",
    )
