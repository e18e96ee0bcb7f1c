"""What an alert says of itself beside its facts: how often it comes, and why it comes once more."""

from bot.core.condition import Answer
from bot.core.rule import Rule
from bot.core.words import joined, say
from bot.engine.alerts_again import Again, still_so, was_told
from bot.engine.bot import Bot
from bot.engine.case import Case
from bot.engine.letters.measured import lapse, span, times
from bot.mail.lasting import Still
from bot.store import decisions, effects, health
from bot.store.database import Tx
from bot.store.effects import Effect


async def about(bot: Bot, tx: Tx, effect: Effect) -> str:
    """The resource that an alert shows: its own, or another of its group once that one is well."""
    running = bot.rules.get(effect.rule)
    if "again" not in effect.args or running is None or running.rule.group_by != "connection":
        return effect.resource
    still = await still_so(tx, effect.rule, effect.connection)
    return effect.resource if effect.resource in still or not still else still[0]


async def still_of(bot: Bot, tx: Tx, effect: Effect, case: Case) -> Still | None:
    """None for an alert that comes for the first time, or that is over."""
    if "again" not in effect.args:
        return None
    episode = await health.last_episode(tx, effect.rule, str(effect.args["group"]))
    assert episode is not None and episode.told_at is not None, "only what was told is told again"
    running = bot.rules.get(effect.rule)
    escalate = running.rule.escalate if running is not None else None
    first = [one for one in await effects.of_chain(tx, episode.chain) if one.position == effect.position]
    reminders = await effects.of_chain(tx, Again.REMINDER.chain(episode))
    earlier = [one for one in reminders if one.position == effect.position and was_told(one)]
    passed_on = effect.args["again"] == Again.ESCALATION
    answer = await decisions.get(tx, effect.rule, case.found.id)
    return Still(
        since=episode.since,
        told=len(first) + len(earlier),
        told_at=episode.told_at,
        told_first=str(first[0].args["to"]) if passed_on else "",
        after=lapse(escalate.after) if passed_on and escalate is not None else "",
        to=str(effect.args["to"]) if passed_on else "",
        read_at=case.snapshot.observed_at if answer and answer.answer == Answer.UNKNOWN else None,
    )


def note_of(rule: Rule | None) -> str:
    """How often a rule tells of one thing: `collected for 10 minutes, told once`."""
    if rule is None:
        return say("told once")
    told = [say("collected for {length}", length=span(rule.wait))] if rule.wait else []
    if rule.remind:
        told.append(say("told again {times} while it lasts", times=times(rule.remind)))
    else:
        told.append(say("told once"))
    if rule.escalate:
        to, after = rule.escalate.to, lapse(rule.escalate.after)
        told.append(say("passed on to {group} after {length}", group=to, length=after))
    return joined(told)
