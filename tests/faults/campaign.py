"""Many runs, a few at a time: a run mostly waits for a lease, so that three take as long as two.

They run in a loop and a thread of their own, from the first test that asks for one on; each
test then takes the result of its own run.
"""

import asyncio
from collections.abc import Hashable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

from tests.faults.nursery import Nursery
from tests.faults.run import Ran, run
from tests.faults.story import STORIES
from tests.faults.witness import Template

AT_ONCE = 3


@dataclass(frozen=True)
class Kill:
    """A story, and the passage of a fault point at which its bot is killed."""

    story: str
    point: str
    nth: int = 1


class Campaign:
    """The runs that are wanted, under way. `close` gives up those that nobody waits for."""

    def __init__(self, folder: Path, nursery: Nursery, template: Template) -> None:
        self._folder = folder
        self._nursery = nursery
        self._template = template
        self._runs: dict[Hashable, Future[Ran]] = {}
        self._loop = asyncio.new_event_loop()
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._thread = Thread(target=self._loop.run_forever)
        self._thread.start()

    def begin(self, kills: Iterable[Kill], **more: Any) -> None:
        """Queue runs, in this order."""
        for kill in kills:
            if kill not in self._runs:
                work = self._one(kill, len(self._runs), more)
                self._runs[kill] = asyncio.run_coroutine_threadsafe(work, self._loop)

    async def ran(self, kill: Kill) -> Ran:
        """What became of one of them."""
        return await asyncio.wrap_future(self._runs[kill])

    async def _one(self, kill: Kill, number: int, more: dict[str, Any]) -> Ran:
        async with self._turns:
            folder = self._folder / str(number)
            folder.mkdir()
            story = STORIES[kill.story]
            return await run(folder, self._nursery, self._template, story, kill.point, kill.nth, **more)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._give_up(), self._loop).result(20)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(20)
        self._loop.close()

    async def _give_up(self) -> None:
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
