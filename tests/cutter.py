"""A line to PostgreSQL that is cut at a commit: before the server hears of it, or before we hear of that.

Either way whoever wrote does not know which of the two it was.
"""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

Cut = Literal["before", "after"]

MARK = b"is-cut-at"
"""A statement by itself that holds this is a commit as well."""
COMMITS = (b"COMMIT;", MARK)
KEPT = b"Z\0\0\0\5I"
"""What the server says once it is kept: ready for the next one, and in no transaction."""


class Cutter:
    """Listens on a port of 127.0.0.1 for an address's server. `cuts` says what becomes of each commit."""

    def __init__(self, address: str, cuts: Iterator[Cut | None]) -> None:
        parts = urlsplit(address)
        self._socket = str(Path(parts.query.removeprefix("host=")) / ".s.PGSQL.5432")
        self._database = parts.path
        self._cuts = cuts
        self._open: set[asyncio.Task[None]] = set()
        self.made = {"before": 0, "after": 0}

    @property
    def address(self) -> str:
        port = self._server.sockets[0].getsockname()[1]
        return f"postgresql://bot@127.0.0.1:{port}{self._database}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
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
        there, back = await asyncio.open_unix_connection(self._socket)
        line = _Line(self, there, writer)
        answers = asyncio.create_task(line.answer())
        try:
            with suppress(OSError):
                while data := await reader.read(65_536):
                    if any(one in data for one in COMMITS) and (cut := next(self._cuts)) is not None:
                        self.made[cut] += 1
                        if cut == "before":
                            return
                        line.is_deaf.set()
                    back.write(data)
        finally:
            if line.is_deaf.is_set():
                await asyncio.wait({answers}, timeout=1)
            answers.cancel()
            for one in (writer, back):
                one.close()
            self._open.discard(task)


class _Line:
    """What comes back from the server, until it has said that the commit is kept."""

    def __init__(self, cutter: Cutter, there: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._there, self._writer = there, writer
        self.is_deaf = asyncio.Event()

    async def answer(self) -> None:
        with suppress(OSError):
            while data := await self._there.read(65_536):
                if self.is_deaf.is_set() and KEPT in data:
                    break
                self._writer.write(data)
        self._writer.close()
