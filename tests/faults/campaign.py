"""Many runs, a few at a time: a run often waits for a lease, so that some take as long as one.

They run in a loop and a thread of their own, from the first test that asks for one on; each
test then takes the result of its own run.
"""

import asyncio
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from pathlib import Path
from threading import Thread

from tests.faults.child import PACE
from tests.faults.kill import Kill
from tests.faults.nursery import Nursery
from tests.faults.run import Ran, run
from tests.faults.witness import Template

AT_ONCE = int(3 * PACE)
"""More of them where leases are longer: then a run is not slowed past its own."""


class Campaign:
    """The runs that are wanted, under way. `close` gives up those that nobody waits for."""

    def __init__(self, folder: Path, nursery: Nursery, templates: Mapping[str, Template]) -> None:
        self._folder = folder
        self._nursery = nursery
        self._templates = templates
        self._begun = 0
        self._runs: dict[Kill, Future[Ran]] = {}
        self._loop = asyncio.new_event_loop()
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._thread = Thread(target=self._loop.run_forever)
        self._thread.start()

    def begin(self, kills: Iterable[Kill]) -> None:
        """Queue runs, in this order."""
        for kill in kills:
            if kill not in self._runs:
                work = self._one(kill, self._begun)
                self._begun += 1
                self._runs[kill] = asyncio.run_coroutine_threadsafe(work, self._loop)

    async def ran(self, kill: Kill) -> Ran:
        """What became of one of them."""
        return await asyncio.wrap_future(self._runs[kill])

    def forget(self, kill: Kill) -> None:
        """Drop a run that nobody asks for again, with its files: there are thousands."""
        self._runs.pop(kill).result().forget()

    async def _one(self, kill: Kill, number: int) -> Ran:
        async with self._turns:
            folder = self._folder / str(number)
            folder.mkdir()
            return await run(folder, self._nursery, self._templates, kill)

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
