"""Send raw requests and read what is answered: a number for each, in time, or a hang-up."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.faults.hostile import Framed

WITHIN_S = 20.0
"""Longer than this for any answer is a hang."""
QUIET_S = 0.05
"""After this long without a word, what was sent is taken to be half of something."""

_LENGTH = re.compile(rb"(?i)\r\nContent-Length: (\d+)")
_CLOSES = re.compile(rb"(?i)\r\nConnection: close")
_CHUNKED = re.compile(rb"(?i)\r\nTransfer-Encoding: chunked")


class Hung(AssertionError):
    """Nobody answered, and nobody hung up."""


@dataclass(slots=True)
class Seen:
    """How often each number was answered, and which requests got one that no request may get."""

    numbers: dict[int, int] = field(default_factory=dict)
    hung_up: int = 0
    bad: list[tuple[int, bytes]] = field(default_factory=list)
    unanswered: list[bytes] = field(default_factory=list)
    """Of those that were framed, the ones at which the server hung up without a word."""

    def take(self, number: int, sent: bytes) -> None:
        self.numbers[number] = self.numbers.get(number, 0) + 1
        # Staffology takes 410 for "send me nothing any more".
        if number == 410 or (number >= 500 and number != 503):
            self.bad.append((number, sent[:300]))

    @property
    def answered(self) -> int:
        return sum(self.numbers.values())


async def send_framed(host: str, port: int, requests: Sequence[Framed], seen: Seen) -> None:
    """All of them down one connection; down another one from where the server closed the first."""
    left = list(requests)
    while left:
        done = await _one_connection(host, port, left, seen)
        if done == 0:  # hung up on the first: it has had its answer, which is none
            seen.hung_up += 1
            seen.unanswered.append(left[0].sent[:300])
        left = left[max(1, done) :]


async def _one_connection(host: str, port: int, requests: Sequence[Framed], seen: Seen) -> int:
    reader, writer = await asyncio.open_connection(host, port)
    sending = asyncio.create_task(_send(writer, requests))
    done = 0
    try:
        async with asyncio.timeout(WITHIN_S):
            for request in requests:
                answer = await _answer(reader, is_head=request.is_head)
                if answer is None:
                    break
                number, closes = answer
                seen.take(number, request.sent)
                done += 1
                if closes:
                    break
    except TimeoutError:
        raise Hung(f"no answer to {requests[done].sent[:300]!r}") from None
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        writer.transport.abort()
    return done


async def _send(writer: asyncio.StreamWriter, requests: Sequence[Framed]) -> None:
    for request in requests:
        writer.write(request.sent)
        await writer.drain()


async def _answer(reader: asyncio.StreamReader, *, is_head: bool) -> tuple[int, bool] | None:
    """An answer's number and whether the connection ends with it; None where it had ended."""
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            number = int(head.split(None, 2)[1])
            if number >= 200:
                break
        length = _LENGTH.search(head)
        assert not _CHUNKED.search(head), "no answer of ours comes in chunks"
        if not is_head and number not in (204, 304):
            await reader.readexactly(int(length[1]) if length else 0)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    return number, bool(_CLOSES.search(head))


async def _soon(reader: asyncio.StreamReader) -> bytes:
    """What is said next, or nothing where nobody says anything for a while."""
    try:
        return await asyncio.wait_for(reader.read(65_536), QUIET_S)
    except TimeoutError:
        return b""


async def send_unframed(host: str, port: int, sent: bytes, seen: Seen) -> None:
    """One of no framing on a connection of its own, at whose end we hang up if nobody does before."""
    reader, writer = await asyncio.open_connection(host, port)
    said = b""
    try:
        async with asyncio.timeout(WITHIN_S):
            writer.write(sent)
            await writer.drain()
            while chunk := await _soon(reader):
                said += chunk
            if not reader.at_eof():  # it waits for more, or for the next one
                writer.write_eof()
                said += await reader.read()
    except ConnectionError:
        pass  # hung up on while we were still sending
    except TimeoutError:
        raise Hung(f"neither answered nor hung up on {sent[:300]!r}") from None
    finally:
        writer.transport.abort()
    numbers = re.findall(rb"(?:^|\r\n\r\n|\n)HTTP/1\.[01] (\d{3}) ", said)
    for number in numbers:
        seen.take(int(number), sent)
    if not numbers:
        seen.hung_up += 1
