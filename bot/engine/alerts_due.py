"""Whether an alert is told now that its time has come: not while muted, nor once it is over."""

from dataclasses import dataclass
from datetime import datetime

from bot.core import words
from bot.core.rule import Mode
from bot.core.words import say
from bot.engine.alerts import group_of
from bot.engine.alerts_again import ALERT, Again
from bot.engine.bot import Bot
from bot.engine.ending import end, wait
from bot.store import decisions, mutes, resources
from bot.store.database import Tx
from bot.store.effects import Effect, State


@dataclass(frozen=True, slots=True)
class _Not:
    """Why not; until when, where it is only later, and what it waits for."""

    why: str
    until: datetime | None = None
    waits_for: str = ""


async def is_told_now(bot: Bot, held: Effect) -> bool:
    """False where it has been put off, or ended, with the reason.

    The end of what was told of is told whatever is muted: nobody should look for what is over.
    """
    if held.action != ALERT or held.args.get("cleared"):
        return True
    async with bot.db.read() as tx:
        hindered = await _why_not(bot, tx, held)
    if hindered is None:
        return True
    if hindered.until is None:
        await end(bot, held, State.WITHDRAWN, hindered.why)
    else:
        await wait(bot, held, hindered.until, hindered.why, waits_for=hindered.waits_for)
    return False


async def _why_not(bot: Bot, tx: Tx, held: Effect) -> _Not | None:
    now, group = bot.now(), str(held.args.get("group", ""))
    again = held.args.get("again")
    if again is not None:
        if not await _is_wanted(bot, tx, held, Again(again)):
            return _Not(say("the rule tells of it no more"))
        due_at = datetime.fromisoformat(str(held.args["due_at"]))
        if now < due_at:  # the clock was set back
            return _Not(say("its time has not come"), due_at, "time")
    about = (f"rule:{held.rule}", f"resource:{group}", f"connection:{held.connection}")
    mute = await mutes.longest(tx, about, now)
    if mute is not None:
        until = words.moment(mute.until, bot.settings.timezone)
        return _Not(
            say("{person} muted {what} until {until}", person=mute.by, what=mute.name, until=until),
            mute.until,
            "mute",
        )
    return None


async def _is_wanted(bot: Bot, tx: Tx, held: Effect, again: Again) -> bool:
    """Whether the rule in force tells again, and is still asked about this, in these groups.

    Where it is not, nobody would ever find that it is over, and it would be told for ever.
    """
    running, found = bot.rules.get(held.rule), await resources.get(tx, held.resource)
    if running is None or found is None or running.mode.steps < Mode.ASK.steps:
        return False
    if group_of(running, found.snapshot.connection, found.id) != held.args["group"]:
        return False
    told_by = running.rule.remind if again is Again.REMINDER else running.rule.escalate
    return told_by is not None and await decisions.get(tx, held.rule, held.resource) is not None
