"""The workers: a failure is logged and forgotten, a wake-up is not lost, a stop is whole."""

import asyncio

import pytest

from bot.engine.bot import Bot
from bot.jobs import Jobs, Kind, Worker

from .stand import Stand


def worker(stand: Stand, step: "Step", width: int = 1) -> Worker:
    return Worker(stand.bot, Kind("tested", step.once, lambda due, now: True, width))


class Step:
    """A step that a test holds and lets go, and which may be told to fail."""

    def __init__(self, work: int = 0) -> None:
        self.begun = 0
        self.left = work
        self.fails = False
        self.go = asyncio.Event()
        self.go.set()

    async def once(self, bot: Bot) -> bool:
        self.begun += 1
        await self.go.wait()
        if self.fails:
            raise RuntimeError("a bug")
        self.left -= 1
        return self.left >= 0


async def idle(one: Worker | Jobs) -> None:
    """Wait until nothing of it is under way."""
    for _ in range(2000):
        if one.is_idle:
            return
        await asyncio.sleep(0.001)
    raise AssertionError("still under way after two seconds")


async def test_a_worker_works_until_nothing_is_left(gigapay: Stand) -> None:
    step = Step(work=3)
    tested = worker(gigapay, step)
    tested.wake()
    await idle(tested)

    assert (step.begun, step.left) == (4, -1)


async def test_a_worker_that_raises_is_logged_and_works_on_at_the_next_wake(gigapay: Stand) -> None:
    step = Step()
    step.fails = True
    tested = worker(gigapay, step)
    tested.wake()
    await idle(tested)
    step.fails = False
    tested.wake()
    await idle(tested)

    assert step.begun == 2
    assert gigapay.log.of("error") == ["a worker failed"]


async def fail(tested: Worker, step: Step, times: int) -> None:
    step.fails = True
    for _ in range(times):
        tested.wake()
        await idle(tested)


async def test_what_fails_again_and_again_is_one_line_until_it_is_over(gigapay: Stand) -> None:
    step = Step()
    tested = worker(gigapay, step)
    await fail(tested, step, 2)
    step.fails = False
    tested._rests_until = 0
    tested.wake()
    await idle(tested)

    assert gigapay.log.of("error") == ["a worker failed"]
    assert "a worker failed: over" in gigapay.log.of("info")


async def test_a_worker_that_fails_twice_rests_for_a_second_and_longer_each_time(gigapay: Stand) -> None:
    step = Step()
    tested = worker(gigapay, step)
    now = asyncio.get_running_loop().time
    rests = []
    for _ in range(7):
        tested._rests_until = 0
        await fail(tested, step, 1)
        rests.append(round(max(tested._rests_until - now(), 0)))
    tested.wake()
    await idle(tested)

    assert rests == [0, 1, 2, 4, 8, 10, 10]
    assert step.begun == 7


@pytest.mark.parametrize("width", [1, 2])
async def test_a_wake_up_during_work_is_not_lost(gigapay: Stand, width: int) -> None:
    step = Step()
    step.go.clear()
    tested = worker(gigapay, step, width)
    for _ in range(width):
        tested.wake()
        await asyncio.sleep(0.01)
    before = step.begun
    tested.wake()
    tested.wake()
    await asyncio.sleep(0.01)
    held = step.begun
    step.go.set()
    await idle(tested)

    assert (before, held) == (width, width)
    assert step.begun == width + 1


async def test_never_more_than_its_width_are_under_way(gigapay: Stand) -> None:
    step = Step(work=20)
    step.go.clear()
    tested = worker(gigapay, step, 2)
    for _ in range(10):
        tested.wake()
        await asyncio.sleep(0.001)

    assert step.begun == 2
    step.go.set()
    await idle(tested)
    assert step.left < 0


async def test_stopping_leaves_nothing_running(gigapay: Stand) -> None:
    before = asyncio.all_tasks()
    jobs = Jobs(gigapay.bot)
    jobs.start()
    gigapay.add_payouts("1450.00")
    jobs.wake()
    await asyncio.sleep(0)
    await jobs.stop(within_s=2)
    await asyncio.sleep(0)
    gigapay.bot.wake()

    assert jobs.is_idle
    assert asyncio.all_tasks() == before


async def test_what_does_not_finish_in_time_is_left_to_its_lease(gigapay: Stand) -> None:
    step = Step()
    step.go.clear()
    tested = worker(gigapay, step)
    tested.wake()
    await asyncio.sleep(0.01)
    await tested.stop(within_s=0.01)

    assert tested.is_idle


async def test_the_ticks_do_what_is_due(gigapay: Stand) -> None:
    await gigapay.weekly()
    gigapay.clock.go_to(gigapay.clock.now().replace(hour=14, minute=1))
    jobs = Jobs(gigapay.bot)
    jobs.start()
    try:
        for _ in range(500):
            if gigapay.subjects():
                break
            await asyncio.sleep(0.01)
    finally:
        await jobs.stop(within_s=2)

    assert len(gigapay.closes()) == 1
