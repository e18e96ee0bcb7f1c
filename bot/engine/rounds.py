"""Rounds: what a yes plans, when it may be planned again, and how it is taken back.

A round is one try at one thing, from its plan to its end. The key of an effect names
the thing, so that deciding twice plans one; a new round opens only after the last one
has ended, and never beside one that may be at the vendor.
"""

from collections.abc import Sequence
from datetime import datetime

from bot.actions import is_waited_for
from bot.core.condition import Answer
from bot.core.decide import Decision
from bot.core.explain import Node, as_lines
from bot.core.resource import Snapshot
from bot.core.seen import with_note
from bot.core.words import Said, joined, say
from bot.engine.bot import Account, Bot, Running
from bot.engine.seen import fingerprint_of
from bot.engine.tell import tell
from bot.store import approvals, audit, effects, rules, waits
from bot.store.approvals import ApprovalState
from bot.store.database import Tx
from bot.store.effects import Effect, Plan, State, Unexplained
from bot.store.resources import Resource

SECOND_ROBOT = "also automated by vendor"
"""The field that says that the vendor's own automation would do the same."""


async def plan_chain(
    bot: Bot,
    tx: Tx,
    running: Running,
    account: Account,
    found: Resource,
    correlation: str,
) -> None:
    """Write the effects of one yes: a new round where the last one is at an end. Raises Unexplained."""
    if await rules.adopted_at(tx, running.rule.id, account.id) is None:
        return
    now = bot.now()
    first = running.rule.then[0]
    action = bot.actions[first.action].as_told(first.args)
    key = action.key(found.snapshot, found.generation)
    seen = fingerprint_of(found.snapshot, action, running.rule.hash)
    last = await effects.latest(tx, key)
    not_before = now
    if last is not None:
        if last.broken:
            raise Unexplained(last.broken, last)
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
    first = running.rule.then[0]
    first_key = bot.actions[first.action].as_told(first.args).key(found.snapshot, found.generation)
    before: str | None = None
    for position, step in enumerate(running.rule.then):
        vendor = bot.actions.get(step.action)
        key = (
            vendor.as_told(step.args).key(found.snapshot, found.generation)
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
        before = key if is_waited_for(step.action) else before


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
        await waits.hurry(tx, waiting.key, waiting.round, now)


async def withdraw(
    bot: Bot,
    tx: Tx,
    rule: str,
    reason: str,
    correlation: str,
    *,
    resource: str | None = None,
    read: Snapshot | None = None,
    for_now: bool = False,
) -> None:
    """A rule no longer wants what it planned, on one resource or on all.

    What has not started is not started, and those who were asked are told. `for_now` says
    that time alone may turn the answer again. What nobody has looked at since it was planned,
    and is so already by what was `read`, is no change of mind: it is left to whoever looks.
    """
    now, wall = bot.now(), bot.clock.wall()
    for effect in await effects.open_of_rule(tx, rule, resource):
        if not effect.is_vendor or (read is not None and _is_so_already(bot, effect, read)):
            continue
        if not await effects.end_unheld(tx, effect, state=State.WITHDRAWN, reason=reason, now=now, wall=wall):
            continue
        await effects.withdraw_rest(tx, effect.chain, reason=reason, now=now)
        await withdraw_asking(bot, tx, effect, reason, correlation)
        if resource is not None and not await _is_done_otherwise(bot, tx, effect, read):
            await say_not_done(bot, tx, effect, reason, correlation, for_now=for_now)
        await audit.note(
            tx, now, audit.BOT, "withdrew", resource=effect.resource, effect=effect.name, why=reason
        )


def _is_so_already(bot: Bot, effect: Effect, read: Snapshot) -> bool:
    # After a start nothing is looked at before the list was read, which may be what shows it done.
    unseen = effect.state is State.PLANNED or effect.outcome.get("waits_for") == "list"
    return unseen and _is_done(bot, effect, read)


async def _is_done_otherwise(bot: Bot, tx: Tx, effect: Effect, read: Snapshot | None) -> bool:
    """Whether another action of ours led to the same: the mail of that one tells of it."""
    if read is None or not _is_done(bot, effect, read):
        return False
    others = await effects.of_resource(tx, effect.resource)
    return any(one.calls and one.key != effect.key and one.generation == effect.generation for one in others)


def _is_done(bot: Bot, effect: Effect, read: Snapshot) -> bool:
    action = bot.actions.get(effect.action)
    if action is None:
        return False
    action = action.as_told(effect.args)
    return action.is_done(read, action.request(read)) is True


async def say_not_done(
    bot: Bot, tx: Tx, effect: Effect, reason: str, correlation: str, *, for_now: bool
) -> None:
    """A yes came to nothing, and nobody had been asked who would hear of it: say so, once.

    It had waited for working hours, a guard or its vendor, or a fresh reading answered
    otherwise. One that never waited and that time alone may turn again is not mentioned.
    """
    if for_now and not effect.reason:
        return
    if await approvals.of_effect(tx, effect.key, effect.round) is not None:
        return
    if effect.reason:
        why = say("It waited: {before}. Then {reason}", before=effect.reason, reason=reason)
    else:
        why = say("Right before it {reason}", reason=reason)
    await tell(
        tx,
        f"not-done:{effect.key}",
        "needs_person",
        now=bot.now(),
        correlation=correlation,
        connection=effect.connection,
        resource=effect.resource,
        generation=effect.generation,
        rule=effect.rule,
        rule_hash=effect.rule_hash,
        effect=[effect.key, effect.round],
        trouble="not_done",
        why=why,
    )


def why_withdrawn(decided: Decision) -> Said:
    if decided.answer is Answer.YES:
        return say("the rule only watches now")
    return say("the rule no longer says yes: {lines}", lines=joined(no_lines(decided.tree), "; "))


def what_is_unread(decided: Decision) -> str:
    """The conditions without an answer, and why they have none."""
    unknown = [line for line in as_lines(decided.tree) if line.answer is Answer.UNKNOWN]
    return joined((with_note(line.text, line.saw) for line in unknown), "; ")


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
        return (node.says,)
    return tuple(line for child in node.children for line in no_lines(child)) or (node.text,)


async def leave_alone(
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
