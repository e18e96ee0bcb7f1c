"""Sending a version of a rule back: whoever would sign it says what should change first."""

from bot.core.words import say
from bot.engine.bot import Bot
from bot.engine.may import Deed, check
from bot.engine.tell import tell
from bot.engine.trace import new_correlation
from bot.engine.versions import NotSigned, is_signed
from bot.settings import Person
from bot.store import audit, rules


async def send_back(bot: Bot, person: Person, rule_id: str, *, number: int, why: str) -> str:
    """Have a version that waits changed before anybody signs it, and tell who proposed it.

    It runs no further than before, and can be proposed again as it is. Raises NotAllowed, NotSigned.
    """
    check(bot.settings, person, Deed.SEND_BACK)
    now = bot.now()
    async with bot.db.write() as tx:
        state = (await rules.states(tx)).get(rule_id)
        version = await rules.version(tx, state.file_hash) if state and state.file_hash else None
        if version is None or is_signed(bot.settings, version):
            raise NotSigned(say("No version of {rule_id} waits for a signature.", rule_id=rule_id))
        if number != version.number:
            raise NotSigned(
                say(
                    "You read version {read}, and the file has version {now} now.",
                    read=number,
                    now=version.number,
                )
            )
        if version.sent_back_by is not None:
            raise NotSigned(say("{person} has sent it back already.", person=version.sent_back_by))
        await rules.send_back(tx, version.hash, person.id, why, now)
        await audit.note(tx, now, person.id, "sent back", rule=rule_id, version=version.hash, why=why)
        if version.proposed_by is not None:
            await tell(
                tx,
                f"rule-sent-back:{version.hash}:{now.isoformat()}",
                "to_person",
                now=now,
                correlation=new_correlation("rules"),
                rule=rule_id,
                rule_hash=version.hash,
                person=version.proposed_by,
                because=say("you proposed it"),
                path=f"/rules/{rule_id}",
                title=say("A rule that you proposed was sent back"),
                about=say("{rule}, version {number}", rule=rule_id, number=version.number),
                says=[
                    say("{person} sent it back: {why}", person=person.id, why=" ".join(why.split())),
                    say("what ran before runs on"),
                ],
                do=say("Change it, or propose it again as it is."),
            )
    bot.wake()
    told = say(" {person} is told.", person=version.proposed_by) if version.proposed_by else ""
    return say(
        "You sent version {number} of {rule_id} back.{told}",
        number=version.number,
        rule_id=rule_id,
        told=told,
    )
