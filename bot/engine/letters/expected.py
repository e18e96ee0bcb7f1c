"""The mail of a rule with `expect`: that too few came."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.core import words
from bot.core.words import say
from bot.engine.bot import Bot
from bot.engine.letters.parts import Addressed, in_group, reason, text_of, to_group, zone_of
from bot.mail.expected import ExpectedBy, TooFewCame
from bot.store.database import Tx
from bot.store.effects import Effect

IN_TIME = timedelta(minutes=15)
"""No mail says that it is late before then."""


async def too_few_came(bot: Bot, tx: Tx, effect: Effect) -> list[Addressed]:
    """To the group that the rule names. What came was counted when it was planned."""
    group, args = str(effect.args["to"]), effect.args
    running = bot.rules.get(effect.rule)
    last = args["last"]
    times = tuple(
        ExpectedBy(
            begins=datetime.fromisoformat(one["begins"]),
            due_at=datetime.fromisoformat(one["due_at"]),
            count=int(one["count"]),
            came=tuple(one["came"]),
        )
        for one in args["times"]
    )
    because = await reason(bot, tx, effect, in_group(group), note=say("told once for each time"))
    letter = TooFewCame(
        made_at=bot.now(),
        zone=zone_of(bot),
        reason=replace(because, why_url=bot.link(f"/rules/{effect.rule}")),
        url=bot.link("/payruns"),
        title=running.rule.title if running is not None else effect.rule,
        connection=effect.connection,
        expected=text_of(args["expected"]),
        times=times,
        last=last[0] if last else "",
        last_at=datetime.fromisoformat(last[1]) if last else None,
        listed_at=datetime.fromisoformat(str(args["listed_at"])),
        late=_late(bot, effect, times[-1].due_at),
        advice=running.rule.advice if running is not None else "",
    )
    return to_group(bot, group, letter)


def _late(bot: Bot, effect: Effect, due_at: datetime) -> str:
    if effect.planned_at - due_at <= IN_TIME:
        return ""
    said = words.moment(due_at, zone_of(bot))
    return say("This was due {due} and comes late: the list could not be read before.", due=said)
