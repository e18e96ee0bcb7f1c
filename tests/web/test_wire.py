"""Bytes that no browser sends: each is answered by its number, told nothing, and fells nothing."""

import asyncio
import time
from pathlib import Path

import pytest

from bot.store.tables import inbox

from .stand import APPROVER, SECRET, Browser, Stand, run, see, stand

HOOK = "/hooks/gigapay-se/Payrun.created"


async def raw(site: Stand, request: bytes) -> bytes:
    """The whole answer to these bytes, until the server hangs up."""
    reader, writer = await asyncio.open_connection(site.server.host, site.server.port)
    writer.write(request)
    answer = await asyncio.wait_for(reader.read(), 2)
    writer.close()
    await writer.wait_closed()
    return answer


async def get(site: Stand, path: str, header: bytes) -> bytes:
    head = f"GET {path} HTTP/1.1\r\nHost: bot\r\nConnection: close\r\n".encode()
    return await raw(site, head + header + b"\r\n\r\n")


NO_HTTP = [
    pytest.param(b"GET /canary\xff HTTP/1.1\r\nHost: bot\r\n\r\n", id="no path"),
    pytest.param(b"canary\r\n\r\n", id="no request"),
    pytest.param(b"GET / HTTP/1.1\r\nHost: bot\r\nX-A : canary\r\n\r\n", id="no header"),
    pytest.param(b"GET / HTTP/1.1\r\nHost: bot\r\nX-A: " + b"canary" * 5_000 + b"\r\n\r\n", id="too long"),
]


@pytest.mark.parametrize("request_", NO_HTTP)
async def test_what_is_no_http_gets_a_number_and_is_told_nothing(site: Stand, request_):
    head, _, body = (await raw(site, request_)).partition(b"\r\n\r\n")

    assert (head.split()[1], body) == (b"400", b"")
    assert b"Server: payrunbot\r\n" in head + b"\r\n"
    assert not any(told in head for told in (b"canary", b"Python", b"aiohttp"))


async def test_a_header_that_never_ends_is_hung_up_on(tmp_path: Path):
    async with stand(tmp_path, header_within_s=0.05) as site:
        started = time.monotonic()

        assert await raw(site, b"GET / HTTP/1.1\r\nHost: bot\r\nX-A: a") == b""
        assert time.monotonic() - started < 1


async def test_a_connection_that_has_asked_once_may_ask_again_later(tmp_path: Path):
    async with stand(tmp_path, header_within_s=0.05) as site:
        reader, writer = await asyncio.open_connection(site.server.host, site.server.port)
        for _ in range(2):
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: bot\r\n\r\n")
            assert (await reader.readuntil(b"ok\n")).startswith(b"HTTP/1.1 200 ")
            await asyncio.sleep(0.1)
        writer.close()
        await writer.wait_closed()


async def test_a_webhook_with_a_header_of_any_bytes_is_stored(site: Stand):
    answer = await raw(
        site,
        f"POST {HOOK} HTTP/1.1\r\nHost: bot\r\nConnection: close\r\nX-Secret: {SECRET}\r\n".encode()
        + b"User-Agent: a\xff\xfe\r\nContent-Length: 2\r\n\r\n{}",
    )

    assert answer.startswith(b"HTTP/1.1 200 ")
    (row,) = await site.stored(inbox)
    assert '"User-Agent":"a??"' in row.headers_redacted


ODD = [
    pytest.param("/", b"Cookie: payrunbot_session=\xff\xfe", b"303", id="a session"),
    pytest.param("/sign-in", b"Cookie: payrunbot_before=\xff", b"200", id="a sign-in form's cookie"),
    pytest.param("/api/payruns", b"Authorization: Bearer \xff", b"401", id="a token"),
]


@pytest.mark.parametrize(("path", "header", "status"), ODD)
async def test_bytes_that_are_no_text_sign_nobody_in(site: Stand, path, header, status):
    assert (await get(site, path, header)).split()[1] == status


async def test_a_notice_that_is_no_text_is_not_shown(site: Stand, approver: Browser):
    session = next(one.value for one in approver.client.cookie_jar if one.key == "payrunbot_session")
    for said in (b"\xff.canary", b"a.canary\xff"):
        cookies = f"Cookie: payrunbot_session={session}; payrunbot_said=".encode() + said
        answer = await get(site, "/", cookies)

        assert (answer.split()[1], b"canary" in answer) == (b"200", False)


async def test_a_pay_run_with_braces_in_its_id_has_its_page_and_its_answer(site: Stand, approver: Browser):
    path, odd = "/payruns/gigapay-se/%7B%7B7*7%7D%7D", "{{7*7}}"
    await see(site.bot, site.vendor, run(odd))
    assert odd in await approver.page(path)
    reply = await approver.client.get(f"/api{path}/why", headers=site.bearer(APPROVER))
    assert reply.status == 200
