"""A call that came late: its worker stood still for longer than its lease lasts.

Nothing can keep a process from being frozen between its last check and the socket. By
the time it goes on, somebody may have taken over, read back, waited and called. So what
the late call did is looked at, written down, and said to people where it may matter.
"""

from bot.connectors import Connector
from bot.core.action import Action, Outcome
from bot.core.words import lower, say
from bot.engine.bot import Bot
from bot.engine.tell import tell
from bot.store import audit, effects
from bot.store.effects import Effect, FenceLost, State


def check_in_time(bot: Bot, held: Effect) -> None:
    """The last check before a call. Raises FenceLost where somebody else may be at it by now."""
    if held.lease_until is not None and bot.clock.wall() >= held.lease_until:
        raise FenceLost(held.name)


async def came_late(bot: Bot, connector: Connector, action: Action, held: Effect, outcome: Outcome) -> None:
    """Write down a call whose effect somebody else has by now; tell where it was called or given up since."""
    now = bot.now()
    async with bot.db.write() as tx:
        row = await effects.get(tx, held.key, held.round)
        assert row is not None, "an effect is never deleted"
        await audit.note(
            tx,
            now,
            audit.BOT,
            "called the vendor late",
            resource=held.resource,
            action=held.action,
            effect=held.name,
            outcome=type(outcome).__name__,
        )
        if row.calls > held.calls or row.state in (State.PARKED, State.WITHDRAWN, State.REFUSED):
            told = (
                say(
                    "payrunbot stood still when it was to {verb} this, and went on after it had been called "
                    "again. {vendor} answered the late call with: {answer}",
                    verb=lower(action.verb),
                    vendor=connector.title,
                    answer=outcome.detail or say("yes"),
                )
                if row.calls > held.calls
                else say(
                    "payrunbot stood still when it was to {verb} this, and went on after it had been given "
                    "up. {vendor} answered the late call with: {answer}",
                    verb=lower(action.verb),
                    vendor=connector.title,
                    answer=outcome.detail or say("yes"),
                )
            )
            await tell(
                tx,
                f"late:{held.name}:{held.fence}",
                "notice",
                now=now,
                correlation=held.correlation,
                connection=held.connection,
                resource=held.resource,
                title=say("A call to {title} left late", title=connector.title),
                about=held.resource.partition(":")[2] or held.resource,
                says=[told],
                do=say(
                    "Look at it at {title}: it should have happened once, and as it was meant to.",
                    title=connector.title,
                ),
            )
    bot.log.warning("called late", action=held.action, outcome=type(outcome).__name__)
