"""What it means that somebody is away: who stands in, and whether anybody is left to decide.

An absence gives nobody a right: a stand-in approves what the settings let them approve on
any day. It says where mails go besides, who is not reminded, and what nobody could answer.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from bot.core import words
from bot.core.words import joined, say
from bot.engine.absence import missed_when_away
from bot.engine.bot import Bot
from bot.engine.tell import tell
from bot.engine.trace import new_correlation
from bot.settings import Person, Settings
from bot.store import approvals, away
from bot.store.approvals import Approval, ApprovalState
from bot.store.away import Absence
from bot.store.codec import fingerprint
from bot.store.database import Tx


def back_on(until: datetime, zone: ZoneInfo) -> str:
    """`Mon 30 Nov` where the day begins, else `Mon 30 Nov 12:00`."""
    local = until.astimezone(zone)
    return words.day(local.date()) if local.time() == time() else words.moment(until, zone)


def away_until(one: Absence, zone: ZoneInfo) -> str:
    """`finance-1 is away until Mon 30 Nov`."""
    return say("{person} is away until {when}", person=one.person, when=back_on(one.until, zone))


def stand_ins(settings: Settings, person: str) -> tuple[Person, ...]:
    """Who stands in for somebody, by the settings."""
    return tuple(one for one in settings.people if one.substitute_for == person)


def who_instead(asked: Collection[str], gone: Mapping[str, Absence], zone: ZoneInfo) -> tuple[str, ...]:
    """For each of those who were asked and are away a sentence: until when, and who may decide instead."""
    there = [one for one in asked if one not in gone]
    people = joined(there, last=say("or"))
    instead = say("{people} may decide instead", people=people) if there else say("nobody else may decide")
    return tuple(
        say("{away}; {instead}.", away=away_until(gone[one], zone), instead=instead)
        for one in asked
        if one in gone
    )


@dataclass(frozen=True, slots=True)
class Gap:
    """A time in which something cannot be decided, since those who could are away at once."""

    since: datetime
    until: datetime
    people: tuple[str, ...]
    says: tuple[str, ...]

    def in_words(self, zone: ZoneInfo, now: datetime) -> str:
        until, what = back_on(self.until, zone), joined(self.says, " ")
        if self.since <= now:
            return say("Now until {until}: {what}", until=until, what=what)
        return say(
            "From {since} until {until}: {what}", since=back_on(self.since, zone), until=until, what=what
        )


def gaps(settings: Settings, known: Iterable[Absence], now: datetime) -> tuple[Gap, ...]:
    """When nobody is left to decide what somebody could, the first to come first.

    Who is away changes only as an absence begins or ends, so these moments are looked at.
    """
    ours = [one for one in known if (person := settings.person(one.person)) and person.is_approver]
    found: list[Gap] = []
    for at in sorted({now, *(max(one.since, now) for one in ours), *(one.until for one in ours)}):
        gone = {one.person: one for one in ours if one.covers(at)}
        people = [one for one in settings.people if one.id in gone]
        says = missed_when_away(settings, *people) if people else ()
        if not says:
            continue
        changes = [edge for one in ours for edge in (one.since, one.until) if edge > at]
        until, since = min(changes), at if at > now else min(one.since for one in gone.values())
        found.append(Gap(since, until, tuple(one.id for one in people), says))
    return tuple(found)


def left_to_answer(asked: Approval, known: Iterable[Absence], now: datetime) -> tuple[str, ...]:
    """Who of those who were asked is there at some time before it is over, and has not approved yet."""
    all_the_time = {one.person for one in known if one.since <= now and one.until >= asked.expires_at}
    people = [str(one) for one in asked.shown["people"]]
    return tuple(one for one in people if one not in all_the_time and one not in asked.approved_by)


async def tell_of_gaps(bot: Bot, tx: Tx, person: str) -> tuple[str, ...]:
    """Tell operations and approvers, once for each, of what this person's absence leaves to nobody."""
    now, zone = bot.now(), bot.settings.timezone
    known = await away.known(tx, now)
    found = [one for one in gaps(bot.settings, known, now) if person in one.people]
    for one in found:
        cause = fingerprint([one.since.isoformat(), one.until.isoformat(), *one.people, *one.says])
        await _tell_all(tx, f"nobody-left:{cause}", now, [one.in_words(zone, now)])
    for asked in await approvals.listed(tx, ApprovalState.OPEN):
        await tell_if_nobody_can_answer(bot, tx, asked, known)
    return tuple(one.in_words(zone, now) for one in found)


async def tell_if_nobody_can_answer(
    bot: Bot, tx: Tx, asked: Approval, known: Sequence[Absence] | None = None
) -> None:
    """Tell operations and approvers, once, of a question that too few people can answer in time."""
    now, zone = bot.now(), bot.settings.timezone
    if known is None:
        known = await away.known(tx, now)
    needed = asked.people_needed - len(asked.approved_by)
    left = left_to_answer(asked, known, now)
    if len(left) >= needed:
        return
    was = asked.shown["asked"]
    what = say(
        "“{verb} {title}” is to be decided by {at}",
        verb=was["verb"],
        title=was["title"],
        at=words.moment(asked.expires_at, zone),
    )
    gone = [
        say("away meanwhile: {person}, until {when}", person=one.person, when=back_on(one.until, zone))
        for one in known
        if one.covers(now) and one.person in asked.shown["people"]
    ]
    if left:
        few = say("{what}, and only {person} of two is there", what=what, person=left[0])
    else:
        few = say("{what}, and nobody who may decide it is there", what=what)
    says = [few, *_who_may(bot.settings, asked), *gone]
    await _tell_all(tx, f"nobody-to-answer:{asked.id}", now, says, f"/approvals/{asked.id}")


def _who_may(settings: Settings, asked: Approval) -> list[str]:
    """Who may decide it, and who does not although they stand in for one of them."""
    people = [str(one) for one in asked.shown["people"]]
    may = say("it may be decided by {people} alone", people=joined(people, last=say("and")))
    return [
        may,
        *(
            say("standing in for {away} is {person}, who may not decide it", person=one.id, away=away)
            for away in people
            for one in stand_ins(settings, away)
            if one.id not in people
        ),
    ]


async def _tell_all(tx: Tx, cause: str, now: datetime, says: list[str], path: str = "/people") -> None:
    await tell(
        tx,
        cause,
        "to_approvers",
        now=now,
        correlation=new_correlation("away"),
        title=say("Nobody is left to approve"),
        about="absences",
        says=says,
        do=say(
            "Let somebody come back, put the date off at the vendor, or give another person the role "
            "approver with an up_to that is high enough. Otherwise it has to be done by hand."
        ),
        path=path,
    )
