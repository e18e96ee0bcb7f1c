"""Intake: webhooks that come while a commit is under way share the next one.

A commit waits for the disk, and one for each webhook is an order of magnitude slower than
the rest of taking it. So the deliveries that arrive during a commit are collected, and all
of them are written by one statement; each request is answered only after its own commit.
Where that fails, everybody in it hears so, and is to send again.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple, Protocol

from bot.core.fault import fault_point
from bot.store.failure import as_failure

AT_MOST = 256
"""Deliveries in one commit. Those behind them wait for the next."""


class Delivery(NamedTuple):
    """One webhook as it is kept, in the order of the statement's columns.

    `raw` is the body without what must not be stored; `sha256` is of the body as it came.
    """

    connection: str
    event: str
    dedupe_key: str
    at: int
    """Microseconds since 1970."""
    deliveries: int
    headers: str
    """JSON of those that are kept."""
    raw: bytes
    sha256: str
    signature: str
    correlation: str


class InboxWriter(Protocol):
    """Whoever commits a batch. What it raises, it has not written, or cannot know whether it has."""

    async def write(self, deliveries: Sequence[Delivery]) -> None:
        """Commit them all with one statement, with fsync. No two of them are of one row."""

    async def close(self) -> None:
        """Let go of the connection."""


class Ending(asyncio.Future[Exception | None]):
    """How a commit ended: with nothing, or with why it failed.

    It can't be cancelled, since a commit can't either: whoever waits for it and is interrupted
    hears so once it is over, and takes nobody else along.
    """

    def cancel(self, msg: object = None) -> bool:
        return False


class Batch:
    """The deliveries of one commit, and how it ended."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.deliveries: list[Delivery] = []
        self.ended = Ending(loop=loop)
        self.is_told = False
        """Whether somebody has said so in the log; it is one line for all."""


class Intake:
    """Collects deliveries and has them committed, one batch after the other."""

    def __init__(
        self,
        writer: InboxWriter,
        turn: AbstractAsyncContextManager[object],
    ) -> None:
        self._writer = writer
        self.wrote: Callable[[float], None] = lambda _seconds: None
        """Told how long each commit took, waiting for its turn included."""
        self._turn = turn
        """Entered for each commit: the turn of all who write, where the database has one writer."""
        self._waiting: list[Batch] = []
        self._task: asyncio.Task[None] | None = None

    async def take(self, delivery: Delivery) -> Batch:
        """Commit it together with those that come meanwhile. Raises OperationalError."""
        waiting = self._waiting
        if waiting and len(waiting[-1].deliveries) < AT_MOST:
            batch = waiting[-1]
        else:
            loop = asyncio.get_running_loop()
            batch = Batch(loop)
            waiting.append(batch)
            if self._task is None:
                self._task = loop.create_task(self._commit_all())
        batch.deliveries.append(delivery)
        problem = await batch.ended
        if problem is not None:
            raise as_failure(problem) from problem
        return batch

    async def _commit_all(self) -> None:
        try:
            while self._waiting:
                await self._commit_next()
        finally:
            self._task = None
            for batch in self._waiting:  # the loop ends, and nobody would ever answer them
                batch.ended.set_result(ConnectionAbortedError("the service is ending"))
            self._waiting.clear()

    async def _commit_next(self) -> None:
        try:
            await fault_point("hook.before_commit")
            loop = asyncio.get_running_loop()
            began = loop.time()
            async with self._turn:
                # Only now is it closed: until the turn comes, more may join it.
                await self._commit(self._waiting.pop(0))
            self.wrote(loop.time() - began)
        except Exception as no_turn:
            self._waiting.pop(0).ended.set_result(no_turn)

    async def _commit(self, batch: Batch) -> None:
        problem: Exception | None = ConnectionAbortedError("the service is ending")
        try:
            await self._writer.write(merged(batch.deliveries))
            problem = None
        except Exception as raised:
            problem = raised
        finally:
            batch.ended.set_result(problem)

    async def close(self) -> None:
        """Let what is under way be committed, and let go of the database."""
        if self._task is not None:
            await asyncio.wait({self._task})
        await self._writer.close()


def merged(deliveries: Sequence[Delivery]) -> Sequence[Delivery]:
    """One for each row: a statement may not change the same row twice, and a repeat counts a delivery."""
    found: dict[tuple[str, str], Delivery] = {}
    for one in deliveries:
        first = found.setdefault((one.connection, one.dedupe_key), one)
        if first is not one:
            found[one.connection, one.dedupe_key] = first._replace(
                deliveries=first.deliveries + one.deliveries, at=max(first.at, one.at)
            )
    return deliveries if len(found) == len(deliveries) else list(found.values())
