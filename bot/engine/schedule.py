"""Rules at set times: each time dealt with once, whatever the clock does.

What has been dealt with is a row, so that a clock set back repeats nothing and two
workers do nothing twice. The row is written in the transaction that plans the mail and
moves the schedule on. A time that came while the service was not there, or that a
clock set forward passed over, is missed; what then happens the rule says itself.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from sqlalchemy.exc import DBAPIError

from bot.core.fault import fault_point
from bot.core.rule import IfMissed, Mode
from bot.core.slots import Slot, Times
from bot.core.words import say
from bot.core.workdays import WorkCalendar
from bot.engine.asked_at import Listing, ask_about_all, watched
from bot.engine.bot import Bot, Running
from bot.engine.expected import ExpectTurn, standings_of
from bot.engine.set_time import OUR_ERROR, SetTime
from bot.engine.tell import tell
from bot.engine.trace import correlated, new_correlation
from bot.store import effects, news, schedules
from bot.store.codec import fingerprint
from bot.store.database import Tx
from bot.store.effects import Plan
from bot.store.schedules import Happened, Standing
from bot.store.unhurried import unhurried

IN_TIME = timedelta(minutes=15)
"""A time is not missed while it is no later than this: a restart takes a moment."""
READING = timedelta(minutes=5)
MOST_SLOTS = 200
"""How many missed times are written down one by one. Older ones are left out."""


def clock_of(bot: Bot, running: Running) -> WorkCalendar | None:
    """The work calendar on whose wall the times are; None where the rule watches no connection."""
    accounts = watched(bot, running.rule)
    return running.calendars[running.rule.calendar or accounts[0].calendar] if accounts else None


async def place(bot: Bot, tx: Tx, rules: Mapping[str, Running]) -> None:
    """Give each of these rules its next time, and take it from all others.

    Where its words or its calendar changed, times before now no longer count; but one
    that had come already is still dealt with, so that no change loses it.
    """
    now = bot.now()
    known = await schedules.all_of(tx)
    async for name, times, calendar in unhurried(_placed(bot, rules)):
        before = known.pop(name, None)
        basis = fingerprint([times.words, repr(calendar.spec)])
        if before is not None and before.basis == basis:
            continue
        has_come = before is not None and before.next.due_at <= now
        following = before.next if before is not None and has_come else times.next_slot(now, calendar)
        await schedules.put(tx, Standing(name, basis, now, following))
    for gone in known:
        await schedules.remove(tx, gone)


def _placed(bot: Bot, rules: Mapping[str, Running]) -> Iterator[tuple[str, Times, WorkCalendar]]:
    """Each schedule of these rules by name, with its times and on whose wall they are."""
    for rule_id, running in rules.items():
        rule = running.rule
        if running.mode is Mode.OFF:
            continue
        if rule.expect is not None:
            for name, calendar in standings_of(bot, running):
                yield name, rule.expect, calendar
        elif rule.every is not None and (clock := clock_of(bot, running)) is not None:
            yield rule_id, rule.every, clock


async def run_schedules(bot: Bot) -> bool:
    """Deal with every time that has come; False where there was none to deal with.

    A rule that cannot be asked for an error of ours holds up no other: its time is
    missed, and operations are told.
    """
    async with bot.db.read() as tx:
        due = await schedules.due(tx, bot.now())
    ran = 0
    for standing in due:
        rule_id = standing.schedule.partition("@")[0]
        correlation = new_correlation("slot")
        with correlated("set time", correlation, rule=rule_id):
            turn = _turn(bot, standing, correlation)
            if turn is None:
                continue  # its rule is being put in force, or taken out of it, at this moment
            try:
                ran += await turn.run()
            except DBAPIError:
                raise  # not about this rule: the next tick tries again
            except Exception:
                bot.log.exception("a set time failed")
                ran += await turn.give_up()
    if ran:
        bot.wake()
    return ran > 0


def _turn(bot: Bot, standing: Standing, correlation: str) -> SetTime | None:
    """What deals with a schedule that has come; None where no rule in force has it."""
    rule_id, _, connection = standing.schedule.partition("@")
    running = bot.rules.get(rule_id)
    if running is None:
        return None
    if connection:
        account = bot.accounts.get(connection)
        if account is None or running.rule.expect is None:
            return None
        return ExpectTurn(bot, running, account, standing, correlation)
    every, calendar = running.rule.every, clock_of(bot, running)
    if every is None or calendar is None:
        return None
    return _Turn(bot, running, every, calendar, standing, correlation, at_most=MOST_SLOTS)


class _Turn(SetTime):
    """One schedule of a rule with `every`, and what becomes of each of its times."""

    given_up = Happened.MISSED

    async def run(self) -> bool:
        rule, now = self._running.rule, self._now
        newest = self._slots[-1]
        in_time = now - newest.due_at <= IN_TIME
        runs = newest if in_time or rule.if_missed is IfMissed.RUN_LATE else None
        missed = self._slots if runs is None else self._slots[:-1]
        listing = None
        if runs is not None:
            async with self._bot.db.read() as tx:
                if await self._reads_first(tx, runs):
                    return False
                listing = await ask_about_all(self._bot, tx, self._running, now)
        async with self._bot.db.write() as tx:
            if not await self._move_on(tx):
                return False
            if self._running.mode is Mode.WATCH:
                await self._only_watch(tx, listing)
            else:
                missed = await self._miss(tx, missed, runs)
                if runs is not None and listing is not None:
                    late = not in_time or (bool(missed) and rule.if_missed is IfMissed.RUN_LATE)
                    await self._tell(tx, runs, listing, missed if late else (), late=late)
            await fault_point("schedule.before_commit")
        await fault_point("schedule.committed")
        return True

    async def _reads_first(self, tx: Tx, slot: Slot) -> bool:
        """Whether what it would list is being read just now, as after every start: then a moment later.

        Not for so long that its time is missed by waiting for a list.
        """
        late = self._now - slot.due_at
        if READING < late <= IN_TIME:
            return False
        accounts = watched(self._bot, self._running.rule)
        return any([await news.is_being_read(tx, account.id, self._now) for account in accounts])

    async def _only_watch(self, tx: Tx, listing: Listing | None) -> None:
        for slot in self._slots:
            why = say("the rule only watches")
            if listing is not None and slot is self._slots[-1]:
                count = len(listing.matched)
                why = say("the rule only watches; it would have listed {count}", count=count)
            await self._record(tx, slot, Happened.WATCHED, why)

    async def _miss(self, tx: Tx, slots: Sequence[Slot], runs: Slot | None) -> tuple[Slot, ...]:
        """Write down the missed times, and tell of them where the rule wants that; those that were new."""
        tells = self._running.rule.if_missed is IfMissed.TELL
        why = say("payrunbot was not running, or the clock was set forward")
        if runs is not None and not tells:
            why = say("{why}; {time} stands for it", why=why, time=runs.name)
        state = Happened.MISSED if tells else Happened.SKIPPED
        fresh = tuple([slot for slot in slots if await self._record(tx, slot, state, why)])
        if fresh and tells:
            await self._tell_missed(tx, fresh, why)
        return fresh

    async def _tell(
        self, tx: Tx, slot: Slot, listing: Listing, missed: Sequence[Slot], *, late: bool
    ) -> None:
        """Plan the mail of one time, unless that time was dealt with before."""
        counted = say(
            "{listed} listed, {unanswered} not answered",
            listed=len(listing.matched),
            unanswered=len(listing.unanswered),
        )
        state = Happened.DONE if listing.is_empty else Happened.TOLD
        why = say("nothing to tell") if listing.is_empty else counted
        if not await self._record(tx, slot, state, why) or listing.is_empty:
            return
        rule = self._running.rule
        chain = f"every:{rule.id}:{slot.name}"
        for position, step in enumerate(rule.then):
            what = Plan(
                key=f"{step.action}:{chain}:{position}",
                action=step.action,
                connection="",
                resource="",
                generation=0,
                rule=rule.id,
                rule_hash=rule.hash,
                is_vendor=False,
                not_before=self._now,
                args={
                    **step.args,
                    "slot": slot.name,
                    "due_at": slot.due_at.isoformat(),
                    "late": late,
                    "missed": [one.due_at.isoformat() for one in missed],
                    **listing.to_json(),
                },
                position=position,
            )
            await effects.plan(tx, what, round=1, chain=chain, now=self._now, correlation=self._correlation)

    async def _tell_missed(self, tx: Tx, slots: Sequence[Slot], why: str) -> None:
        rule = self._running.rule
        await tell(
            tx,
            f"missed:{rule.id}:{slots[-1].name}",
            "slots_missed",
            now=self._now,
            correlation=self._correlation,
            rule=rule.id,
            rule_hash=rule.hash,
            missed=[slot.due_at.isoformat() for slot in slots],
            next_at=self._following.due_at.isoformat(),
            why=why,
        )

    async def _tell_given_up(self, tx: Tx) -> None:
        await self._tell_missed(tx, self._slots, OUR_ERROR)
