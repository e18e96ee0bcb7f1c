"""Rules that only tell: once from when the answer turns yes until it turns no.

That time is an episode. What comes while one is open is told with it or not at all; a
rule that groups keeps one episode for all that it groups.
"""

from dataclasses import replace

from bot.actions import is_waited_for
from bot.core.condition import Answer
from bot.core.decide import Decision
from bot.core.rule import Mode
from bot.core.words import say
from bot.engine.alerts_again import Again, plan_again, still_so, was_told, withdraw_again
from bot.engine.bot import Bot, Running
from bot.engine.tell import tell
from bot.store import audit, effects, health, resources, rules
from bot.store.database import Tx
from bot.store.effects import Effect, Plan, State
from bot.store.health import Episode
from bot.store.resources import Resource


def group_of(running: Running, connection: str, resource: str) -> str:
    """What one alert is about: the resource, or its whole connection."""
    return connection if running.rule.group_by == "connection" else resource


async def follow(
    bot: Bot, tx: Tx, running: Running, found: Resource, decided: Decision, correlation: str
) -> None:
    """Open, keep or clear the episode that this answer is about."""
    if running.mode is Mode.WATCH:
        return
    if await rules.adopted_at(tx, running.rule.id, found.snapshot.connection) is None:
        return
    group = group_of(running, found.snapshot.connection, found.id)
    match decided.answer:
        case Answer.YES:
            episode = await health.open_episode(tx, running.rule.id, group, bot.now())
            if episode.told_at is None:
                await _plan(bot, tx, running, found, episode, correlation)
            else:
                await plan_again(bot, tx, running, found, episode, correlation)
        case Answer.NO:
            last = await health.last_episode(tx, running.rule.id, group)
            if last is not None and last.cleared_at is None:
                await _clear(bot, tx, running, found, last, correlation)
        case Answer.UNKNOWN:
            pass


async def _plan(
    bot: Bot, tx: Tx, running: Running, found: Resource, episode: Episode, correlation: str
) -> None:
    now = bot.now()
    before: str | None = None
    for position, step in enumerate(running.rule.then):
        key = f"{step.action}:{episode.chain}:{position}"
        if await effects.latest(tx, key) is not None:
            return
        what = Plan(
            key=key,
            action=step.action,
            connection=found.snapshot.connection,
            resource=found.id,
            generation=found.generation,
            rule=running.rule.id,
            rule_hash=running.rule.hash,
            is_vendor=False,
            not_before=episode.since + running.rule.wait,
            args={**step.args, "group": episode.grp, "episode": episode.number},
            position=position,
            after=before,
        )
        await effects.plan(tx, what, round=1, chain=episode.chain, now=now, correlation=correlation)
        before = key if is_waited_for(step.action) else before


async def note_told(bot: Bot, tx: Tx, held: Effect) -> None:
    """Note, with the mails of one telling, that it was told, and plan what comes if that does not help."""
    if "episode" not in held.args or held.args.get("cleared"):
        return
    episode = await health.last_episode(tx, held.rule, str(held.args["group"]))
    if episode is None or episode.number != held.args["episode"]:
        return
    if episode.told_at is None:
        episode = replace(episode, told_at=bot.now())
        await health.change_episode(tx, episode, told_at=bot.now())
    running, found = bot.rules.get(held.rule), await resources.get(tx, held.resource)
    if running is not None and found is not None:
        await plan_again(bot, tx, running, found, episode, held.correlation)


async def end_of_watch(bot: Bot, tx: Tx, running: Running, found: Resource, correlation: str) -> None:
    """The same for one resource that a rule which runs on has been taken from."""
    group = group_of(running, found.snapshot.connection, found.id)
    if group == found.id or not await still_so(tx, running.rule.id, group):
        await end_of_rule(
            bot, tx, running.rule.id, say("the rule no longer watches it"), correlation, only=group
        )


async def end_of_rule(
    bot: Bot, tx: Tx, rule: str, why: str, correlation: str, *, only: str | None = None
) -> None:
    """A rule that is gone or off says no more when something is over: tell that, to whom it had told.

    What it had not told yet is never mentioned. `why` is a sentence: "the rule is switched off". `only` is
    the one group that it is about, where the rule runs on elsewhere.
    """
    now = bot.now()
    told: dict[str, list[str]] = {}
    for episode in await health.open_episodes_of(tx, rule):
        if only is not None and episode.grp != only:
            continue
        await health.change_episode(tx, episode, cleared_at=now)
        await effects.withdraw_rest(tx, episode.chain, reason=why, now=now)
        await withdraw_again(tx, episode, reason=why, now=now)
        await audit.note(tx, now, audit.BOT, "ended an alert", resource=episode.grp, rule=rule, why=why)
        if episode.told_at is not None:
            groups = {str(one.args.get("to", "")) for one in await _tellings(tx, episode)}
            for group in groups or {""}:
                told.setdefault(group, []).append(episode.grp.partition(":")[2] or episode.grp)
    for group, about in sorted(told.items()):
        names: str = ", ".join(about[:LISTED])
        if len(about) > LISTED:
            names = say("{names}, and {count} more", names=names, count=len(about) - LISTED)
        await tell(
            tx,
            f"rule-ended:{rule}:{f'{group}:{only}' if only else group}:{now.isoformat()}",
            "notice",
            now=now,
            correlation=correlation,
            title=say("No longer watched: {rule}", rule=rule),
            about=names,
            says=[
                why,
                say("What it told you of may still be so; payrunbot no longer says when it is over"),
            ],
            do=say("Keep an eye on it yourself until it is over."),
            to=group,
        )


LISTED = 10
"""How many things one mail names."""


async def _tellings(tx: Tx, episode: Episode) -> list[Effect]:
    """Everything that was told of an episode."""
    chains = (episode.chain, *(again.chain(episode) for again in Again))
    return [one for chain in chains for one in await effects.of_chain(tx, chain) if was_told(one)]


async def _clear(
    bot: Bot, tx: Tx, running: Running, found: Resource, episode: Episode, correlation: str
) -> None:
    """The last of the group is well: say so where it was told, else never mention it."""
    if running.rule.group_by == "connection" and await still_so(tx, running.rule.id, episode.grp):
        return
    now = bot.now()
    await health.change_episode(tx, episode, cleared_at=now)
    await withdraw_again(tx, episode, reason=say("cleared"), now=now)
    if episode.told_at is None:
        await effects.withdraw_rest(tx, episode.chain, reason=say("cleared before it was told"), now=now)
        return
    tellings = await _tellings(tx, episode)
    errors = list(dict.fromkeys(error for one in tellings for error in one.outcome["told"]))
    for position, step in enumerate(running.rule.then):
        template = step.args.get("when_cleared")
        groups = {
            str(one.args["to"])
            for one in tellings
            if one.position == position and one.state is not State.REFUSED
        }
        for group in sorted(groups) if template is not None else ():
            what = Plan(
                key=f"cleared:{episode.chain}:{position}:{group}",
                action=step.action,
                connection=found.snapshot.connection,
                resource=found.id,
                generation=found.generation,
                rule=running.rule.id,
                rule_hash=running.rule.hash,
                is_vendor=False,
                not_before=now,
                args={
                    **step.args,
                    "to": group,
                    "template": template,
                    "cleared": True,
                    "told": errors,
                    "group": episode.grp,
                    "episode": episode.number,
                },
            )
            chain = f"{what.key}#1"
            await effects.plan(tx, what, round=1, chain=chain, now=now, correlation=correlation)
