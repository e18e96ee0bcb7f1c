"""Rules with `expect`: each time dealt with once at each connection, by what came until then.

Enough that came is done with at once. Too few are told only once a list has been read
after the time, with all that it led to: while the vendor cannot be read nobody knows
what came, and that is never "nothing came". So the time waits, operations are told that
it does, and what came is counted when the list is there at last, however late.
"""

from collections.abc import Iterator
from datetime import timedelta

from bot.core.came import decide_came
from bot.core.condition import Answer
from bot.core.decide import Decision, Verdict
from bot.core.expect import Expectation
from bot.core.fault import fault_point
from bot.core.rule import Mode, Rule
from bot.core.seen import moment
from bot.core.slots import Slot
from bot.core.words import say
from bot.core.workdays import WorkCalendar
from bot.engine.asked_at import watched
from bot.engine.bot import Account, Bot, Running
from bot.engine.counting import Counted, Reading, count, read_all
from bot.engine.plan import FRESH_POLLS
from bot.engine.set_time import OUR_ERROR, SetTime
from bot.engine.tell import tell
from bot.store import effects, health, news, schedules
from bot.store.database import Tx
from bot.store.effects import Plan
from bot.store.schedules import Happened, Standing

AGAIN = timedelta(minutes=1)
"""How soon it is first looked again whether what a time waits for has been read; then a few times a poll."""
MOST_TIMES = 20
"""How many times that came together are counted one by one. Older ones are left out."""
SHOWN = 10
"""How many things one mail names."""


def standings_of(bot: Bot, running: Running) -> Iterator[tuple[str, WorkCalendar]]:
    """The name and the calendar of each of its schedules, one for each connection."""
    for account in watched(bot, running.rule):
        yield f"{running.rule.id}@{account.id}", running.calendar(account)


class ExpectTurn(SetTime):
    """One schedule of a rule with `expect`, and what came for each of its times."""

    given_up = Happened.UNKNOWN

    def __init__(
        self, bot: Bot, running: Running, account: Account, standing: Standing, correlation: str
    ) -> None:
        assert running.rule.expect is not None, "only a rule with expect has such a schedule"
        self._expect: Expectation = running.rule.expect
        self._account = account
        calendar = running.calendar(account)
        super().__init__(bot, running, self._expect, calendar, standing, correlation, at_most=MOST_TIMES)

    async def run(self) -> bool:
        async with self._bot.db.read() as tx:
            if await self._still_unread(tx):
                reading, decided = None, []
            else:
                reading = await read_all(self._bot, tx, self._running, self._account)
                decided = self._decide(reading)
        if reading is None or self._must_wait(reading, decided):
            return await self._wait()
        async with self._bot.db.write() as tx:
            if not await self._move_on(tx):
                return False
            await self._settle(tx, reading, decided)
            await fault_point("schedule.before_commit")
        await fault_point("schedule.committed")
        return True

    async def _still_unread(self, tx: Tx) -> bool:
        """Whether it waits already, and no list has come since: then counting again is in vain."""
        if self._standing.waits_since is None:
            return False
        listed_at = (await health.health(tx, self._account.id)).listed_at
        return listed_at is None or listed_at < self._slots[-1].due_at

    def _decide(self, reading: Reading) -> list[tuple[Counted, Decision]]:
        decided = []
        for slot in self._slots:
            begins = self._expect.begins(slot, self._calendar)
            if begins is None:
                continue  # the rule's words changed after it had come: it is none of its times any more
            counted = count(self._bot, reading, slot, begins)
            answer = decide_came(self._running.rule, counted.to_decide(), self._running.mode)
            decided.append((counted, answer))
        return decided

    def _must_wait(self, reading: Reading, decided: list[tuple[Counted, Decision]]) -> bool:
        """Whether what is not known now may be known once the list is read, with all that it leads to.

        There is no bound but the list itself. What cannot be read though it is listed is
        waited for two polls, and then no longer than it takes to find that out.
        """
        unknown = [one.slot for one, decision in decided if decision.answer is Answer.UNKNOWN]
        if not unknown:
            return False
        if reading.listed_at is None or reading.listed_at < unknown[-1].due_at or reading.is_being_read:
            return True
        since = self._standing.waits_since
        return since is None or self._now - since <= self._account.poll * FRESH_POLLS

    async def _wait(self) -> bool:
        """Look again in a moment; at first have the list read at once, and once it takes long tell of it."""
        begun = self._standing.waits_since
        async with self._bot.db.write() as tx:
            since = begun or self._now
            again = AGAIN if begun is None else max(AGAIN, self._account.poll / 4)
            if not await schedules.wait(tx, self._standing, since=since, until=self._now + again):
                return False
            if begun is None:
                await news.ask_to_look(
                    tx,
                    connection=self._account.id,
                    kind=news.LIST,
                    key=news.LIST,
                    due_at=self._now,
                    correlation=self._correlation,
                )
            elif self._now - since > self._account.poll * FRESH_POLLS:
                await self._tell_waiting(tx)
        return begun is None

    async def _settle(self, tx: Tx, reading: Reading, decided: list[tuple[Counted, Decision]]) -> None:
        too_few: list[Counted] = []
        for counted, decision in decided:
            match decision.verdict, decision.answer:
                case _, Answer.UNKNOWN:
                    is_new = await self._record(tx, counted.slot, Happened.UNKNOWN, decision.tree.saw)
                    if is_new and self._running.mode is not Mode.WATCH:
                        await self._tell_unknown(tx, counted.slot, decision.tree.saw)
                case Verdict.WATCH, _:
                    why = say("the rule only watches; it would have told: {what}", what=decision.tree.saw)
                    await self._record(tx, counted.slot, Happened.WATCHED, why)
                case Verdict.ACT, _:
                    if await self._record(tx, counted.slot, Happened.TOLD, decision.tree.saw):
                        too_few.append(counted)
                case _:
                    await self._record(tx, counted.slot, Happened.DONE, decision.tree.saw)
        if too_few:
            await self._tell_too_few(tx, reading, too_few)

    async def _tell_too_few(self, tx: Tx, reading: Reading, times: list[Counted]) -> None:
        """Plan one mail for all times of this turn."""
        rule, newest = self._running.rule, times[-1].slot
        chain = f"expect:{self._standing.schedule}:{newest.name}"
        last = reading.last(self._now)
        for position, step in enumerate(rule.then):
            what = Plan(
                key=f"{step.action}:{chain}:{position}",
                action=step.action,
                connection=self._account.id,
                resource="",
                generation=0,
                rule=rule.id,
                rule_hash=rule.hash,
                is_vendor=False,
                not_before=self._now,
                args={
                    **step.args,
                    "expected": expected_words(rule),
                    "times": [_to_json(one) for one in times],
                    "last": [last.name, last.at.isoformat()] if last and last.at else None,
                    "listed_at": reading.listed_at.isoformat() if reading.listed_at else None,
                },
                position=position,
            )
            await effects.plan(tx, what, round=1, chain=chain, now=self._now, correlation=self._correlation)

    async def _tell_waiting(self, tx: Tx) -> None:
        """Once for each connection and time, however many rules wait for it."""
        due = self._slots[-1].due_at
        said = moment(due, self._calendar, self._now)
        await self._notice(
            tx,
            f"expected-waits:{self._account.id}:{due.isoformat()}",
            about=", ".join(await schedules.waiting(tx, self._account.id)),
            says=[
                say(
                    "what came at {connection} until {when} is not known, since not all of it has been "
                    "read after that time",
                    connection=self._account.id,
                    when=said,
                ),
                say("This is not to say that nothing came. It is counted once it can be read"),
            ],
        )

    async def _tell_unknown(self, tx: Tx, slot: Slot, why: str) -> None:
        said = moment(slot.due_at, self._calendar, self._now)
        await self._notice(
            tx,
            f"expected-unknown:{self._standing.schedule}:{slot.name}",
            about=self._running.rule.id,
            says=[
                say(
                    "whether {what} came until {when} could not be told: {why}",
                    what=expected_words(self._running.rule),
                    when=said,
                    why=why,
                ),
                say("This is not to say that nothing came. It is not counted again for this time"),
            ],
        )

    async def _notice(self, tx: Tx, cause: str, *, about: str, says: list[str]) -> None:
        await tell(
            tx,
            cause,
            "notice",
            now=self._now,
            correlation=self._correlation,
            connection=self._account.id,
            rule=self._running.rule.id,
            rule_hash=self._running.rule.hash,
            title=say("Not known whether enough came: {id}", id=self._account.id),
            about=about,
            says=says,
            do=say("Look at {title} yourself where that cannot wait.", title=self._account.connector.title),
        )

    async def _tell_given_up(self, tx: Tx) -> None:
        await self._tell_unknown(tx, self._slots[-1], OUR_ERROR)


def expected_words(rule: Rule) -> str:
    """`at least 1 gigapay.payout per week by Thursday at 12:00`"""
    assert rule.expect is not None
    return say(
        "at least {count} {kind} {when}",
        count=rule.expect.at_least,
        kind=rule.watch,
        when=rule.expect.words,
    )


def _to_json(one: Counted) -> dict[str, object]:
    return {
        "due_at": one.slot.due_at.isoformat(),
        "begins": one.begins.isoformat(),
        "count": len(one.came),
        "came": list(one.came[:SHOWN]),
    }
