"""Approve, reject, hold, pause, settle: what people decide, the same for every channel.

Each call takes a signed-in person and says in a sentence what was done, or raises
`NotAllowed` or `NothingToDecide` with a sentence that says why nothing was. Nothing
here calls a vendor: a yes makes the waiting effect due, and performing it reads,
decides and compares once more.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.core.fault import fault_point
from bot.core.words import moment, say
from bot.engine import connection_health
from bot.engine.ask import asked_from_json
from bot.engine.bot import Bot
from bot.engine.case import load_case
from bot.engine.may import Deed, asked_about, check
from bot.engine.may import NotAllowed as NotAllowed
from bot.engine.park import hurry_all
from bot.engine.plan import decide_and_ask
from bot.engine.seen import fingerprint_of
from bot.engine.tell import tell
from bot.engine.trace import new_correlation
from bot.engine.typed import NotTyped as NotTyped
from bot.engine.typed import check_typed
from bot.settings import Person
from bot.store import approvals, audit, brakes, effects, parked, resources, waits
from bot.store.approvals import Approval, ApprovalState
from bot.store.database import Tx
from bot.store.effects import Effect, State

LONGEST_BRAKE = timedelta(days=366)


class NothingToDecide(Exception):
    """It is not there, or no longer to be decided. The text says what became of it."""


async def find(tx: Tx, approval_id: str) -> tuple[Approval, Effect]:
    """Raises NothingToDecide."""
    asked = await approvals.get(tx, approval_id)
    effect = await effects.get(tx, asked.effect_key, asked.round) if asked else None
    if asked is None or effect is None:
        raise NothingToDecide(say("There is no such approval."))
    return asked, effect


def checks_of(asked: Approval) -> tuple[str, ...]:
    """What must be ticked, whatever the channel: every finding not ticked and unchanged since before."""
    findings = asked.shown["asked"]["findings"]
    return tuple(one["check"] for one in findings if not one["ticked"])


async def approve(
    bot: Bot,
    person: Person,
    approval_id: str,
    *,
    channel: str,
    comment: str = "",
    checks: Sequence[str] = (),
    at: datetime | None = None,
    typed: str = "",
) -> str:
    """One person's yes, with the time that the action asks for and the amount as typed, where it must be.

    Raises NotAllowed, NothingToDecide, MissingChecks, NotTyped, NotGiven.
    """
    now = bot.now()
    async with bot.db.write() as tx:
        asked, effect = await find(tx, approval_id)
        _still_open(asked, now)
        check(bot.settings, person, Deed.APPROVE, asked_about(bot, asked))
        missing = [one for one in checks_of(asked) if one not in checks]
        if missing:
            raise MissingChecks(tuple(missing))
        check_typed(bot.settings, person, asked, typed)
        await _check_given(bot, tx, asked, effect, at)
        await approvals.answer(
            tx,
            approval_id,
            person=person.id,
            answer="approve",
            comment=comment,
            checks=checks,
            channel=channel,
            now=now,
            given_at=at,
        )
        still_needed = asked.people_needed - len(asked.approved_by) - 1
        if still_needed <= 0:
            await approvals.close(tx, approval_id, state=ApprovalState.APPROVED, why="approved", now=now)
            await waits.hurry(tx, effect.key, effect.round, now)
        await audit.note(
            tx,
            now,
            person.id,
            "approved",
            resource=effect.resource,
            effect=effect.name,
            approval=approval_id,
            seen=asked.fingerprint,
            channel=channel,
            **({"given_at": at.isoformat()} if at is not None else {}),
        )
        await fault_point("approval.before_commit")
    await fault_point("approval.committed")
    bot.wake()
    if still_needed > 0:
        return say("You approved it. It needs one more person.")
    return say("You approved it. payrunbot reads it again and does it if nothing has changed.")


class MissingChecks(Exception):
    """Approve was pressed with checks unticked. `checks` are their names."""

    def __init__(self, checks: tuple[str, ...]) -> None:
        super().__init__(say("Not every check was ticked."))
        self.checks = checks


class NotGiven(Exception):
    """Approved without the time that it needs, or with one that cannot be. The text says which."""


async def _check_given(bot: Bot, tx: Tx, asked: Approval, effect: Effect, at: datetime | None) -> None:
    """Raises NotGiven. Of several people the first says when; the others say the same, or no."""
    action, found = bot.actions.get(effect.action), await resources.get(tx, effect.resource)
    wanted = action.asks_for if action is not None else None
    zone, before = bot.settings.timezone, asked.given_at
    if wanted is None:
        if at is not None:
            raise NotGiven(say("No time is asked for here."))
        return
    if at is None:
        raise NotGiven(say("“{label}” is missing. {help}", label=wanted.label, help=wanted.help))
    if at > bot.now():
        raise NotGiven(say("“{label}” is still to come: {at}.", label=wanted.label, at=moment(at, zone)))
    earliest = found.snapshot.instant(wanted.not_before) if found is not None else None
    if earliest is not None and at < earliest:
        raise NotGiven(
            say(
                "“{label}” cannot be: {given} is before the pay run's “{field}”, {earliest}.",
                label=wanted.label,
                given=moment(at, zone),
                field=wanted.not_before,
                earliest=moment(earliest, zone),
            )
        )
    if before is not None and wanted.sent(before) != wanted.sent(at):
        who = asked.approved_by[0]
        raise NotGiven(
            say(
                "{person} gave {at} as “{label}”: give the same, or reject it.",
                person=who,
                at=moment(before, zone),
                label=wanted.label,
            )
        )


async def reject(bot: Bot, person: Person, approval_id: str, *, channel: str, reason: str) -> str:
    """A no, with its reason. Nothing is done in this round. Raises NotAllowed, NothingToDecide."""
    now, wall = bot.now(), bot.clock.wall()
    async with bot.db.write() as tx:
        asked, effect = await find(tx, approval_id)
        _still_open(asked, now)
        check(bot.settings, person, Deed.REJECT)
        why = say("{person} rejected it: {reason}", person=person.id, reason=reason)
        await approvals.answer(
            tx,
            approval_id,
            person=person.id,
            answer="reject",
            comment=reason,
            checks=(),
            channel=channel,
            now=now,
        )
        await approvals.close(tx, approval_id, state=ApprovalState.REJECTED, why=why, now=now)
        ended = await effects.end_unheld(tx, effect, state=State.REFUSED, reason=why, now=now, wall=wall)
        if ended:
            await effects.withdraw_rest(tx, effect.chain, reason=why, now=now)
        await tell(
            tx,
            f"withdrawn:{asked.id}",
            "approval_withdrawn",
            now=now,
            correlation=effect.correlation,
            connection=effect.connection,
            resource=effect.resource,
            rule=effect.rule,
            rule_hash=effect.rule_hash,
            approval=asked.id,
            why=why,
            expired=False,
        )
        await audit.note(
            tx, now, person.id, "rejected", resource=effect.resource, effect=effect.name, why=reason
        )
    bot.wake()
    leads_to = asked_from_json(asked.shown["asked"]).if_rejected or say("Nothing is done.")
    return say("You rejected it. {then}", then=leads_to)


def _still_open(asked: Approval, now: datetime) -> None:
    if asked.state is not ApprovalState.OPEN:
        raise NothingToDecide(
            say("There is nothing to decide any more: {why}.", why=asked.why or asked.state)
        )
    if now >= asked.expires_at:
        raise NothingToDecide(say("The time to decide this is over; nothing was done."))


async def hold(bot: Bot, person: Person, resource_id: str, *, reason: str, until: datetime) -> str:
    """Keep the bot off one resource: somebody does it by hand. Raises NotAllowed."""
    check(bot.settings, person, Deed.HOLD)
    now = bot.now()
    _within_reason(until, now)
    async with bot.db.write() as tx:
        if await load_case(bot, tx, resource_id) is None:
            raise NothingToDecide(say("There is no such pay run."))
        await brakes.set_hold(tx, resource_id, by=person.id, why=reason, until=until, now=now)
        await audit.note(
            tx, now, person.id, "held", resource=resource_id, why=reason, until=until.isoformat()
        )
    return say("payrunbot keeps off it until then.")


async def release(bot: Bot, person: Person, resource_id: str) -> str:
    """End a hold, or take up again what needed somebody; what is still wrong with it is said.

    Raises NotAllowed, NothingToDecide.
    """
    check(bot.settings, person, Deed.RELEASE)
    now = bot.now()
    async with bot.db.write() as tx:
        was_held = await brakes.end_hold(tx, resource_id)
        was_apart = await parked.end(tx, resource_id)
        if not (was_held or was_apart):
            raise NothingToDecide(say("Nobody holds it."))
        await hurry_all(tx, resource_id, bot)
        await audit.note(tx, now, person.id, "released", resource=resource_id)
        if was_apart:
            await decide_and_ask(bot, tx, resource_id, correlation=new_correlation("release"))
        still = await parked.get(tx, resource_id)
    bot.wake()
    if still is not None:
        return say("It was looked at again and is as before: {why}.", why=still.why)
    return say("payrunbot takes it up again.") if was_apart else say("The hold is over.")


async def pause(bot: Bot, person: Person, scope: str, *, reason: str, until: datetime | None = None) -> str:
    """Stop all vendor actions of a connection, or of all (`*`), before the next call."""
    check(bot.settings, person, Deed.PAUSE)
    now = bot.now()
    if scope != brakes.EVERYTHING and scope not in bot.accounts:
        raise NothingToDecide(say("There is no connection {scope}.", scope=scope))
    if until is not None:
        _within_reason(until, now)
    async with bot.db.write() as tx:
        already = [one for one in await brakes.pauses(tx, now) if one.scope == scope]
        if already:
            raise NothingToDecide(
                say(
                    "It is paused already, by {person}: {why}. Resume it first.",
                    person=already[0].by,
                    why=already[0].why,
                )
            )
        await brakes.set_pause(tx, scope, by=person.id, why=reason, until=until, now=now)
        ends = until.isoformat() if until else None
        await audit.note(tx, now, person.id, "paused", scope=scope, why=reason, until=ends)
        await connection_health.news_of(bot, tx, *_paused_by(scope))
    if until is None:
        return say("Paused. Nothing is done at the vendor until somebody resumes.")
    at = moment(until, bot.settings.timezone)
    return say("Paused. Nothing is done at the vendor until {at}.", at=at)


def _paused_by(scope: str) -> tuple[str, ...]:
    """The connections that a pause is of, by name; none for all of them."""
    return () if scope == brakes.EVERYTHING else (scope,)


def _within_reason(until: datetime, now: datetime) -> None:
    """Raises NothingToDecide for an end that is not ahead, or further than a year."""
    if not now < until <= now + LONGEST_BRAKE:
        raise NothingToDecide(say("An end must be ahead, and within a year."))


async def resume(bot: Bot, person: Person, scope: str) -> str:
    check(bot.settings, person, Deed.RESUME)
    now = bot.now()
    async with bot.db.write() as tx:
        if not await brakes.end_pause(tx, scope):
            raise NothingToDecide(say("That is not paused."))
        await waits.hurry_waiting(tx, now, connection=None if scope == brakes.EVERYTHING else scope)
        await audit.note(tx, now, person.id, "resumed", scope=scope)
        await connection_health.news_of(bot, tx, *_paused_by(scope))
    bot.wake()
    return "Resumed."


async def settle(bot: Bot, person: Person, resource_id: str, *, what: str, comment: str) -> str:
    """A person says what became of an action that could not be confirmed.

    `what` is `happened`, `again` (through rule, approval and guards once more) or
    `never`. Raises NotAllowed, NothingToDecide.
    """
    check(bot.settings, person, Deed.SETTLE)
    now = bot.now()
    async with bot.db.write() as tx:
        of_it = await effects.of_resource(tx, resource_id)
        parked = [one for one in of_it if one.is_vendor and one.state is State.PARKED]
        if not parked:
            raise NothingToDecide(say("Nothing of it waits to be settled."))
        effect = parked[-1]
        state, reason = _SETTLED[what]
        seen = await _seen_now(bot, tx, effect)
        await effects.write(
            tx,
            effect,
            release=True,
            state=state,
            reason=say("{person} {reason}: {comment}", person=person.id, reason=reason, comment=comment),
            done_by=person.id if what == "happened" else None,
            changed_at=now,
            outcome_json=effects.outcome_to_json({**effect.outcome, "final": what == "never", **seen}),
            # Whoever is still at it, frozen perhaps since before it was left to a person, writes no more.
            fence=effect.fence + 1,
        )
        if state is not State.VERIFIED:
            await brakes.release(tx, effect.key, effect.round)
            await effects.withdraw_rest(tx, effect.chain, reason=reason, now=now)
        await audit.note(
            tx, now, person.id, f"settled as {what}", resource=resource_id, effect=effect.name, why=comment
        )
        if what == "again":
            await decide_and_ask(bot, tx, resource_id, correlation=effect.correlation)
    bot.wake()
    return say("Settled.")


async def _seen_now(bot: Bot, tx: Tx, effect: Effect) -> dict[str, str]:
    """What a never is about, where the record of the action no longer says: the pay run as it is."""
    action, found = bot.actions.get(effect.action), await resources.get(tx, effect.resource)
    if effect.outcome.get("seen") or effect.args.get("seen") or action is None or found is None:
        return {}
    return {"seen": fingerprint_of(found.snapshot, action, effect.rule_hash)}


_SETTLED = {
    "happened": (State.VERIFIED, say("says that it happened")),
    "again": (State.WITHDRAWN, say("says to try again")),
    "never": (State.REFUSED, say("says that it is not to be done")),
}
