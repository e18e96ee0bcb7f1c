"""A connection is never called more often than allowed: over any restart, and never at an action's cost."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.connectors import HeldBack, VendorProblem
from bot.connectors.budget import Budget, BudgetLimits, Purpose
from bot.core.fault import set_fault_hook
from bot.engine.allowance import Allowance
from bot.engine.calls import Calls, spending
from bot.store.database import Database, open_database
from bot.store.effects import State
from bot.store.tables import effect, look
from tests.databases import Migrated
from tests.faults.size import share_of, size
from tests.faults.tally import note

from .clocks import TwoClocks
from .stand import BEGINS, CUT_OFF, JUST_AFTER, Stand, at, stand

TIGHT = Budget(at_once=2, per_minute=24, per_day=120)
ENDLESS = 500
MINUTE, DAY = timedelta(seconds=60), timedelta(hours=24)


@pytest.fixture
async def db(tmp_path: Path, migrated: Migrated) -> AsyncIterator[Database]:
    opened = await open_database(await migrated.fresh(tmp_path))
    yield opened
    await opened.close()


async def use_up(calls: Calls, connection: str, purpose: Purpose) -> int:
    """Call until no more may be called, each time for itself; says how often."""
    for made in range(ENDLESS):
        try:
            with spending(purpose):
                async with calls.turn(connection):
                    pass
        except HeldBack:
            return made
    raise AssertionError("it may be called without end")


def most_in(window: timedelta, calls: Sequence[datetime]) -> int:
    """The most calls in any stretch of time that is so long."""
    return max((sum(last - window < one <= last for one in calls) for last in calls), default=0)


async def one_life(db: Database, clock: TwoClocks, dice: random.Random, calls: list[datetime]) -> None:
    """Call at random moments, then die without a word."""
    allowance = Allowance(db, clock, "c", TIGHT)
    for _ in range(dice.randint(1, 40)):
        clock.go_to(clock.now() + timedelta(seconds=dice.choice((0, 0, 0.4, 3, 9, 70, 2000))))
        purpose = dice.choice((Purpose.LOOKS, Purpose.LOOKS, Purpose.EFFECTS))
        try:
            if purpose is Purpose.EFFECTS and dice.random() < 0.3:
                await allowance.take_ahead(3)
                clock.go_to(clock.now() + timedelta(seconds=dice.choice((0, 5, 50))))
                calls += [clock.now()] * 3
            else:
                await allowance.take(purpose)
                calls.append(clock.now())
        except HeldBack as held:
            if held.until <= clock.now():
                raise AssertionError("held back until a moment that has passed") from held


async def test_over_any_restarts_neither_a_minute_nor_a_day_is_ever_exceeded(db: Database) -> None:
    """Every life ends without giving anything back, as with kill -9."""
    made = 0
    for seed in range(share_of(size(whole=60, small=2))):
        dice, clock, calls = (
            random.Random(seed),
            TwoClocks(BEGINS + timedelta(days=3 * seed)),
            list[datetime](),
        )
        for _ in range(12):
            await one_life(db, clock, dice, calls)

        assert most_in(MINUTE, calls) <= TIGHT.per_minute
        assert most_in(DAY, calls) <= TIGHT.per_day
        made += len(calls)
    note("budgets", calls=made, over=0)
    assert made > 100


async def test_what_a_span_left_over_is_given_back_by_whoever_lives(db: Database) -> None:
    """One call an hour is a day's 24, although each has a block of five written down."""
    clock = TwoClocks(BEGINS)
    allowance = Allowance(db, clock, "c", TIGHT)
    for _ in range(24 * 4):
        await allowance.take(Purpose.LOOKS)
        clock.go_to(clock.now() + timedelta(hours=1))

    assert TIGHT.windows()[1].block == 5


async def test_two_processes_share_one_allowance(db: Database) -> None:
    clock = TwoClocks(BEGINS)
    both = Allowance(db, clock, "c", TIGHT), Allowance(db, clock, "c", TIGHT)
    taken = 0
    with suppress(HeldBack):
        for taken in range(ENDLESS):
            await both[taken % 2].take(Purpose.EFFECTS)

    assert TIGHT.per_minute - TIGHT.windows()[0].block <= taken <= TIGHT.per_minute


async def test_a_third_is_left_for_effects_when_looks_have_used_up_theirs(db: Database) -> None:
    calls = Calls(db, TwoClocks(BEGINS), {"c": TIGHT})

    assert await use_up(calls, "c", Purpose.LOOKS) == 16
    assert await use_up(calls, "c", Purpose.EFFECTS) == 8


async def test_no_more_calls_are_under_way_at_once_than_allowed(db: Database) -> None:
    calls = Calls(db, TwoClocks(BEGINS), {"c": TIGHT})
    under_way, most = 0, 0

    async def one() -> None:
        nonlocal under_way, most
        async with calls.turn("c"):
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0.02)
            under_way -= 1

    await asyncio.gather(*(one() for _ in range(10)))

    assert most == TIGHT.at_once


async def test_what_goes_with_an_action_is_there_when_everything_else_is_used_up(db: Database) -> None:
    clock = TwoClocks(BEGINS)
    calls = Calls(db, clock, {"c": TIGHT})
    carried = await calls.for_one_action("c")
    await use_up(calls, "c", Purpose.EFFECTS)
    calls.asked_to_wait("c", 60)
    made = 0
    with carried.used():
        for _ in range(6):
            async with calls.turn("c"):
                made += 1
        with pytest.raises(HeldBack):
            await calls.turn("c").__aenter__()

    assert made == 6


async def test_a_place_that_goes_with_an_action_is_free_after_it(db: Database) -> None:
    calls = Calls(db, TwoClocks(BEGINS), {"c": Budget(at_once=1)})
    carried = await calls.for_one_action("c")
    with carried.used():
        async with asyncio.timeout(5), calls.turn("c"):
            pass
    carried.give_back()

    async with asyncio.timeout(5), calls.turn("c"):
        pass


async def one_reading(calls: Calls, connection: str, needs: int) -> None:
    with spending(Purpose.LOOKS):
        for _ in range(needs):
            async with calls.turn(connection):
                pass


async def test_a_reading_that_needs_more_than_a_minute_allows_is_not_begun_for_ever(db: Database) -> None:
    calls = Calls(db, TwoClocks(BEGINS), {"c": TIGHT, "d": TIGHT})
    await one_reading(calls, "c", 16)
    with pytest.raises(VendorProblem) as told:
        await one_reading(calls, "d", 17)

    assert told.value.what == "needs more than 16 calls for one reading; 24 a minute are allowed"
    assert told.value.needs == "raise budget.per_minute of d"


async def test_what_goes_with_an_action_counts_from_when_it_may_be_called(db: Database) -> None:
    """Twenty calls are taken at noon and may be made at 59 s: at 75 s they are not a minute old."""
    clock = TwoClocks(BEGINS)
    allowance = Allowance(db, clock, "c", TIGHT)
    await allowance.take_ahead(20)
    clock.go_to(BEGINS + timedelta(seconds=75))
    for _ in range(4):
        await allowance.take(Purpose.EFFECTS)

    with pytest.raises(HeldBack):
        await allowance.take(Purpose.EFFECTS)


# Over the engine


@pytest.fixture
async def tight(tmp_path: Path, migrated: Migrated) -> AsyncIterator[Stand]:
    """Gigapay with 36 calls a minute and 100 in 24 hours, read once."""
    async with stand(
        tmp_path, "gigapay", database=migrated, budget=BudgetLimits(per_minute=36, per_day=100)
    ) as made:
        yield made


def requests(stand: Stand) -> list[datetime]:
    return [
        datetime.fromisoformat(str(one["at"]))
        for one in stand.gigapay.ledger.entries
        if one["by"] == "client"
    ]


async def test_looks_without_calls_are_put_off_and_are_no_failure(tight: Stand) -> None:
    await tight.weekly()
    for _ in range(12):
        await tight.poll()
    async with tight.bot.db.read() as tx:
        rows = (await tx.execute(select(look.c.due_at, look.c.attempts))).all()
    until = tight.clock.now() + timedelta(minutes=2)

    assert most_in(MINUTE, requests(tight)) <= 24
    assert all(tight.clock.now() < row.due_at <= until and row.attempts == 0 for row in rows)
    assert tight.subjects("ops") == []
    await tight.until(until)
    assert most_in(MINUTE, requests(tight)) <= 24


async def test_an_action_is_done_in_time_although_looks_have_used_up_their_calls(tight: Stand) -> None:
    payrun = await tight.weekly()
    await tight.until(CUT_OFF)
    for _ in range(12):
        await tight.poll()
    await tight.until(CUT_OFF + JUST_AFTER)

    (closed,) = tight.gigapay.ledger.effects("close")
    assert (closed["target"], closed["at"]) == (payrun, (CUT_OFF + JUST_AFTER).isoformat())
    assert most_in(MINUTE, requests(tight)) <= 36


async def test_an_action_without_calls_waits_before_its_intent_and_counts_no_attempt(tight: Stand) -> None:
    payrun = await tight.weekly()
    await tight.until(CUT_OFF)
    await use_up(tight.bot.calls, "gigapay-se", Purpose.EFFECTS)
    await tight.until(CUT_OFF + JUST_AFTER)
    waiting = await tight.effect()
    await tight.after(minutes=3)

    assert (waiting.state, waiting.attempts, waiting.calls) == (State.PLANNED, 0, 0)
    assert waiting.reason == "the connection has used up its calls of the minute"
    assert tight.closes() == [payrun]
    assert (await tight.effect()).calls == 1


async def test_an_action_that_lacks_only_its_own_calls_has_no_intent(tight: Stand) -> None:
    """What it needs to be read was there, and then somebody else took the rest."""
    payrun = await tight.weekly()

    async def take_the_rest(point: str) -> None:
        if point == "effect.read":
            await use_up(tight.bot.calls, "gigapay-se", Purpose.EFFECTS)
            set_fault_hook(None)

    set_fault_hook(take_the_rest)
    try:
        await tight.until(CUT_OFF + JUST_AFTER)
    finally:
        set_fault_hook(None)
    waiting = await tight.effect()
    await tight.after(minutes=5)

    assert (waiting.state, waiting.intent_at, waiting.calls) == (State.PLANNED, None, 0)
    assert tight.closes() == [payrun]


async def test_a_used_up_day_is_told_once_and_reading_goes_on_when_it_may(tight: Stand) -> None:
    await tight.weekly()
    for _ in range(25):
        await tight.poll()
        await tight.after(minutes=2)
    told = tight.subjects("ops")
    most = most_in(DAY, requests(tight))
    before = len(requests(tight))
    await tight.until(at(14, 16))

    assert most <= 66
    assert len(told) == 1
    (text, *_) = tight.texts("ops")
    assert "may be called 100 times in 24 hours, 66 of them to look for news" in " ".join(text.split())
    assert len(requests(tight)) > before
    assert most_in(DAY, requests(tight)) <= 100


async def test_after_the_intent_nothing_waits_for_calls(tight: Stand) -> None:
    """The last calls are taken by somebody else between the intent and the call."""
    payrun = await tight.weekly()

    async def take_the_rest(point: str) -> None:
        if point == "effect.before_call":
            await use_up(tight.bot.calls, "gigapay-se", Purpose.EFFECTS)

    set_fault_hook(take_the_rest)
    try:
        await tight.until(CUT_OFF + JUST_AFTER)
    finally:
        set_fault_hook(None)
    calls = tight.close_calls()
    await tight.after(minutes=5)

    assert calls == 1
    assert tight.closes() == [payrun]
    assert (await tight.effect()).state is State.VERIFIED
    assert await tight.count(effect) > 0
