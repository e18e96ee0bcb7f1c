"""What stands in the way of a call: a brake, a changed rule, another action, a guard, `at_most`.

All of it is asked twice: early, so that nothing is read or asked in vain, and once more in
the transaction of the intent, where no pause, no second worker and no other effect of the
same day can come between the answer and the call.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.guard import Compared, Gate, GuardAnswer, guard
from bot.core.seen import span
from bot.core.words import say
from bot.engine import in_step
from bot.engine.bot import Bot
from bot.engine.turn import Turn
from bot.store import brakes, effects, health, parked, resources
from bot.store.database import Tx
from bot.store.effects import Effect
from bot.store.resources import Resource

BRAKE_LOOK = timedelta(minutes=5)
"""How often a braked effect looks whether the brake is off, besides being told so."""

OTHERS_WAIT = timedelta(seconds=30)

LIST_WAIT = timedelta(seconds=15)
"""How often an effect looks whether the connection's list was read, besides being told so."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why an effect waits, until when at the latest, and for what."""

    reason: str
    until: datetime
    waits_for: str


async def brake(bot: Bot, tx: Tx, held: Effect) -> Obstacle | None:
    """What stands in the way: a trouble, a list not read since the start, a hold or a pause."""
    now = bot.now()
    apart = await parked.get(tx, held.resource)
    if apart is not None:
        return Obstacle(say("it needs somebody: {why}", why=apart.why), now + BRAKE_LOOK, "person")
    if not await was_polled(bot, tx, held.connection):
        return Obstacle(say("the list is read first, as after every start"), now + LIST_WAIT, "list")
    hold = await brakes.held(tx, held.resource, now)
    if hold is not None:
        return Obstacle(
            say("{person} holds it: {why}", person=hold.by, why=hold.why),
            min(hold.until, now + BRAKE_LOOK),
            "hold",
        )
    pause = await brakes.paused(tx, held.connection, now)
    if pause is not None:
        what = say("everything") if pause.scope == brakes.EVERYTHING else pause.scope
        until = min(pause.until or now + BRAKE_LOOK, now + BRAKE_LOOK)
        return Obstacle(
            say("{person} paused {what}: {why}", person=pause.by, what=what, why=pause.why), until, "pause"
        )
    return None


async def was_polled(bot: Bot, tx: Tx, connection: str) -> bool:
    """Whether its list was read since this start, by this replica or another one."""
    if connection not in bot.polled and bot.db.is_shared:
        listed_at = (await health.health(tx, connection)).listed_at
        if listed_at is not None and listed_at >= bot.started_at:
            bot.polled.add(connection)
    return connection in bot.polled


async def guards_say(bot: Bot, tx: Tx, turn: Turn, *, approved: bool = False) -> GuardAnswer:
    """What the settings' guards say to this action on this read."""
    guards, amount, money = turn.account.guards, turn.amount, turn.money
    calendar = bot.calendar(turn.account)
    today = calendar.today(bot.now())
    tomorrow = calendar.end_of(today)
    if amount is None:
        return guard(guards, amount=None, used_today=None, tomorrow=tomorrow, approved=approved)
    mine = turn.held.key, turn.held.round
    used = (
        await brakes.used(tx, turn.account.id, money.currency, today.isoformat(), besides=mine)
        if money
        else None
    )
    compared = Compared(
        "net pay",
        turn.facts.values.get("net pay", amount),
        [pay for one in turn.earlier if (pay := one.money("net pay")) is not None],
    )
    return guard(
        guards, amount=amount, used_today=used, tomorrow=tomorrow, compared=compared, approved=approved
    )


def full_day(bot: Bot, gate: GuardAnswer) -> Obstacle:
    """A guard that waits: until there is room, or for a moment where it can't say."""
    return Obstacle(say("a guard waits: {why}", why=gate.why), gate.until or bot.now() + OTHERS_WAIT, "guard")


async def too_many(bot: Bot, tx: Tx, turn: Turn) -> Obstacle | None:
    """Whether `at_most` holds this one back, until the oldest that counts no longer does."""
    limit = turn.running.rule.limits.at_most
    if limit is None:
        return None
    done = await brakes.times_since(tx, turn.account.id, turn.action.name, bot.now() - limit.per)
    if len(done) < limit.count:
        return None
    reason = say(
        "the rule does at most {most} in {span}, and {number} were done",
        most=limit.count,
        span=span(limit.per),
        number=len(done),
    )
    return Obstacle(reason, done[-limit.count] + limit.per, "at_most")


async def is_newest(tx: Tx, found: Resource) -> bool:
    """Whether nobody has read it again since."""
    kept = await resources.get(tx, found.id)
    return kept is not None and kept.snapshot.observed_at == found.snapshot.observed_at


async def in_the_way(bot: Bot, tx: Tx, turn: Turn) -> Obstacle | None:
    """Everything once more, in the transaction that is to commit the intent. Raises Behind."""
    await in_step.ensure(bot, tx)
    braked = await brake(bot, tx, turn.held)
    if braked is not None:
        return braked
    running = bot.rules.get(turn.held.rule)
    if running is None or (running.rule.hash, running.mode) != (turn.running.rule.hash, turn.running.mode):
        # Put in force between the rule's answer and now: it is asked again, as it is.
        return Obstacle(say("the rules were changed at this moment"), bot.now(), "rule")
    if await effects.others_under_way(tx, turn.held):
        return Obstacle(say("another action on it is under way"), bot.now() + OTHERS_WAIT, "resource")
    if not await is_newest(tx, turn.found):
        # Another action on it, or a person at the vendor, may have come and gone since it was read.
        return Obstacle(say("it was read once more at this moment"), bot.now(), "resource")
    gate = await guards_say(bot, tx, turn, approved=True)
    if gate.gate in (Gate.WAIT, Gate.STOP):
        # A stop is looked at anew from the start, which ends the effect and tells of it.
        return full_day(bot, gate)
    return await too_many(bot, tx, turn)
