"""What is told to people about themselves, and to those who decide: tokens, absences."""

from bot.core.words import say
from bot.engine.bot import Bot
from bot.engine.letters.parts import (
    OPS,
    Addressed,
    as_sentence,
    in_group,
    language_of,
    reason,
    text_of,
    to_people,
    zone_of,
)
from bot.mail.letters import Notice
from bot.store.database import Tx
from bot.store.effects import Effect


async def to_person(bot: Bot, tx: Tx, effect: Effect) -> list[Addressed]:
    """To one person of the settings; to nobody where they are no longer in them."""
    person = bot.settings.person(str(effect.args["person"]))
    if person is None:
        return []
    return to_people([person], await _notice(bot, tx, effect, text_of(effect.args["because"])))


async def to_approvers(bot: Bot, tx: Tx, effect: Effect) -> list[Addressed]:
    """To operations and to every approver, each address once."""
    approvers = {one.mail for one in bot.settings.people if one.is_approver}
    ops = bot.settings.members(OPS)
    found = []
    for address in dict.fromkeys((*ops, *(one.mail for one in bot.settings.people if one.mail in approvers))):
        because = in_group(OPS) if address in ops else say("you are an approver")
        letter = await _notice(bot, tx, effect, because)
        found.append(Addressed(address, language_of(bot, address), letter))
    return found


async def _notice(bot: Bot, tx: Tx, effect: Effect, because: str) -> Notice:
    return Notice(
        made_at=bot.now(),
        zone=zone_of(bot),
        reason=await reason(bot, tx, effect, because, note=say("told once")),
        url=bot.link(str(effect.args["path"])),
        title=text_of(effect.args["title"]),
        connection="",
        says=tuple(as_sentence(text_of(one)) for one in effect.args["says"]),
        rows=((say("About"), text_of(effect.args["about"])),),
        do=(text_of(effect.args["do"]),),
    )
