"""HTTP without sockets: aiohttp's own client and server, with a pipe in memory between them.

Only the transport is not the usual one, so that cut connections, redirects and half an
answer are met by the same code as on a network, and one after the other: nothing depends
on how busy the machine is.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ClientRequest
from aiohttp.web import Server


class _End(asyncio.Transport):
    """One end of a pipe. What is written here arrives at the other end in the loop's next turn."""

    other: "_End"

    def __init__(self, loop: asyncio.AbstractEventLoop, protocol: asyncio.BaseProtocol) -> None:
        super().__init__()
        self._loop = loop
        self._protocol = protocol
        self._is_closing = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 0) if name == "peername" else default

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._protocol

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = protocol

    def is_closing(self) -> bool:
        return self._is_closing

    def is_reading(self) -> bool:
        return not self._is_closing

    def pause_reading(self) -> None:
        """A pipe in memory never holds back: bodies are small here."""

    def resume_reading(self) -> None:
        """See `pause_reading`."""

    def get_write_buffer_size(self) -> int:
        return 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self._is_closing:
            self._loop.call_soon(self.other.arrive, bytes(data))

    def close(self) -> None:
        if not self._is_closing:
            self._is_closing = True
            self._loop.call_soon(self._protocol.connection_lost, None)
            self._loop.call_soon(self.other.close)

    def abort(self) -> None:
        self.close()

    def arrive(self, data: bytes) -> None:
        if not self._is_closing and isinstance(self._protocol, asyncio.Protocol):
            self._protocol.data_received(data)


class Pipes(aiohttp.BaseConnector):
    """Connects to servers of this process by the name of their host; a new pipe for each request."""

    def __init__(self, servers: Mapping[str, Server]) -> None:
        super().__init__(force_close=True)
        self._servers = servers

    async def _create_connection(
        self, req: ClientRequest, traces: list[Any], timeout: aiohttp.ClientTimeout
    ) -> ResponseHandler:
        loop = asyncio.get_running_loop()
        client, server = self._factory(), self._servers[str(req.url.host)]()
        ours, theirs = _End(loop, client), _End(loop, server)
        ours.other, theirs.other = theirs, ours
        server.connection_made(theirs)
        client.connection_made(ours)
        return client
