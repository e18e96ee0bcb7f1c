"""A schedule that has come: what `every` and `expect` do alike with its times.

What became of a time is written once, in the transaction that moves the schedule on, so
that neither a second worker nor a clock that was set back deals with it again.
"""

from abc import ABC, abstractmethod

from bot.core.slots import Slot, Times, latest_slots
from bot.core.words import say
from bot.core.workdays import WorkCalendar
from bot.engine import in_step
from bot.engine.bot import Bot, Running
from bot.store import audit, schedules
from bot.store.database import Tx
from bot.store.schedules import Happened, Standing

OUR_ERROR = say("payrunbot met an error of its own")


class SetTime(ABC):
    """Its times up to now, oldest first, and the one after them.

    `at_most` of those that came together are dealt with one by one; older ones are left out.
    """

    given_up: Happened
    """What becomes of times that an error of ours left undone."""

    def __init__(
        self,
        bot: Bot,
        running: Running,
        times: Times,
        calendar: WorkCalendar,
        standing: Standing,
        correlation: str,
        *,
        at_most: int,
    ) -> None:
        self._bot = bot
        self._running = running
        self._calendar = calendar
        self._standing = standing
        self._correlation = correlation
        self._now = bot.now()
        since = max(standing.next.due_at, standing.since)
        later = latest_slots(times, calendar, since, self._now, at_most=at_most)
        self._slots = (standing.next, *later)
        self._following = times.next_slot(self._now, calendar)

    @abstractmethod
    async def run(self) -> bool:
        """False where somebody else has done it, or where something is to be read first."""

    @abstractmethod
    async def _tell_given_up(self, tx: Tx) -> None:
        """Say that these times are left undone."""

    async def give_up(self) -> bool:
        """Leave these times as they are, and say so; False where somebody else has dealt with them."""
        async with self._bot.db.write() as tx:
            if not await self._move_on(tx):
                return False
            for slot in self._slots:
                await self._record(tx, slot, self.given_up, OUR_ERROR)
            await self._tell_given_up(tx)
        return True

    async def _move_on(self, tx: Tx) -> bool:
        """Make the time after them the next one; False where somebody else has, or changed the rule."""
        await in_step.ensure(self._bot, tx)
        now = self._bot.rules.get(self._running.rule.id)
        if now is None or (now.rule.hash, now.mode) != (self._running.rule.hash, self._running.mode):
            return False
        return await schedules.move_on(tx, self._standing, self._following)

    async def _record(self, tx: Tx, slot: Slot, state: Happened, why: str) -> bool:
        """Write down what becomes of a time; False where that was written before."""
        is_new = await schedules.record(tx, self._standing.schedule, slot, state, why, self._now)
        if is_new:
            rule, _, connection = self._standing.schedule.partition("@")
            await audit.note(
                tx,
                self._now,
                audit.BOT,
                "dealt with a set time",
                rule=rule,
                **({"connection": connection} if connection else {}),
                slot=slot.name,
                state=state,
                why=why,
            )
        return is_new
