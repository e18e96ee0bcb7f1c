"""Perform: take one effect as far as it goes now, and never a step twice.

A vendor action goes: fresh read; done already? decide again on it; approval and guards
on that same read; commit the intent; one call; read back. Each step that can't go on
writes why and when to try again, and lets go. What comes after the call is `confirm`.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import DBAPIError

from bot.connectors import Gone, HeldBack, VendorProblem
from bot.connectors.budget import Purpose
from bot.core.action import Action, Done, Outcome, Refused, Retry, Unknown
from bot.core.condition import Answer
from bot.core.decide import Verdict, decide
from bot.core.explain import Node
from bot.core.fault import fault_point
from bot.core.guard import Gate, limits_in_words
from bot.core.rule import Mode
from bot.core.words import say, told_by
from bot.engine import ask, confirm
from bot.engine.bot import Account, Bot
from bot.engine.calls import Carried, spending
from bot.engine.deliver import deliver
from bot.engine.ending import PATIENCE, end, hold_back, needs_person, put_off, say_lost, wait
from bot.engine.late import came_late, check_in_time
from bot.engine.obstacles import Obstacle, brake, full_day, guards_say, in_the_way, too_many
from bot.engine.park import park_effect
from bot.engine.plan import fresh_or_unread
from bot.engine.readback import ask_for_list, read_fresh
from bot.engine.rounds import say_not_done, what_is_unread, why_withdrawn
from bot.engine.seen import fingerprint_of
from bot.engine.trace import correlated
from bot.engine.trouble import connection_failed, note_held_back, note_outcome
from bot.engine.turn import Turn
from bot.facts.gather import gather
from bot.store import audit, brakes, effects, resources, rules
from bot.store.codec import canonical, fingerprint, line_to_json
from bot.store.database import Tx
from bot.store.effects import Effect, FenceLost, State, Unexplained
from bot.store.resources import Resource
from bot.store.unexplained import TWO_AT_ONCE


async def perform_once(bot: Bot) -> bool:
    """Take the effect that is due longest one step on; False where none is due."""
    now = bot.now()
    wall, lease = bot.lease()
    async with bot.db.write() as tx:
        held = await effects.claim(tx, now=now, wall=wall, lease=lease)
    if held is None:
        return False
    await fault_point("effect.claimed")
    with correlated("act", held.correlation, effect=held.name):
        try:
            await _step(bot, held)
        except FenceLost:
            bot.log.warning("somebody else has taken this over")
        except DBAPIError:
            raise  # not about this effect: its lease ends, and it is taken up again
        except asyncio.CancelledError:
            await _give_back(bot, held)
            raise
        except Exception:
            bot.log.exception("an effect failed")
            await _leave_to_a_person(bot, held)
    bot.wake()
    return True


async def _give_back(bot: Bot, held: Effect) -> None:
    """The service stops. Before the intent nothing has happened; after it only the lease may end it."""
    async with bot.db.write() as tx:
        await effects.let_go(tx, held)


async def _leave_to_a_person(bot: Bot, held: Effect) -> None:
    """What nobody thought of is not tried again by itself, least of all with money."""
    reason = say("payrunbot met an error of its own")
    try:
        await end(bot, held, State.PARKED, reason, tell_as="unexpected" if held.is_vendor else None)
        if not held.is_vendor:
            async with bot.db.write() as tx:
                lost = say(
                    "payrunbot met an error of its own while it made a mail; what went wrong is in the log"
                )
                await say_lost(bot, tx, held, lost)
    except FenceLost:
        bot.log.warning("somebody else has taken this over")


async def _step(bot: Bot, held: Effect) -> None:
    try:
        if held.broken:
            raise Unexplained(held.broken, held)
        if held.is_vendor:
            with spending(Purpose.EFFECTS):
                await _vendor_step(bot, held)
        else:
            await deliver(bot, held)
    except Unexplained as odd:
        async with bot.db.write() as tx:
            await park_effect(bot, tx, held, odd.why)
    except resources.TwoResources as two:
        reason = say("it cannot be told apart: {why}", why=told_by(two))
        await end(bot, held, State.PARKED, reason, tell_as="unread")
    except HeldBack as back:
        await hold_back(bot, held, back)
        await note_held_back(bot, bot.accounts[held.connection], back)
    except VendorProblem as problem:
        await put_off(bot, held, problem)
        await connection_failed(bot, bot.accounts[held.connection], problem)


async def _vendor_step(bot: Bot, held: Effect) -> None:
    account = bot.accounts.get(held.connection)
    if account is None:
        reason = say("connection {connection} is no longer in the settings", connection=held.connection)
        await end(bot, held, State.PARKED, reason)
        async with bot.db.write() as tx:
            lost = say("{why}, so what was planned there is left as it is", why=reason)
            await say_lost(bot, tx, held, lost)
        return
    action = bot.actions.get(held.action)
    if action is None:
        raise Unexplained(say("what was to be done with it is nothing that payrunbot can do"), held)
    action = action.as_told(held.args)
    if held.state in (State.PLANNED, State.WAITING):
        await _begin(bot, account, action, held)
        return
    async with bot.db.read() as tx:
        of_it = await effects.of_resource(tx, held.resource)
    crowd = [one for one in of_it if one.is_vendor and one.state in effects.AT_THE_VENDOR]
    if len(crowd) > 1:  # reading back could not tell which of them it was
        async with bot.db.write() as tx:
            for one in crowd:
                await park_effect(bot, tx, one, TWO_AT_ONCE)
        return
    await confirm.go_on(bot, account, action, held)


async def _begin(bot: Bot, account: Account, action: Action, held: Effect) -> None:
    async with bot.db.read() as tx:
        braked = await brake(bot, tx, held)
    if braked is not None:
        await wait(bot, held, braked.until, braked.reason, waits_for=braked.waits_for)
        return
    try:
        found = await read_fresh(bot, account, held)
    except Gone:
        # Deleted, or only called something else by now: the list says which, and may bring a new round.
        await end(bot, held, State.WITHDRAWN, say("it is gone at the vendor"))
        await ask_for_list(bot, account, held.correlation)
        return
    await fault_point("effect.read")
    async with bot.db.read() as tx:
        braked = await brake(bot, tx, held)
    if braked is not None:  # what this very reading showed may be why
        await wait(bot, held, braked.until, braked.reason, waits_for=braked.waits_for)
        return
    if found.generation != held.generation:
        # It was closed and opened again meanwhile: that is another question, with a key of its own.
        await end(bot, held, State.WITHDRAWN, say("it was opened again since it was planned"), final=True)
        return
    request = action.request(found.snapshot)
    if action.is_done(found.snapshot, request):
        await confirm.found_done(bot, account, action, held, found)
        return
    turn = await _decide_again(bot, account, action, held, found)
    if turn is None:
        return
    async with bot.db.read() as tx:
        gate = await guards_say(bot, tx, turn)
    if gate.gate is Gate.STOP:
        reason = say("stopped by a guard: {why}", why=gate.why)
        await end(bot, held, State.REFUSED, reason, seen=turn.seen, tell_as="guard")
        return
    if gate.gate is Gate.WAIT:
        # A full day is no question: it is waited for, and what people must say is asked after it.
        await _wait_for(bot, turn, full_day(bot, gate))
        return
    reasons = (*await _why_ask(bot, turn), *gate.reasons)
    if (reasons or turn.decided.verdict is Verdict.ASK) and not await ask.is_allowed(bot, turn, reasons):
        return
    until = turn.decided.wait_until
    if until is not None:
        await wait(bot, held, until, say("it keeps to working hours"), waits_for="hours", seen=turn.seen)
        return
    async with bot.db.read() as tx:
        limit = await too_many(bot, tx, turn)
    if limit is not None:
        await _wait_for(bot, turn, limit, tell_as="at_most")
        return
    if action.asks_for is not None:
        request = {**request, **await ask.given(bot, held, action.asks_for)}
    # Whether it may be called is known before the intent, so that nothing waits between it and the call.
    carried = await bot.calls.for_one_action(account.id)
    try:
        intended = await _intend(bot, turn, request)
        if intended is not None:
            await _finished(_call(bot, account, action, intended, carried))
    finally:
        carried.give_back()


async def _wait_for(bot: Bot, turn: Turn, what: Obstacle, *, tell_as: str | None = None) -> None:
    await wait(
        bot, turn.held, what.until, what.reason, waits_for=what.waits_for, seen=turn.seen, tell_as=tell_as
    )


async def _decide_again(
    bot: Bot, account: Account, action: Action, held: Effect, found: Resource
) -> Turn | None:
    """The rule's answer on the fresh read, by the version in force; None withdraws the effect."""
    now = bot.now()
    running = bot.rules.get(held.rule)
    if running is None or not running.asks(found.snapshot.kind, account.id):
        reason = say("the rule is no longer there, is switched off, or is no longer about it")
        await end(bot, held, State.WITHDRAWN, reason)
        return None
    snapshot = fresh_or_unread(found.snapshot, account, bot, now)
    async with bot.db.read() as tx:
        earlier = await resources.earlier(tx, snapshot, found.id)
    facts = gather(snapshot, earlier, running.calendar(account), now, found.generation)
    decided = decide(running.rule, facts, now, running.mode)
    seen = fingerprint_of(found.snapshot, action, running.rule.hash)
    if decided.answer is Answer.UNKNOWN:
        # What could not be read takes nothing back: it is read again, and a person is told if that lasts.
        await put_off(bot, held, VendorProblem(what_is_unread(decided)))
        return None
    if decided.verdict not in (Verdict.ASK, Verdict.ACT):
        reason = why_withdrawn(decided)
        await end(bot, held, State.WITHDRAWN, reason, seen=seen)
        if decided.answer is Answer.NO:
            async with bot.db.write() as tx:
                await say_not_done(
                    bot, tx, held, reason, held.correlation, for_now=decided.next_at is not None
                )
        return None
    return Turn(account, action, running, held, found, decided, facts, earlier, seen)


async def _why_ask(bot: Bot, turn: Turn) -> tuple[Node, ...]:
    """Why a person is asked: the rule's limits, and what no mode may override."""
    reasons = list(turn.decided.reasons)
    if turn.running.mode is Mode.ASK:
        reasons.append(Node(Answer.YES, say("the rule asks each time")))
    async with bot.db.read() as tx:
        adopted_at = await rules.adopted_at(tx, turn.running.rule.id, turn.account.id)
    if adopted_at is None or turn.found.first_seen_at <= adopted_at:
        reasons.append(Node(Answer.YES, say("it was there before the rule was signed off here")))
    if turn.found.generation > 1:
        times = say("time {number}", number=turn.found.generation)
        reasons.append(Node(Answer.YES, say("it was open again after it had been done"), times))
    if turn.action.always_asks:
        reasons.append(Node(Answer.YES, say("this action is always asked")))
    return tuple(reasons)


async def _intend(bot: Bot, turn: Turn, request: dict[str, str]) -> Effect | None:
    """Commit that the call is about to be made; None where something stands in the way.

    Brakes, guards and intent are one transaction: a pause holds from its own commit on,
    and two workers with two effects of one resource, or of one day's allowance, cannot
    both come through.
    """
    now = bot.now()
    held, action, account, seen = turn.held, turn.action, turn.account, turn.seen
    if bot.is_stopping:
        await _give_back(bot, held)
        return None
    async with bot.db.write() as tx:
        obstacle = await in_the_way(bot, tx, turn)
        if obstacle is not None:
            await effects.write(
                tx,
                held,
                release=True,
                state=State.WAITING,
                reason=obstacle.reason,
                not_before=obstacle.until,
                outcome_json=canonical({"waits_for": obstacle.waits_for, "seen": seen}),
                changed_at=now,
            )
            if obstacle.waits_for == "at_most":  # another of the rule's came first, at this moment
                await needs_person(bot, tx, held, "at_most", obstacle.reason)
            return None
        amount = turn.money
        await brakes.reserve(
            tx,
            effect_key=held.key,
            round=held.round,
            connection=account.id,
            action=action.name,
            currency=amount.currency if amount else "",
            day=bot.calendar(account).today(now).isoformat(),
            amount=amount,
            now=now,
        )
        wall, lease = bot.lease()
        intended = replace(
            held,
            state=State.INTENT,
            lease_until=wall + lease,  # a whole one for the call, however long the reading took
            request=request,
            calls=held.calls + 1,
            confirm_until=now + action.confirm_within,
            lines=[line_to_json(line) for line in turn.found.snapshot.lines or ()],
            outcome={"seen": seen, **({"amount": amount.plain()} if amount else {})},
        )
        await effects.write(
            tx,
            held,
            state=State.INTENT,
            reason=say("about to call the vendor"),
            request_json=canonical(request),
            calls=intended.calls,
            lease_until=intended.lease_until,
            intent_at=now,
            changed_at=now,
            confirm_until=intended.confirm_until,
            quarantine_until=None,
            lines_json=canonical(intended.lines),
            outcome_json=canonical(intended.outcome),
        )
        await audit.note(
            tx,
            now,
            audit.BOT,
            "is about to act",
            resource=turn.found.id,
            action=action.name,
            effect=held.name,
            seen=seen,
            amount=amount.plain() if amount else None,
            guards=list(limits_in_words(account.guards)),
        )
        await fault_point("effect.before_intent")
    await fault_point("effect.intent")
    return intended


async def _finished(call: Coroutine[Any, Any, None]) -> None:
    """Wait for it even when interrupted, so that a stop learns what the vendor said.

    Interrupted a second time it is given up, and left to its lease.
    """
    calling = asyncio.create_task(call)
    try:
        await asyncio.shield(calling)
    except asyncio.CancelledError:
        await asyncio.gather(calling, return_exceptions=True)
        raise


async def _call(bot: Bot, account: Account, action: Action, held: Effect, carried: Carried) -> None:
    """Send it, once. Whatever comes back is written down before anything else is done."""
    check_in_time(bot, held)
    await fault_point("effect.before_call")
    with carried.used():
        outcome = await account.connection.act(action.name, held.request, fingerprint([held.key, held.round]))
    await fault_point("effect.called")
    bot.log.info("called the vendor", action=action.name, outcome=type(outcome).__name__)
    now = bot.now()
    try:
        async with bot.db.write() as tx:
            await _write_outcome(tx, held, outcome, now)
            await fault_point("effect.before_sent")
    except FenceLost:
        await came_late(bot, account.connector, action, held, outcome)
        raise
    await fault_point("effect.sent")
    await note_outcome(bot, account, outcome)
    if isinstance(outcome, Retry):
        if held.attempts >= PATIENCE:
            reason = say("{vendor} keeps asking to wait", vendor=account.connector.title)
            await end(bot, held, State.PARKED, reason, tell_as="unread")
    else:
        state = State.UNKNOWN if isinstance(outcome, Unknown) else State.SENT
        await confirm.after_call(bot, account, action, replace(held, state=state), outcome)


async def _write_outcome(tx: Tx, held: Effect, outcome: Outcome, now: datetime) -> None:
    kind = type(outcome).__name__
    said = effects.outcome_to_json({**held.outcome, "outcome": kind, "detail": outcome.detail})
    match outcome:
        case Retry(detail, after):
            # Nothing happened: the reservation is free, and the next try starts from the beginning.
            await brakes.release(tx, held.key, held.round)
            at = now + max(timedelta(seconds=1), min(after, timedelta(minutes=15)))
            await effects.write(
                tx,
                held,
                release=True,
                state=State.PLANNED,
                reason=say("the vendor asked to wait: {detail}", detail=detail),
                not_before=at,
                calls=held.calls - 1,
                changed_at=now,
                outcome_json=said,
            )
        case Done() | Refused() | Unknown():
            await effects.write(
                tx,
                held,
                state=State.UNKNOWN if isinstance(outcome, Unknown) else State.SENT,
                reason=outcome.detail,
                sent_at=now,
                changed_at=now,
                outcome_json=said,
            )
    await audit.note(
        tx,
        now,
        audit.BOT,
        "called the vendor",
        resource=held.resource,
        action=held.action,
        effect=held.name,
        outcome=kind,
    )
