"""Personal tokens as people handle them: issue one to oneself, see them, end one.

Nobody issues a token to somebody else, and nobody but the person and the approvers sees
that there is one. A token that is revoked takes its sessions along in the same
transaction, so that whoever signed in with it is out at the next click.
"""

from datetime import datetime

from bot.core import words
from bot.core.hint import guess
from bot.core.words import say
from bot.engine.access import issue_token
from bot.engine.approve import NothingToDecide
from bot.engine.bot import Bot
from bot.engine.may import About, Deed, check, may_do
from bot.engine.tell import tell
from bot.engine.trace import new_correlation
from bot.settings import Person
from bot.store import access, audit
from bot.store.access import Token
from bot.store.database import Tx

AT_MOST = 20
"""Valid tokens of one person: who has more has lost count, or somebody else issues them."""


async def issue(bot: Bot, person: Person) -> tuple[str, datetime]:
    """A further token to oneself, and its end. Raises NothingToDecide where there are too many."""
    now = bot.now()
    async with bot.db.write() as tx:
        if await access.count_tokens(tx, person.id, now) >= AT_MOST:
            raise NothingToDecide(
                say(
                    "You have {at_most} tokens that are valid. Revoke one that you do not need.",
                    at_most=AT_MOST,
                )
            )
        issued = await issue_token(tx, bot.settings, person, issued_by=person.id, now=now)
    bot.wake()
    return issued


async def listed(bot: Bot, tx: Tx, person: Person) -> tuple[Token, ...]:
    """The valid tokens that this person may see, which are those that they may end; newest first."""
    return tuple(
        one
        for one in await access.valid_tokens(tx, bot.now())
        if may_do(bot.settings, person, Deed.REVOKE, About(person=one.person))
    )


async def revoke(bot: Bot, person: Person, which: str) -> str:
    """End one token by its id, or all that a person has. Raises NotAllowed, NothingToDecide."""
    now = bot.now()
    async with bot.db.write() as tx:
        ending = await _find(bot, tx, person, which)
        for one in ending:
            await access.revoke_token(tx, one, by=person.id, now=now)
            await audit.note(tx, now, person.id, "revoked a token", person=one.person, token=one.id)
            await _tell_its_owner(bot, tx, person, one, now)
    bot.wake()
    owner, count = ending[0].person, len(ending)
    if owner == person.id and count == 1:
        return say(
            "Your token {token} is revoked. Whoever signed in with it is signed out.", token=ending[0].id
        )
    if owner == person.id:
        return say("Your {count} tokens are revoked. Whoever signed in with them is signed out.", count=count)
    if count == 1:
        return say(
            "{person}'s token {token} is revoked. Whoever signed in with it is signed out.",
            person=owner,
            token=ending[0].id,
        )
    return say(
        "{person}'s {count} tokens are revoked. Whoever signed in with them is signed out.",
        person=owner,
        count=count,
    )


async def _find(bot: Bot, tx: Tx, person: Person, which: str) -> list[Token]:
    """Never says of a token that it is there to somebody who may not see it."""
    named = bot.settings.person(which)
    if named is not None:
        check(bot.settings, person, Deed.REVOKE, About(person=named.id))
    known = await listed(bot, tx, person)
    found = [one for one in known if which == one.id or (named is not None and one.person == named.id)]
    if found:
        return found
    if named is not None:
        raise NothingToDecide(say("{person} has no valid token.", person=named.id))
    hint = guess(which, [one.id for one in bot.settings.people])
    raise NothingToDecide(
        say(
            "There is no person and no valid token {which} that you may revoke.{hint}", which=which, hint=hint
        )
    )


async def _tell_its_owner(bot: Bot, tx: Tx, by: Person, one: Token, now: datetime) -> None:
    who = say("you") if by.id == one.person else by.id
    issued = words.moment(one.issued_at, bot.settings.timezone)
    await tell(
        tx,
        f"token-revoked:{one.id}:{now.isoformat()}",
        "to_person",
        now=now,
        correlation=new_correlation("token"),
        person=one.person,
        because=say("it was yours"),
        title=say("A token of yours was revoked"),
        about=say(
            "token {token}, issued {when} by {person}", token=one.id, when=issued, person=one.issued_by
        ),
        says=[
            say("it was revoked by {person}, so it lets nobody in any more", person=who),
            say("whoever was signed in with it has been signed out"),
        ],
        do=say("If that was not meant, issue yourself another on the page People, or ask an approver why."),
        path="/people",
    )
