"""Rules that only tell: once from when the answer turns yes until it turns no.

That time is an episode. What comes while one is open is told with it or not at all; a
rule that groups keeps one episode for all that it groups.
"""

from bot.core.condition import Answer
from bot.core.decide import Decision
from bot.core.rule import Mode
from bot.engine.bot import Bot, Running
from bot.engine.tell import tell
from bot.store import audit, decisions, effects, health, rules
from bot.store.database import Tx
from bot.store.effects import Plan, State
from bot.store.health import Episode
from bot.store.resources import Resource


def group_of(running: Running, found: Resource) -> str:
    """What one alert is about: the resource, or its whole connection."""
    return found.snapshot.connection if running.rule.group_by == "connection" else found.id


async def follow(
    bot: Bot, tx: Tx, running: Running, found: Resource, decided: Decision, correlation: str
) -> None:
    """Open, keep or clear the episode that this answer is about."""
    if running.mode is Mode.WATCH:
        return
    if await rules.adopted_at(tx, running.rule.id, found.snapshot.connection) is None:
        return
    group = group_of(running, found)
    match decided.answer:
        case Answer.YES:
            episode = await health.open_episode(tx, running.rule.id, group, bot.now())
            if episode.told_at is None:
                await _plan(bot, tx, running, found, episode, correlation)
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
    chain = chain_of(episode)
    for position, step in enumerate(running.rule.then):
        key = f"{step.action}:{chain}:{position}"
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
        await effects.plan(tx, what, round=1, chain=chain, now=now, correlation=correlation)
        before = key


async def end_of_rule(bot: Bot, tx: Tx, rule: str, why: str, correlation: str) -> None:
    """A rule that is gone or off says no more when something is over: tell that, to whom it had told.

    What it had not told yet is never mentioned. `why` ends the sentence "the rule …".
    """
    now = bot.now()
    told: dict[str, list[str]] = {}
    for episode in await health.open_episodes_of(tx, rule):
        chain = chain_of(episode)
        await health.change_episode(tx, episode, cleared_at=now)
        await effects.withdraw_rest(tx, chain, reason=f"the rule {why}", now=now)
        await audit.note(tx, now, audit.BOT, "ended an alert", resource=episode.grp, rule=rule, why=why)
        if episode.told_at is not None:
            groups = {str(one.args.get("to", "")) for one in await effects.of_chain(tx, chain)}
            for group in groups or {""}:
                told.setdefault(group, []).append(episode.grp.partition(":")[2] or episode.grp)
    for group, about in sorted(told.items()):
        more = f", and {len(about) - LISTED} more" if len(about) > LISTED else ""
        await tell(
            tx,
            f"rule-ended:{rule}:{group}:{now.isoformat()}",
            "notice",
            now=now,
            correlation=correlation,
            title=f"No longer watched: {rule}",
            about=f"{', '.join(about[:LISTED])}{more}",
            says=[
                f"the rule {why}",
                "What it told you of may still be so; payrunbot no longer says when it is over",
            ],
            do="Keep an eye on it yourself until it is over.",
            to=group,
        )


LISTED = 10
"""How many things one mail names."""


def chain_of(episode: Episode) -> str:
    return f"{episode.rule}:{episode.grp}:{episode.number}"


async def _clear(
    bot: Bot, tx: Tx, running: Running, found: Resource, episode: Episode, correlation: str
) -> None:
    """The last of the group is well: say so where it was told, else never mention it."""
    if running.rule.group_by == "connection":
        others = await decisions.answering(tx, running.rule.id, Answer.YES)
        prefix = f"{running.rule.watch}:{found.snapshot.connection}/"
        if any(kept.resource.startswith(prefix) for kept in others):
            return
    now = bot.now()
    await health.change_episode(tx, episode, cleared_at=now)
    chain = chain_of(episode)
    if episode.told_at is None:
        await effects.withdraw_rest(tx, chain, reason="cleared before it was told", now=now)
        return
    for position, step in enumerate(running.rule.then):
        template = step.args.get("when_cleared")
        told = await effects.latest(tx, f"{step.action}:{chain}:{position}")
        if template is None or told is None or told.state in (State.WITHDRAWN, State.REFUSED):
            continue
        what = Plan(
            key=f"cleared:{chain}:{position}",
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
                "template": template,
                "cleared": True,
                "told": told.outcome.get("told", []),
                "group": episode.grp,
                "episode": episode.number,
            },
        )
        await effects.plan(tx, what, round=1, chain=f"{what.key}#1", now=now, correlation=correlation)
