import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal

import pytest
import structlog

from bot.connectors.client import (
    MAX_BODY_BYTES,
    MaybeSent,
    NotSent,
    Reply,
    TimedOut,
    VendorClient,
    open_session,
)
from bot.connectors.problem import Gone, Unauthorised, VendorProblem

from .conftest import NOON, StillClock, Waits

METHODS = ["GET", "PUT", "DELETE", "POST", "PATCH", "HEAD"]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

Answer = Callable[[int], bytes | None]


class RawServer:
    """Answers with bytes, so that it can do what no HTTP library lets a server do."""

    def __init__(self, answer: Answer, then_close: bool) -> None:
        self.answer = answer
        self.then_close = then_close
        self.requests: list[bytes] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    (
                        int(line[15:])
                        for line in head.split(b"\r\n")
                        if line.lower().startswith(b"content-length:")
                    ),
                    0,
                )
                await reader.readexactly(length)
                self.requests.append(head)
                reply = self.answer(len(self.requests))
                if reply is None:
                    break
                writer.write(reply)
                await writer.drain()
                if self.then_close:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def raw_server(answer: Answer, *, then_close: bool = False) -> AsyncIterator[RawServer]:
    server = RawServer(answer, then_close)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/payruns/7/"
    try:
        yield server
    finally:
        listening.close()


def answering(status: int, body: bytes = b"{}", *headers: bytes) -> bytes:
    lines = [f"HTTP/1.1 {status} X".encode(), f"Content-Length: {len(body)}".encode(), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


@pytest.mark.parametrize("method", METHODS)
async def test_a_request_whose_reply_is_lost_on_a_kept_connection_is_sent_once(
    client: VendorClient, method: str
) -> None:
    async with raw_server(lambda number: OK if number == 1 else None) as server:
        await client.call("gigapay-se", "GET", server.url, route="payruns/:id/")
        with pytest.raises(MaybeSent):
            await client.call("gigapay-se", method, server.url, route="payruns/:id/", json={"a": 1})

    assert len(server.requests) == 2


@pytest.mark.parametrize("method", METHODS)
async def test_a_request_whose_reply_is_lost_on_a_new_connection_is_sent_once(
    client: VendorClient, method: str
) -> None:
    async with raw_server(lambda number: None) as server:
        with pytest.raises(MaybeSent):
            await client.call("gigapay-se", method, server.url, route="payruns/:id/")

    assert len(server.requests) == 1


async def test_a_host_that_refuses_the_connection_was_not_sent_anything(client: VendorClient) -> None:
    async with raw_server(lambda number: OK) as server:
        pass

    with pytest.raises(NotSent):
        await client.call("gigapay-se", "POST", server.url, route="payruns/:id/close/")


async def test_no_answer_in_time_may_have_been_sent(clock: StillClock) -> None:
    logger = structlog.wrap_logger(None, processors=[structlog.testing.LogCapture()])
    async with open_session() as session, raw_server(lambda number: b"HTTP/1.1 200 OK\r\n") as server:
        hasty = VendorClient(session, timeout_s=0.1, clock=clock, log=logger)
        with pytest.raises(TimedOut):
            await hasty.call("gigapay-se", "POST", server.url, route="payruns/:id/close/")

    assert len(server.requests) == 1


async def test_a_body_that_stops_half_way_may_have_been_sent(client: VendorClient) -> None:
    half = b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"a"'
    async with raw_server(lambda number: half, then_close=True) as server:
        with pytest.raises(MaybeSent):
            await client.call("gigapay-se", "PUT", server.url, route="payruns/:id/")

    assert len(server.requests) == 1


async def test_a_body_over_the_bound_is_not_read_to_its_end(client: VendorClient) -> None:
    async with raw_server(lambda number: answering(200, b" " * (MAX_BODY_BYTES + 1))) as server:
        with pytest.raises(MaybeSent, match="more than 8 MB"):
            await client.call("gigapay-se", "GET", server.url, route="payruns/")


@pytest.mark.parametrize("status", [301, 307])
async def test_a_redirect_is_named_and_not_followed(client: VendorClient, status: int) -> None:
    reply = answering(status, b"", b"Location: https://elsewhere.example/payruns/?token=secret")
    async with raw_server(lambda number: reply) as server:
        with pytest.raises(VendorProblem) as caught:
            await client.read("gigapay-se", server.url, route="payruns/")

    assert str(caught.value) == f"redirects payruns/ to elsewhere.example ({status}), which is not followed"
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("answers", "sent", "waited"),
    [
        pytest.param([503, 502, 200], 3, [0.2, 1.0], id="right at the third try"),
        pytest.param([503, 200], 2, [0.2], id="right at the second try"),
        pytest.param([200], 1, [], id="right at once"),
    ],
)
async def test_a_read_is_tried_again_twice_at_most(
    client: VendorClient, waits: Waits, answers: list[int], sent: int, waited: list[float]
) -> None:
    async with raw_server(lambda number: answering(answers[number - 1])) as server:
        reply = await client.read("gigapay-se", server.url, route="payruns/")

    assert (reply.status, len(server.requests), waits.seconds) == (200, sent, waited)


async def test_a_read_that_keeps_failing_says_what_was_answered_last(
    client: VendorClient, waits: Waits
) -> None:
    async with raw_server(
        lambda number: answering([500, 502, 503][number - 1], b'{"detail": "down"}')
    ) as server:
        with pytest.raises(VendorProblem, match=r"^answered 503 to payruns/: down$"):
            await client.read("gigapay-se", server.url, route="payruns/")

    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("status", "raised"),
    [(401, Unauthorised), (403, VendorProblem), (404, Gone), (429, VendorProblem), (410, VendorProblem)],
)
async def test_a_read_that_is_refused_is_not_tried_again(
    client: VendorClient, status: int, raised: type[Exception]
) -> None:
    async with raw_server(lambda number: answering(status)) as server:
        with pytest.raises(raised):
            await client.read("gigapay-se", server.url, route="payruns/")

    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        pytest.param(b"Retry-After: 66975", 66975.0, id="seconds"),
        pytest.param(b"Retry-After: 999999999999", 86400.0, id="longer than a day is a day"),
        pytest.param(b"Retry-After: Fri, 20 Nov 2026 12:01:30 GMT", 90.0, id="a date"),
        pytest.param(b"Retry-After: soon", None, id="nonsense"),
        pytest.param(b"X-Nothing: 1", None, id="none"),
    ],
)
async def test_a_limit_says_how_long_the_vendor_asks_us_to_wait(
    client: VendorClient, header: bytes, seconds: float | None
) -> None:
    async with raw_server(lambda number: answering(429, b"{}", header)) as server:
        with pytest.raises(VendorProblem) as caught:
            await client.read("gigapay-se", server.url, route="payruns/")

    assert caught.value.retry_after_s == seconds


async def test_the_log_line_tells_the_route_and_nothing_secret(
    client: VendorClient, log: structlog.testing.LogCapture
) -> None:
    async with raw_server(lambda number: answering(200, b'{"token": "canary"}')) as server:
        with structlog.contextvars.bound_contextvars(correlation="c-1"):
            await client.call(
                "gigapay-se",
                "POST",
                server.url,
                route="payruns/:id/close/",
                headers={"Authorization": "Token canary"},
                params={"q": "canary"},
                json={"secret": "canary"},
            )

    assert log.entries == [
        {
            "event": "vendor_call",
            "log_level": "info",
            "correlation": "c-1",
            "connection": "gigapay-se",
            "method": "POST",
            "path": "payruns/:id/close/",
            "status": 200,
            "took_ms": 0,
        }
    ]


def reply(body: bytes, *secrets: str) -> Reply:
    return Reply(200, {}, body, secrets)


def test_a_number_is_read_exactly() -> None:
    assert reply(b'{"pay": 1234567890123456.78}').json() == {"pay": Decimal("1234567890123456.78")}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param(b"<!doctype html><p>busy", "answered 200 with a web page", id="a web page"),
        pytest.param(b"", "answered 200 with nothing", id="nothing"),
        pytest.param(b'{"results": [{"id"', "answered 200 with something that is not JSON", id="cut"),
        pytest.param(b"[" * 100_000, "answered 200 with something that is not JSON", id="nested too deep"),
        pytest.param(b'{"pay": NaN}', "answered 200 with something that is not JSON", id="not a number"),
        pytest.param(b'{"pay": 1.0e99999}', "answered 200 with something that is not JSON", id="too large"),
        pytest.param(b"\xff\xfe\x00", "answered 200 with something that is not JSON", id="not text"),
        pytest.param(
            b'{"id": "\\uD800"}', "answered 200 with something that is not JSON", id="half a character"
        ),
    ],
)
def test_what_is_not_json_is_a_problem_that_says_what_it_was(body: bytes, said: str) -> None:
    with pytest.raises(VendorProblem) as caught:
        reply(body).json()

    assert caught.value.what == said


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        pytest.param(b'{"detail": "Method not allowed."}', "Method not allowed.", id="one sentence"),
        pytest.param(
            b'{"url": ["is no URL"], "events": ["is empty"]}',
            "url: is no URL; events: is empty",
            id="by field",
        ),
        pytest.param(
            b'{"problem": {"detail": "Resource was not found"}}',
            "Resource was not found",
            id="in an envelope",
        ),
        pytest.param(
            b'{"Detail": "AuthorizationUnsuccessful"}', "AuthorizationUnsuccessful", id="in capitals"
        ),
        pytest.param(b"<html>", "", id="a web page has no sentence"),
    ],
)
def test_the_vendors_own_sentence_is_found_in_each_of_its_shapes(body: bytes, detail: str) -> None:
    assert reply(body).detail() == detail


def test_a_secret_that_the_vendor_repeats_is_not_repeated_by_us() -> None:
    assert reply(b'{"detail": "bad key canary-1"}', "canary-1").detail() == "bad key …"


@pytest.mark.parametrize(
    "scheme",
    [
        pytest.param("Bearer canary-1", id="a token"),
        pytest.param("Basic YzE6Y2FuYXJ5LTE=", id="a password, which is sent encoded"),
        pytest.param("Basic canary-1", id="no password at all"),
    ],
)
async def test_what_proves_who_we_are_is_not_repeated_either(client: VendorClient, scheme: str) -> None:
    body = b'{"detail": "c1 or canary-1 is wrong"}'
    async with raw_server(lambda _: answering(400, body)) as server:
        came = await client.call("x", "GET", server.url, route="r", headers={"Authorization": scheme})

    assert came.detail() == "c1 or … is wrong"


def test_a_reply_shows_neither_its_body_nor_our_secrets() -> None:
    assert "canary" not in repr(reply(b"canary", "canary"))


def test_a_wait_that_is_over_is_no_wait() -> None:
    past = Reply(429, {"Retry-After": "Fri, 20 Nov 2026 11:00:00 GMT"}, b"")

    never = Reply(429, {"Retry-After": "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"}, b"")

    assert never.retry_after_s(NOON) is None
    assert past.retry_after_s(NOON) == 0
    assert past.retry_after_s(NOON - timedelta(hours=2)) == 3600
