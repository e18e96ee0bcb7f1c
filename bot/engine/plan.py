"""Plan: decide every rule about a resource, and write down what follows from a yes.

All of it happens in the transaction that saved the reading, so that nobody can see a
decision without its effects. Planning is harmless: the key of an effect is made of
what it is about, so that deciding twice plans one.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.exc import DBAPIError

from bot.core.condition import Answer, Node
from bot.core.decide import Decision, Verdict, decide
from bot.core.explain import as_lines, tree_to_json
from bot.core.fault import fault_point
from bot.core.resource import Snapshot, Unread
from bot.core.rule import Mode
from bot.core.seen import moment
from bot.engine import alerts
from bot.engine.bot import Account, Bot, Running
from bot.engine.seen import fingerprint_of
from bot.engine.tell import tell
from bot.engine.trace import correlated, new_correlation
from bot.facts.gather import gather, needs_lines
from bot.store import approvals, audit, decisions, effects, health, news, resources, rules
from bot.store.approvals import ApprovalState
from bot.store.database import Tx
from bot.store.effects import Effect, Plan, State
from bot.store.resources import Resource

SECOND_ROBOT = "also automated by vendor"
"""The field that says that the vendor's own automation would do the same."""

FRESH_POLLS = 2
"""A reading older than this many polls answers nothing."""


async def decide_due(bot: Bot) -> bool:
    """Decide again where time alone may have changed an answer; False where nowhere.

    One that cannot be decided for an error of ours is logged, and holds up no other.
    """
    now = bot.now()
    async with bot.db.read() as tx:
        due = await decisions.due(tx, now)
    decided = 0
    for resource_id in due:
        correlation = new_correlation("time")
        with correlated(correlation, resource=resource_id):
            try:
                await _decide_at_its_time(bot, resource_id, correlation)
            except DBAPIError:
                raise  # not about this resource
            except Exception:
                bot.log.exception("a decision failed")
            else:
                decided += 1
    if decided:
        bot.wake()
    return decided > 0


async def _decide_at_its_time(bot: Bot, resource_id: str, correlation: str) -> None:
    async with bot.db.write() as tx:
        if await decide_about(bot, tx, resource_id, correlation=correlation):
            await _ask_for_lines(bot, tx, resource_id, correlation)
        await fault_point("decide.before_commit")
    await fault_point("decide.committed")


async def _ask_for_lines(bot: Bot, tx: Tx, resource_id: str, correlation: str) -> None:
    found = await resources.get(tx, resource_id)
    assert found is not None
    await news.ask_to_look(
        tx,
        connection=found.snapshot.connection,
        kind=found.snapshot.kind,
        key=found.snapshot.vendor_id,
        due_at=bot.now(),
        correlation=correlation,
    )


async def may_want_lines(bot: Bot, tx: Tx, resource_id: str) -> bool:
    """Whether a rule that asks about lines did not say no the last time, so that they are worth reading."""
    return any(
        kept.answer != Answer.NO and kept.rule in bot.rules and needs_lines(bot.rules[kept.rule].rule)
        for kept in await decisions.of_resource(tx, resource_id)
    )


async def decide_about(bot: Bot, tx: Tx, resource_id: str, *, correlation: str) -> bool:
    """Decide all rules about one resource; True where its lines are wanted and unread."""
    found = await resources.get(tx, resource_id)
    account = bot.accounts.get(found.snapshot.connection) if found else None
    if found is None or account is None:
        await decisions.forget_others(tx, resource_id, ())
        return False
    now = bot.now()
    snapshot = fresh_or_unread(found.snapshot, account, bot, now)
    asking = [
        running
        for running in bot.rules.values()
        if running.mode is not Mode.OFF
        and running.rule.watch == snapshot.kind
        and running.rule.watches(account.id)
    ]
    # An answer of a rule that no longer asks would fall due for ever, and nobody would renew it.
    await decisions.forget_others(tx, resource_id, [running.rule.id for running in asking])
    earlier = await resources.earlier(tx, snapshot, resource_id)
    wants_lines = False
    for running in asking:
        facts = gather(snapshot, earlier, running.calendar(account), now)
        decided = decide(running.rule, snapshot, facts, now, running.mode)
        if found.gone_at is not None:
            gone = Node(Answer.NO, "it is still there at the vendor")
            decided = replace(decided, answer=Answer.NO, tree=gone, verdict=Verdict.NOTHING, next_at=None)
        await decisions.keep(
            tx,
            rule=running.rule.id,
            resource=resource_id,
            rule_hash=running.rule.hash,
            answer=decided.answer,
            verdict=decided.verdict,
            tree=tree_to_json(decided.tree),
            now=now,
            next_at=_next_at(decided, snapshot, account, now),
            correlation=correlation,
        )
        if decided.answer is not Answer.NO and snapshot.lines is None and needs_lines(running.rule):
            wants_lines = True
        if decided.answer is Answer.UNKNOWN:
            await _tell_undecided(bot, tx, running, account, found, decided, correlation)
        await _follow(bot, tx, running, account, found, decided, correlation)
    return wants_lines


async def _tell_undecided(
    bot: Bot,
    tx: Tx,
    running: Running,
    account: Account,
    found: Resource,
    decided: Decision,
    correlation: str,
) -> None:
    """Say once that a rule has been without an answer for too long.

    Not while the vendor can't be read: that is one mail of its own, not one for each run.
    """
    now = bot.now()
    kept = await decisions.get(tx, running.rule.id, found.id)
    assert kept is not None
    if kept.told_unknown_at is not None or now - kept.since <= account.poll * FRESH_POLLS:
        return
    if (await health.health(tx, account.id)).failing_since is not None or running.mode is Mode.WATCH:
        return
    await decisions.told_unknown(tx, running.rule.id, found.id, now)
    await tell(
        tx,
        f"undecided:{running.rule.id}:{found.id}:{kept.since.isoformat()}",
        "undecided",
        now=now,
        correlation=correlation,
        connection=account.id,
        resource=found.id,
        rule=running.rule.id,
        rule_hash=running.rule.hash,
        since=kept.since.isoformat(),
        unknown=[[line.text, line.saw] for line in as_lines(decided.tree) if line.answer is Answer.UNKNOWN],
    )


def is_stale(observed_at: datetime, account: Account, bot: Bot, now: datetime) -> bool:
    return now - observed_at > account.poll * FRESH_POLLS + bot.settings.timing.call_time_out


def fresh_or_unread(snapshot: Snapshot, account: Account, bot: Bot, now: datetime) -> Snapshot:
    """The reading, or one in which everything is unread because it is too old to act on."""
    if not is_stale(snapshot.observed_at, account, bot, now):
        return snapshot
    why = f"not read since {moment(snapshot.observed_at, bot.calendar(account), now)}"
    return replace(snapshot, values={name: Unread(why) for name in snapshot.values}, lines=None)


def _next_at(decided: Decision, snapshot: Snapshot, account: Account, now: datetime) -> datetime | None:
    """When to decide again without news: time changes an answer, or the reading grows old."""
    candidates = [decided.next_at] if decided.next_at else []
    stale_at = snapshot.observed_at + account.poll * FRESH_POLLS + timedelta(minutes=1)
    if snapshot.is_live and stale_at > now:
        candidates.append(stale_at)
    return min((at for at in candidates if at > now), default=None)


async def _follow(
    bot: Bot,
    tx: Tx,
    running: Running,
    account: Account,
    found: Resource,
    decided: Decision,
    correlation: str,
) -> None:
    first = running.rule.then[0]
    if first.action not in bot.actions:
        await alerts.follow(bot, tx, running, found, decided, correlation)
        return
    match decided.answer:
        case Answer.YES if decided.verdict in (Verdict.ASK, Verdict.ACT):
            await _plan_chain(bot, tx, running, account, found, correlation)
        case Answer.NO:
            await _withdraw(bot, tx, running, found, decided.tree, correlation)
            await _leave_alone(bot, tx, running, found, decided.tree, correlation)
        case Answer.UNKNOWN | Answer.YES:
            pass  # unknown never acts and never takes back; watching plans nothing


async def _plan_chain(
    bot: Bot,
    tx: Tx,
    running: Running,
    account: Account,
    found: Resource,
    correlation: str,
) -> None:
    """Write the effects of one yes: a new round where the last one is at an end."""
    if await rules.adopted_at(tx, running.rule.id, account.id) is None:
        return
    now = bot.now()
    action = bot.actions[running.rule.then[0].action]
    key = action.key(found.snapshot, found.generation)
    seen = fingerprint_of(found.snapshot, action, running.rule.hash)
    last = await effects.latest(tx, key)
    not_before = now
    if last is not None:
        if last.state is State.WAITING:
            await _hurry_if_changed(tx, last, seen, now)
        if not _may_open_again(last, seen):
            return
        asked = await approvals.of_effect(tx, last.key, last.round)
        if asked is not None:
            not_before = max(now, asked.asked_at + bot.settings.timing.reask)
    round = 1 if last is None else last.round + 1
    await plan_round(bot, tx, running, found, round, seen, not_before, correlation)
    await audit.note(
        tx,
        now,
        audit.BOT,
        "planned",
        resource=found.id,
        effect=f"{key}#{round}",
        rule=running.rule.id,
        version=running.rule.hash,
    )


async def plan_round(
    bot: Bot,
    tx: Tx,
    running: Running,
    found: Resource,
    round: int,
    seen: str,
    not_before: datetime,
    correlation: str,
) -> None:
    """Write one round of a rule's whole chain."""
    now = bot.now()
    action = bot.actions[running.rule.then[0].action]
    first_key = action.key(found.snapshot, found.generation)
    before: str | None = None
    for position, step in enumerate(running.rule.then):
        vendor = bot.actions.get(step.action)
        key = (
            vendor.key(found.snapshot, found.generation)
            if vendor
            else f"{step.action}:{first_key}:{position}"
        )
        what = Plan(
            key=key,
            action=step.action,
            connection=found.snapshot.connection,
            resource=found.id,
            generation=found.generation,
            rule=running.rule.id,
            rule_hash=running.rule.hash,
            is_vendor=vendor is not None,
            not_before=not_before,
            args={**step.args, "seen": seen},
            position=position,
            after=before,
        )
        await effects.plan(
            tx, what, round=round, chain=f"{first_key}#{round}", now=now, correlation=correlation
        )
        before = key


def _may_open_again(last: Effect, seen: str) -> bool:
    """Whether a new round may follow this one: never beside one that may be at the vendor.

    What a person refused, or did not answer, is asked again only about something else.
    """
    match last.state:
        case State.WITHDRAWN:
            return not last.outcome.get("final") or _seen_by(last) != seen
        case State.REFUSED:
            return _seen_by(last) != seen
        case _:
            return False


def _seen_by(effect: Effect) -> str:
    """What its people or its vendor saw: as last read for it, else as it was planned."""
    return str(effect.outcome.get("seen") or effect.args.get("seen"))


async def _hurry_if_changed(tx: Tx, waiting: Effect, seen: str, now: datetime) -> None:
    """What waits for an approval has changed: look at it at once, and ask anew."""
    if waiting.outcome.get("waits_for") == "approval" and _seen_by(waiting) != seen:
        await effects.hurry(tx, waiting.key, waiting.round, now)


async def _withdraw(
    bot: Bot, tx: Tx, running: Running, found: Resource, tree: Node, correlation: str
) -> None:
    """The rule no longer says yes: what has not started is not started, and people are told."""
    now, wall = bot.now(), bot.clock.wall()
    because = "; ".join(no_lines(tree))
    for effect in await effects.open_of_rule(tx, running.rule.id, found.id):
        if not effect.is_vendor:
            continue
        reason = f"the rule no longer says yes: {because}"
        if not await effects.end_unheld(tx, effect, state=State.WITHDRAWN, reason=reason, now=now, wall=wall):
            continue
        await effects.withdraw_rest(tx, effect.chain, reason=reason, now=now)
        await withdraw_asking(bot, tx, effect, reason, correlation)
        await audit.note(tx, now, audit.BOT, "withdrew", resource=found.id, effect=effect.name, why=reason)


async def withdraw_asking(
    bot: Bot,
    tx: Tx,
    effect: Effect,
    reason: str,
    correlation: str,
    *,
    state: ApprovalState = ApprovalState.WITHDRAWN,
    only_open: bool = False,
) -> None:
    """End the asking of an effect that will not be done in this round, and say so.

    With `only_open` an answered one is left as it is: what was approved has been done.
    """
    asked = await approvals.of_effect(tx, effect.key, effect.round)
    now = bot.now()
    ends = (ApprovalState.OPEN,) if only_open else (ApprovalState.OPEN, ApprovalState.APPROVED)
    if asked is None or asked.state not in ends:
        return
    if asked.state is ApprovalState.OPEN:
        await approvals.close(tx, asked.id, state=state, why=reason, now=now)
    await tell(
        tx,
        f"withdrawn:{asked.id}",
        "approval_withdrawn",
        now=now,
        correlation=correlation,
        connection=effect.connection,
        resource=effect.resource,
        rule=effect.rule,
        rule_hash=effect.rule_hash,
        approval=asked.id,
        why=reason,
        expired=state is ApprovalState.EXPIRED,
    )


def no_lines(node: Node) -> Sequence[str]:
    """The lines that say no, as `last payout was more than 30 minutes ago (14:31)`."""
    if node.answer is not Answer.NO:
        return ()
    if not node.children:
        return (f"{node.text} ({node.saw})" if node.saw else node.text,)
    return tuple(line for child in node.children for line in no_lines(child)) or (node.text,)


async def _leave_alone(
    bot: Bot, tx: Tx, running: Running, found: Resource, tree: Node, correlation: str
) -> None:
    """Say once that a run is left to the vendor's own automation, where that alone says no.

    What is unknown beside it does not matter: nobody reads the lines of a run that the
    bot keeps off anyway.
    """
    refusing = [child for child in tree.children if child.answer is Answer.NO]
    if not refusing or not all(child.text.startswith(SECOND_ROBOT) for child in refusing):
        return
    if await rules.adopted_at(tx, running.rule.id, found.snapshot.connection) is None:
        return
    await tell(
        tx,
        f"left-alone:{running.rule.id}:{found.id}:{found.generation}",
        "left_alone",
        now=bot.now(),
        correlation=correlation,
        connection=found.snapshot.connection,
        resource=found.id,
        generation=found.generation,
        rule=running.rule.id,
        rule_hash=running.rule.hash,
    )
