"""What stands before several replicas: it hands each connection to one that takes it."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Self

NOBODY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
"""What it says itself while none of them takes a connection."""


class Balancer:
    """Listens on a port of 127.0.0.1 and passes on to `ports`, one after the other."""

    def __init__(self, port: int, ports: Callable[[], Sequence[int]]) -> None:
        self._port = port
        self._ports = ports
        self._turn = 0
        self._open: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._pass_on(reader, writer)
        finally:
            self._open.discard(task)
            writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ports = self._ports()
        for _ in ports:
            self._turn += 1
            try:
                there, back = await asyncio.open_connection("127.0.0.1", ports[self._turn % len(ports)])
            except OSError:
                continue
            try:
                await asyncio.gather(_pump(reader, back), _pump(there, writer))
            finally:
                back.close()
            return
        with suppress(OSError):
            await reader.read(65_536)
            writer.write(NOBODY)
            await writer.drain()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()
    with suppress(OSError):
        sink.write_eof()
