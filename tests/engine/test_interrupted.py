"""A stop interrupts what is under way: given back before the intent, finished after it, once left alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import select

from bot.core.fault import set_fault_hook
from bot.engine import look
from bot.engine.perform import perform_once
from bot.engine.plan import decide_due
from bot.store.tables import effect
from bot.store.tables import look as look_table

from .stand import CUT_OFF, JUST_AFTER, Stand


class Held:
    """A fault point at which whoever comes by waits until the test lets go."""

    def __init__(self, point: str) -> None:
        self._point = point
        self.reached, self.go = asyncio.Event(), asyncio.Event()

    async def __call__(self, point: str) -> None:
        if point == self._point:
            self.reached.set()
            await self.go.wait()


@asynccontextmanager
async def held(point: str) -> AsyncIterator[Held]:
    hook = Held(point)
    set_fault_hook(hook)
    try:
        yield hook
    finally:
        set_fault_hook(None)


async def due_to_close(stand: Stand) -> None:
    """The close is planned and due, and nobody is at it."""
    await stand.weekly()
    await stand.until(CUT_OFF)
    stand.clock.go_to(CUT_OFF + JUST_AFTER)
    while await decide_due(stand.bot):
        pass


async def leases(stand: Stand) -> list[tuple[str, bool]]:
    """Of the close: its state, and whether somebody holds it."""
    query = select(effect.c.state, effect.c.lease_until).where(effect.c.is_vendor.is_(True))
    async with stand.bot.db.read() as tx:
        return [(str(row.state), row.lease_until is not None) for row in await tx.execute(query)]


async def interrupted(task: "asyncio.Task[bool]", times: int = 1) -> None:
    for _ in range(times):
        task.cancel()
        await asyncio.sleep(0.02)


async def test_before_the_intent_it_is_given_back_as_it_was(gigapay: Stand) -> None:
    await due_to_close(gigapay)
    async with held("effect.read") as hook:
        task = asyncio.create_task(perform_once(gigapay.bot))
        await hook.reached.wait()
        await interrupted(task)
        await asyncio.wait({task})

    assert task.cancelled()
    assert (await leases(gigapay), gigapay.close_calls()) == ([("planned", False)], 0)


async def test_after_the_intent_the_call_is_made_and_its_answer_stored(gigapay: Stand) -> None:
    await due_to_close(gigapay)
    async with held("effect.called") as hook:
        task = asyncio.create_task(perform_once(gigapay.bot))
        await hook.reached.wait()
        await interrupted(task)
        still_at_it = not task.done()
        hook.go.set()
        await asyncio.wait({task})

    assert still_at_it
    assert (await leases(gigapay), gigapay.close_calls()) == ([("verified", False)], 1)


async def test_interrupted_a_second_time_it_is_left_to_its_lease(gigapay: Stand) -> None:
    await due_to_close(gigapay)
    async with held("effect.called") as hook:
        task = asyncio.create_task(perform_once(gigapay.bot))
        await hook.reached.wait()
        await interrupted(task, times=2)
        await asyncio.wait({task})

    assert (await leases(gigapay), gigapay.close_calls()) == ([("intent", True)], 1)


async def test_no_intent_is_written_once_it_stops(gigapay: Stand) -> None:
    await due_to_close(gigapay)
    gigapay.bot.is_stopping = True
    await perform_once(gigapay.bot)

    assert (await leases(gigapay), gigapay.close_calls()) == ([("planned", False)], 0)


async def test_a_reading_is_given_back_to_be_done_at_once(gigapay: Stand) -> None:
    await look.start_polling(gigapay.bot)
    async with held("look.read") as hook:
        task = asyncio.create_task(look.look_once(gigapay.bot))
        await hook.reached.wait()
        await interrupted(task)
        await asyncio.wait({task})

    async with gigapay.bot.db.read() as tx:
        row = (await tx.execute(select(look_table))).one()
    assert (row.lease_until, row.due_at, row.attempts) == (None, gigapay.clock.now(), 0)
