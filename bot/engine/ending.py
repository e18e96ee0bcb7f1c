"""How an effect stops for now or for good: always with a reason, never without a word."""

from datetime import datetime, timedelta

from bot.connectors import HeldBack, VendorProblem
from bot.core.fault import fault_point
from bot.core.words import say
from bot.engine.bot import Bot
from bot.engine.rounds import withdraw_asking
from bot.engine.tell import tell
from bot.store import approvals, audit, brakes, effects, waits
from bot.store.approvals import ApprovalState
from bot.store.database import Tx
from bot.store.effects import Effect, State

PATIENCE = 40
"""Attempts after which an effect that never gets on is handed to a person."""


async def wait(
    bot: Bot,
    held: Effect,
    until: datetime,
    reason: str,
    *,
    waits_for: str,
    seen: str | None = None,
    tell_as: str | None = None,
) -> None:
    """Let go of an effect until then, or until somebody hurries it."""
    now = bot.now()
    outcome = {**held.outcome, "waits_for": waits_for, **({"seen": seen} if seen else {})}
    async with bot.db.write() as tx:
        await effects.write(
            tx,
            held,
            release=True,
            state=State.WAITING,
            reason=reason,
            not_before=until,
            attempts=0,
            changed_at=now,
            outcome_json=effects.outcome_to_json(outcome),
        )
        if waits_for == "approval":
            # The answer may have come while this was being read again: then there is no wait.
            asked = await approvals.of_effect(tx, held.key, held.round)
            if asked is not None and asked.state is not ApprovalState.OPEN:
                await waits.hurry(tx, held.key, held.round, now)
        if tell_as is not None:
            await needs_person(bot, tx, held, tell_as, reason)
        await fault_point("effect.before_wait")
    await fault_point("effect.waits")
    bot.log.info("waits", why=reason, until=until.isoformat())


async def end(
    bot: Bot,
    held: Effect,
    state: State,
    reason: str,
    *,
    seen: str | None = None,
    final: bool = False,
    tell_as: str | None = None,
    asking: ApprovalState = ApprovalState.WITHDRAWN,
    audited: str | None = None,
) -> None:
    """End a round: withdrawn, refused or parked. The rest of its chain ends with it.

    `tell_as` says which trouble a person is told of; a withdrawn asking is told anyway.
    `audited` is what the audit and the log say instead of a reason in somebody else's
    words: those may name people, and neither can be erased.
    """
    now = bot.now()
    async with bot.db.write() as tx:
        # What was claimed may have come further since: what the vendor answered is not lost.
        row = await effects.get(tx, held.key, held.round) or held
        outcome = {**row.outcome, "final": final, **({"seen": seen} if seen else {})}
        await effects.write(
            tx,
            held,
            release=True,
            state=state,
            reason=reason,
            changed_at=now,
            outcome_json=effects.outcome_to_json(outcome),
        )
        if state in (State.WITHDRAWN, State.REFUSED):
            await brakes.release(tx, held.key, held.round)
            await effects.withdraw_rest(tx, held.chain, reason=reason, now=now)
            await withdraw_asking(bot, tx, held, reason, held.correlation, state=asking)
        if state is State.PARKED:
            await approvals.close_of(tx, held.key, held.round, why=reason, now=now)
        if tell_as is not None:
            await needs_person(bot, tx, held, tell_as, reason)
        await audit.note(
            tx,
            now,
            audit.BOT,
            str(state),
            resource=held.resource,
            effect=held.name,
            why=audited or reason,
        )
        await fault_point("effect.before_end")
    await fault_point("effect.ended")
    bot.log.warning("ended", state=str(state), why=audited or reason)


async def needs_person(bot: Bot, tx: Tx, held: Effect, trouble: str, reason: str) -> None:
    """Tell operations of it, once a trouble; `trouble` is a key of `letters.trouble.TROUBLES`."""
    await tell(
        tx,
        f"trouble:{held.name}:{trouble}",
        "needs_person",
        now=bot.now(),
        correlation=held.correlation,
        connection=held.connection,
        resource=held.resource,
        generation=held.generation,
        rule=held.rule,
        rule_hash=held.rule_hash,
        effect=[held.key, held.round],
        trouble=trouble,
        why=reason,
    )


async def say_lost(bot: Bot, tx: Tx, held: Effect, what: str) -> None:
    """Tell operations of a mail, or of an action, that nobody will be told of otherwise."""
    if held.args.get("letter") == "notice":
        return  # a notice about a notice would go round in circles: the log and /readyz say it
    await tell(
        tx,
        f"lost:{held.name}",
        "notice",
        now=bot.now(),
        correlation=held.correlation,
        connection=held.connection,
        title=say("Somebody was not told") if not held.is_vendor else say("An action was left as it is"),
        about=held.name,
        says=[what],
        do=say("Look at it in the pages, and tell those who should know."),
    )


async def put_off(bot: Bot, held: Effect, problem: VendorProblem) -> None:
    """The vendor can't be read: try again later, in the state it is in."""
    row = await _as_it_is(bot, held)
    reason = say("the vendor could not be read: {problem}", problem=problem.what)
    if held.attempts >= PATIENCE:
        await end(bot, held, State.PARKED, reason, tell_as="unconfirmed" if row.calls else "unread")
        return
    delay = timedelta(seconds=min(15 * 2 ** min(held.attempts, 6), 900))
    if problem.retry_after_s is not None:
        delay = timedelta(seconds=max(1.0, min(problem.retry_after_s, 900.0)))
    await _let_go(bot, held, row, bot.now() + delay, reason, attempts=held.attempts)


async def hold_back(bot: Bot, held: Effect, back: HeldBack) -> None:
    """Nothing may be called there now: go on when something may. It counts as no attempt."""
    row = await _as_it_is(bot, held)
    until = max(back.until, bot.now() + timedelta(seconds=1))
    reason = say("the connection {what}", what=back.what)
    await _let_go(bot, held, row, until, reason, attempts=held.attempts - 1)


async def _as_it_is(bot: Bot, held: Effect) -> Effect:
    """The row: what was claimed may have come further since, and only it says whether a call was made."""
    async with bot.db.read() as tx:
        row = await effects.get(tx, held.key, held.round)
    assert row is not None, "an effect is never deleted"
    return row


async def _let_go(
    bot: Bot, held: Effect, row: Effect, until: datetime, reason: str, *, attempts: int
) -> None:
    now = bot.now()
    # A vendor that has answered the call is asked on as before; one that has not, is unknown.
    state = {State.INTENT: State.UNKNOWN, State.SENT: State.CONFIRMING}.get(row.state, row.state)
    async with bot.db.write() as tx:
        await effects.write(
            tx,
            held,
            release=True,
            state=state,
            not_before=until,
            attempts=attempts,
            changed_at=now,
            reason=reason,
        )
        await fault_point("effect.before_put_off")
    await fault_point("effect.put_off")
    bot.log.warning("put off", why=reason, again_in_s=(until - now).total_seconds())
