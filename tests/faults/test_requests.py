"""Hostile requests by the thousand: each gets its number, nothing falls, nobody is kept waiting.

The server is the one that runs in life, over real sockets; only the vendors behind it are
not there. What is drawn comes from a seed, and how much of it from the environment.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from aiohttp import ClientError, ClientSession

from bot.web.wire import AT_MOST_CONNECTIONS
from tests.faults.hostile import BODIES, METHODS, PAGES, READ, framed, unframed
from tests.faults.size import part, share_of, size
from tests.faults.tally import note
from tests.faults.wirecheck import WITHIN_S, Seen, send_framed, send_unframed
from tests.web.stand import APPROVER, OPERATOR, VIEWER, Stand, stand

REQUESTS = share_of(size(whole=1_000_000, small=10_000))
SIDE_BY_SIDE = 8
"""Connections that are served at the same time."""
IN_A_ROW = 25
"""Requests down one connection, sent without waiting for answers."""
UNFRAMED_EVERY, CLIENT_EVERY = 4, 50
"""Of the rest, one in four has no framing, and one in fifty comes from a client library."""


class Traces(logging.Handler):
    """What any library logged with a trace or as an error."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info or "Traceback" in record.getMessage():
            self.found.append(self.format(record))


@asynccontextmanager
async def traced() -> AsyncIterator[Traces]:
    """Also what a loop says of a task that nobody waited for."""
    handler, root, loop = Traces(), logging.getLogger(), asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: handler.found.append(str(context)))
    root.addHandler(handler)
    try:
        yield handler
    finally:
        root.removeHandler(handler)
        loop.set_exception_handler(None)


@pytest.mark.in_every_share
async def test_no_request_fells_it_hangs_it_or_gets_more_than_a_number(tmp_path: Path) -> None:
    seen, number = Seen(), part()[0]
    async with stand(tmp_path, body_within_s=0.5, header_within_s=0.5) as site, traced() as traces:
        async with site.signed_in(VIEWER) as browser:
            cookies = browser.client.cookie_jar.filter_cookies(site.server.make_url("/"))
            session = cookies["payrunbot_session"].value
            shares = range(SIDE_BY_SIDE)
            await asyncio.gather(
                *(_share(site, Random(f"{number}/{share}"), share, session, seen) for share in shares)
            )
            async with site.client() as client:
                assert (await client.get("/healthz")).status == 200
                assert (await client.get("/readyz")).status == 200
        failed = _failed(site)
    note("requests", runs=seen.answered + seen.hung_up, server_errors=len(seen.bad), hung_up_on=seen.hung_up)

    assert seen.bad == []
    assert failed == []
    assert traces.found == []
    assert seen.answered + seen.hung_up >= REQUESTS
    # Only one that comes with more than a server takes may find the line cut before its answer.
    assert len(seen.unanswered) <= REQUESTS // 1_000
    # It was not all turned away at the gate: each of these is what some handler answered.
    assert {200, 303, 400, 401, 403, 404, 405, 409, 413, 415, 422} <= seen.numbers.keys()


def _failed(site: Stand) -> list[Any]:
    """What the bot itself logged as failed, or with a trace; the rest is forgotten."""
    found = [one for one in site.log.entries if one["log_level"] == "error" or "exc_info" in one]
    site.log.entries.clear()
    return found


async def _share(site: Stand, r: Random, share: int, session: str, seen: Seen) -> None:
    host, port = site.server.host, site.server.port
    assert host is not None
    assert port is not None
    tokens = [site.tokens[person] for person in (OPERATOR, APPROVER, VIEWER)]
    mine = REQUESTS // SIDE_BY_SIDE + (share < REQUESTS % SIDE_BY_SIDE)
    async with site.client() as client:
        while mine > 0:
            if len(site.log.entries) > 5_000:
                assert _failed(site) == []
            rows = [framed(r, tokens, session) for _ in range(min(IN_A_ROW, mine))]
            await send_framed(host, port, [one for one in rows if not one.is_alone], seen)
            for one in rows:
                if one.is_alone:
                    await send_framed(host, port, [one], seen)
            mine -= len(rows)
            for _ in range(min(mine, IN_A_ROW // UNFRAMED_EVERY)):
                await send_unframed(host, port, unframed(r, tokens), seen)
                mine -= 1
            if mine > 0 and r.random() < IN_A_ROW / CLIENT_EVERY:
                await _by_library(client, r, seen)
                mine -= 1


async def _by_library(client: ClientSession, r: Random, seen: Seen) -> None:
    """One as a client library frames it, with whatever it takes."""
    path, body = r.choice((*READ, *PAGES)), r.choice(BODIES)(r)
    more: dict[str, Any] = {"data": body, "allow_redirects": False, "compress": r.choice((None, "gzip"))}
    try:
        async with asyncio.timeout(WITHIN_S), client.request(r.choice(METHODS[:8]), path, **more) as reply:
            await reply.read()
            seen.take(reply.status, path.encode())
    except ClientError:
        seen.hung_up += 1


async def test_connections_that_never_ask_do_not_keep_out_those_that_do(tmp_path: Path) -> None:
    async with stand(tmp_path) as site:
        idle = [
            await asyncio.open_connection(site.server.host, site.server.port)
            for _ in range(AT_MOST_CONNECTIONS + 50)
        ]
        try:
            async with site.client() as client, asyncio.timeout(5):
                assert (await client.get("/healthz")).status == 200
            hung_up = [await _is_hung_up(reader) for reader, _ in idle[:50]]
        finally:
            for _, writer in idle:
                writer.transport.abort()

    assert hung_up == [True] * 50


async def _is_hung_up(reader: asyncio.StreamReader) -> bool:
    try:
        return await asyncio.wait_for(reader.read(1), 1) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


@pytest.mark.parametrize("tail", [b"0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: b\r\n\r\n", b"{}\r\n"])
async def test_two_lengths_for_one_body_are_refused_and_nothing_behind_it_is_read(
    tmp_path: Path, tail: bytes
) -> None:
    seen = Seen()
    async with stand(tmp_path) as site:
        assert site.server.host is not None
        assert site.server.port is not None
        head = b"POST /hooks/gigapay-se/Payrun.created HTTP/1.1\r\nHost: b\r\n"
        both = b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
        await send_unframed(site.server.host, site.server.port, head + both + tail, seen)

    assert seen.numbers == {400: 1}
