"""Confirm: after a call, reading back says what is true; the reply alone never does.

An unknown outcome is read back at once, waits out its quarantine, is read back again,
and then goes as its action declares: once more at the most, or to a person. Nothing
here holds a lease while it waits.
"""

from datetime import timedelta
from typing import Any

from bot.core.action import Action, Outcome, Refused, WhenUnknown
from bot.core.fault import fault_point
from bot.core.rule import Mode
from bot.core.words import joined, say
from bot.engine.bot import Account, Bot
from bot.engine.ending import end, needs_person
from bot.engine.readback import read_after
from bot.engine.rounds import withdraw_asking
from bot.engine.versions import narrow
from bot.store import audit, brakes, effects
from bot.store.codec import line_to_json
from bot.store.effects import Effect, State
from bot.store.resources import Resource

PAUSES = (timedelta(seconds=2), timedelta(seconds=5), timedelta(seconds=15), timedelta(minutes=1))
"""Between one reading back and the next; the last one repeats."""

SOMEBODY_ELSE = "somebody else"


async def after_call(bot: Bot, account: Account, action: Action, held: Effect, outcome: Outcome) -> None:
    """Read back right after the vendor answered, or did not."""
    if isinstance(outcome, Refused):
        await _refused(bot, account, action, held, outcome.detail)
    else:
        await go_on(bot, account, action, held)


async def _refused(bot: Bot, account: Account, action: Action, held: Effect, detail: str) -> None:
    """The vendor said no: that is the end, unless it is so already."""
    found = await read_after(bot, account, held)
    if found is not None and action.is_done(found.snapshot, held.request):
        await _verified(bot, account, action, held, found, by=SOMEBODY_ELSE)
        return
    if found is None:
        # Deleted, or only called something else since it was read: the list says which, as before a call.
        await end(bot, held, State.WITHDRAWN, say("it is gone at the vendor"))
        return
    await end(
        bot,
        held,
        State.REFUSED,
        say("{vendor} said no: {detail}", vendor=account.connector.title, detail=detail),
        seen=held.outcome.get("seen"),
        tell_as="refused",
        audited=f"{account.connector.title} said no",
    )


async def go_on(bot: Bot, account: Account, action: Action, held: Effect) -> None:
    """Read back an effect whose call was made, or may have been."""
    await fault_point("effect.before_confirm")
    if held.outcome.get("outcome") == Refused.__name__:
        # Taken over from somebody who had the vendor's no and could not read it back.
        await _refused(bot, account, action, held, held.outcome["detail"])
        return
    found = await read_after(bot, account, held)
    if found is not None and action.is_done(found.snapshot, held.request):
        await _verified(bot, account, action, held, found, by=audit.BOT)
        return
    await fault_point("effect.confirmed")
    now = bot.now()
    expected = held.state in (State.SENT, State.CONFIRMING)
    if expected and held.confirm_until is not None and now < held.confirm_until:
        await _again_soon(bot, held)
    elif held.quarantine_until is None:
        await _quarantine(bot, held)
    else:
        await _after_quarantine(bot, account, action, held)


async def _again_soon(bot: Bot, held: Effect) -> None:
    now = bot.now()
    tries = int(held.outcome.get("readings", 0))
    outcome = {**held.outcome, "readings": tries + 1}
    async with bot.db.write() as tx:
        await effects.write(
            tx,
            held,
            release=True,
            state=State.CONFIRMING,
            reason=say("the vendor said yes; reading it back"),
            not_before=now + PAUSES[min(tries, len(PAUSES) - 1)],
            attempts=0,
            changed_at=now,
            outcome_json=effects.outcome_to_json(outcome),
        )
        await fault_point("effect.before_confirming")
    await fault_point("effect.confirming")


async def _quarantine(bot: Bot, held: Effect) -> None:
    """Nobody knows whether it happened. A slow call may still be on its way: wait it out."""
    now = bot.now()
    async with bot.db.write() as tx:
        await effects.write(
            tx,
            held,
            release=True,
            state=State.UNKNOWN,
            reason=say("no answer told whether it happened; waiting before reading back again"),
            not_before=now,
            attempts=0,
            quarantine_until=bot.clock.wall() + bot.settings.timing.quarantine,
            changed_at=now,
        )
        await audit.note(tx, now, audit.BOT, "cannot tell", resource=held.resource, effect=held.name)
        await fault_point("effect.before_unknown")
    await fault_point("effect.unknown")
    bot.log.warning("outcome unknown")


async def _after_quarantine(bot: Bot, account: Account, action: Action, held: Effect) -> None:
    """Still not so after the wait. Once more where the action allows it, else a person."""
    if action.when_unknown is WhenUnknown.RETRY or (
        action.when_unknown is WhenUnknown.ONCE_MORE and held.calls < 2
    ):
        again = await read_after(bot, account, held)
        if again is not None and action.is_done(again.snapshot, held.request):
            await _verified(bot, account, action, held, again, by=audit.BOT)
            return
        if again is not None and action.is_done(again.snapshot, held.request) is False:
            await _once_more(bot, held)
            return
    await end(bot, held, State.PARKED, say("could not be confirmed"), tell_as="unconfirmed")


async def _once_more(bot: Bot, held: Effect) -> None:
    """Back to the start: approval, guards and the rule are asked again before the second call."""
    now = bot.now()
    async with bot.db.write() as tx:
        await effects.write(
            tx,
            held,
            release=True,
            state=State.PLANNED,
            reason=say("read back twice as not done; once more"),
            not_before=now,
            changed_at=now,
        )
        # Read twice as not done: what it had counted against the day is counted again by its next intent.
        await brakes.release(tx, held.key, held.round)
        await audit.note(tx, now, audit.BOT, "tries once more", resource=held.resource, effect=held.name)
        await fault_point("effect.before_again")
    await fault_point("effect.again")


async def found_done(bot: Bot, account: Account, action: Action, held: Effect, found: Resource) -> None:
    """It is so already, before we called: somebody else did it, or we did and had forgotten."""
    by = audit.BOT if held.calls else SOMEBODY_ELSE
    await _verified(bot, account, action, held, found, by=by)


async def _verified(
    bot: Bot, account: Account, action: Action, held: Effect, found: Resource, *, by: str
) -> None:
    await fault_point("effect.confirmed")
    now = bot.now()
    differences = _differences(held.lines, found) if by == audit.BOT else []
    if by == audit.BOT and action.disagrees is not None:
        differences += action.disagrees(found.snapshot, held.request)
    outcome = {**held.outcome, "differences": differences}
    async with bot.db.write() as tx:
        await effects.write(
            tx,
            held,
            release=True,
            state=State.VERIFIED,
            reason=say("{done}, read back", done=action.done_word),
            changed_at=now,
            done_by=by,
            quarantine_until=None,
            outcome_json=effects.outcome_to_json(outcome),
        )
        if by == SOMEBODY_ELSE:
            why = say(
                "{vendor} shows it as {done} already; payrunbot did not do it",
                vendor=account.connector.title,
                done=action.done_word,
            )
            await withdraw_asking(bot, tx, held, why, held.correlation)
        else:
            why = say("it was done without an approval, as it needed none any more")
            await withdraw_asking(bot, tx, held, why, held.correlation, only_open=True)
        if differences:
            # What went was not what was meant: no more of it unasked until somebody has signed again.
            await narrow(bot, tx, held.rule, Mode.ASK)
            await needs_person(bot, tx, held, "differs", joined(differences, "; "))
        await audit.note(
            tx,
            now,
            audit.BOT,
            "confirmed",
            resource=held.resource,
            action=action.name,
            effect=held.name,
            by=by,
            differences=differences,
        )
        await fault_point("effect.before_verified")
    await fault_point("effect.verified")
    bot.log.info("confirmed", action=action.name, by=by, differences=len(differences))


def _differences(went: Any, found: Resource) -> list[str]:
    """How the lines that are there now differ from those that were there at the call."""
    if found.snapshot.lines is None or not went:
        return []
    before = {line["id"]: line for line in went}
    after = {line.id: line_to_json(line) for line in found.snapshot.lines}
    changed = [
        say("line {id} is not what was approved", id=id)
        for id in before.keys() & after.keys()
        if any(before[id][name] != after[id][name] for name in ("payee", "net_pay"))
    ]
    added = [say("line {id} was added", id=id) for id in after.keys() - before.keys()]
    gone = [say("line {id} is gone", id=id) for id in before.keys() - after.keys()]
    return sorted(changed + added + gone)
