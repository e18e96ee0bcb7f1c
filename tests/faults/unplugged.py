"""A vendor's server that cannot be reached: nobody listens there, or nobody takes the call."""

import asyncio
import socket
from dataclasses import dataclass, field
from typing import Any

from tests.ports import hold

FILLERS = 4


@dataclass
class Unplugged:
    """Takes a vendor off the net after a given call, and puts it back.

    `silent`: the port is held by somebody who never takes a connection, so that whoever
    connects waits for the time-out; else the connection is refused at once.
    """

    vendor: Any
    silent: bool
    port: int = 0
    _held: list[socket.socket] = field(default_factory=list)
    _off: asyncio.Task[None] | None = None

    @property
    def is_off(self) -> bool:
        return self._off is not None

    def now(self) -> None:
        """Take it off at once; connections that stand are closed with their next answer."""
        self.vendor.faults.add("closes", times=None)
        self._off = asyncio.get_running_loop().create_task(self._take_off())

    async def _take_off(self) -> None:
        self.port = await self.vendor.unplug()
        deaf = hold(self.port)
        self._held.append(deaf)
        if not self.silent:
            return
        deaf.listen(0)
        for _ in range(FILLERS):  # from then on the queue is full, and the machine ignores callers
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self.port))
            self._held.append(filler)

    async def back(self) -> None:
        """Put it on the net again."""
        assert self._off is not None, "it was never taken off"
        await self._off
        for one in self._held:
            one.close()
        self._held.clear()
        self.vendor.faults.clear()
        await self.vendor.plug(self.port)
        self._off = None
