"""Webhooks over real HTTP: what is stored, what is refused, and what a refusal tells."""

import asyncio
import gzip
import re
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from bot.engine.backlog import Backlog
from bot.engine.quiet import what_is_due
from bot.engine.sort import sort_inbox
from bot.store.tables import inbox, look

from .stand import RUN, SECRET, Stand, stand

HOOK = "/hooks/gigapay-se/Payrun.created"
SIGNED = {"X-Secret": SECRET}
BODY = b'{"id": 2859272}'


async def test_a_webhook_is_answered_once_it_is_stored_with_an_empty_body(site: Stand):
    async with site.client() as client:
        reply = await client.post(HOOK, data=BODY, headers=SIGNED)

        assert (reply.status, await reply.read()) == (200, b"")
    (row,) = await site.stored(inbox)
    assert (row.connection, row.event, row.raw, row.deliveries) == (
        "gigapay-se",
        "Payrun.created",
        BODY,
        1,
    )
    assert await site.stored(look) == []


async def test_the_same_webhook_twice_is_one_row_that_counts_two(site: Stand):
    async with site.client() as client:
        for _ in range(2):
            assert (await client.post(HOOK, data=BODY, headers=SIGNED)).status == 200

    assert [row.deliveries for row in await site.stored(inbox)] == [2]


async def test_the_event_is_known_in_any_case(site: Stand):
    async with site.client() as client:
        assert (
            await client.post("/hooks/gigapay-se/payrun.CREATED", data=BODY, headers=SIGNED)
        ).status == 200

    assert [row.event for row in await site.stored(inbox)] == ["Payrun.created"]


async def test_a_token_in_the_path_is_as_good_as_a_signature(site: Stand):
    async with site.client() as client:
        assert (await client.post(f"{HOOK}/{SECRET}", data=BODY)).status == 200

    assert len(await site.stored(inbox)) == 1


async def test_what_is_signed_but_no_json_is_stored_and_shown_as_unparsed(site: Stand):
    async with site.client() as client:
        assert (await client.post(HOOK, data=b"\x00\xff not json", headers=SIGNED)).status == 200

    await sort_inbox(site.bot)
    assert [(row.state, row.raw) for row in await site.stored(inbox)] == [("unparsed", b"\x00\xff not json")]


async def test_a_body_that_says_it_is_itself_is_taken(site: Stand):
    async with site.client() as client:
        reply = await client.post(HOOK, data=BODY, headers={**SIGNED, "Content-Encoding": "identity"})

    assert reply.status == 200


async def test_a_body_of_exactly_the_bound_is_taken(site: Stand):
    async with site.client() as client:
        assert (await client.post(HOOK, data=b"x" * (256 * 1024), headers=SIGNED)).status == 200


BAD = [
    pytest.param(HOOK, BODY, {}, 401, id="no signature"),
    pytest.param(HOOK, BODY, {"X-Secret": "another"}, 401, id="wrong signature"),
    pytest.param(f"{HOOK}/another", BODY, {}, 401, id="wrong token"),
    pytest.param("/hooks/nobody/Payrun.created", BODY, SIGNED, 404, id="unknown connection"),
    pytest.param("/hooks/gigapay-se/Payrun.invented", BODY, SIGNED, 404, id="unknown event"),
    pytest.param("/hooks/xero-uk/Payrun.created", BODY, SIGNED, 404, id="a vendor without webhooks"),
    pytest.param(f"{HOOK}/a/b", BODY, SIGNED, 404, id="too long an address"),
    pytest.param(HOOK, b"x" * (256 * 1024 + 1), SIGNED, 413, id="a byte too many"),
    pytest.param(HOOK, gzip.compress(BODY), {**SIGNED, "Content-Encoding": "gzip"}, 415, id="gzip"),
    pytest.param(HOOK, BODY, {**SIGNED, "Content-Encoding": "deflate"}, 415, id="deflate"),
    pytest.param(HOOK, BODY, {**SIGNED, "Content-Encoding": "identity, br"}, 415, id="two codings"),
]


@pytest.mark.parametrize(("path", "body", "headers", "status"), BAD)
async def test_bad_input_gets_its_number_and_nothing_is_stored(site: Stand, path, body, headers, status):
    async with site.client() as client:
        reply = await client.post(path, data=body, headers=headers, skip_auto_headers=["Content-Type"])

        assert (reply.status, await reply.read()) == (status, b"")
    assert await site.stored(inbox) == []


async def test_a_chunked_body_without_a_length_meets_the_same_bound(site: Stand):
    async def chunks():
        for _ in range(5):
            yield b"x" * (64 * 1024)

    async with site.client() as client:
        reply = await client.post(HOOK, data=chunks(), headers=SIGNED)

        assert reply.status == 413
    assert await site.stored(inbox) == []


async def test_a_get_of_a_webhook_does_nothing(site: Stand):
    async with site.client() as client:
        reply = await client.get(HOOK, headers=SIGNED)

        assert (reply.status, await reply.read()) == (405, b"")


async def test_half_a_body_is_answered_408_when_its_time_is_up(tmp_path: Path):
    async with stand(tmp_path, body_within_s=0.1) as site:
        answer = await _raw(site, f"POST {HOOK} HTTP/1.1\r\nContent-Length: 100", b'{"id": 28')

        assert answer.startswith(b"HTTP/1.1 408 ")
        assert await site.stored(inbox) == []


async def test_a_compressed_body_is_refused_before_any_of_it_came(site: Stand):
    answer = await _raw(site, f"POST {HOOK} HTTP/1.1\r\nContent-Length: 100\r\nContent-Encoding: gzip", b"")

    assert answer.startswith(b"HTTP/1.1 415 ")


ODD = [
    pytest.param("/hooks/gigapay%2Dse/Payrun.created", "", id="an escape"),
    pytest.param(f"{HOOK}?a=b", "", id="a query"),
    pytest.param(f"{HOOK}/a%20token", "", id="an escape in a token"),
    pytest.param(HOOK, "Connection: close\r\n", id="one that hangs up"),
]


@pytest.mark.parametrize(("path", "header"), ODD)
async def test_however_its_address_is_written_it_is_stored(site: Stand, path, header):
    answer = await _raw(site, f"POST {path} HTTP/1.1\r\n{header}Content-Length: {len(BODY)}", BODY)

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert [row.raw for row in await site.stored(inbox)] == [BODY]


async def test_one_that_waits_to_be_asked_for_its_body_is_asked(site: Stand):
    head = f"POST {HOOK} HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: {len(BODY)}"

    assert await _raw(site, head, b"") == b"HTTP/1.1 100 Continue\r\n\r\n"


async def test_a_stored_webhook_carries_the_same_protections_and_an_id(site: Stand):
    async with site.client() as client:
        stored = await client.post(HOOK, data=BODY, headers=SIGNED)
        other = await client.post("/hooks/nobody/Payrun.created", data=BODY)

    own = {"date", "x-request-id", "content-length", "content-type"}
    same = {name for name in other.headers if name.lower() not in own}
    assert len(same) >= 9
    assert {name: stored.headers[name] for name in same} == {name: other.headers[name] for name in same}
    assert stored.headers["X-Request-Id"].startswith("hook-")


async def test_the_known_names_are_in_the_log_and_not_in_the_answer(site: Stand):
    async with site.client() as client:
        reply = await client.post("/hooks/gigapay-se/Payrun.invented", data=BODY, headers=SIGNED)

        assert b"Payrun" not in await reply.read()
    (entry,) = [one for one in site.log.entries if one["event"] == "webhook for nobody"]
    assert (entry["connection"], "Payrun.created" in entry["known"]) == ("gigapay-se", True)


async def test_a_database_that_refuses_is_503_and_says_when_to_come_again(site: Stand):
    class Full:
        def write(self):
            raise OperationalError("SELECT", {}, Exception("disk full"))

        async def take_in(self, delivery):
            raise OperationalError("INSERT", {"raw": SECRET}, Exception("disk full"))

    site.bot.db = Full()
    async with site.client() as client:
        reply = await client.post(HOOK, data=BODY, headers=SIGNED)

        assert (reply.status, reply.headers["Retry-After"], await reply.read()) == (503, "30", b"")
        assert (await client.get("/readyz")).status == 503
        assert (await client.get("/healthz")).status == 200
    assert SECRET not in str(site.log.entries)


async def test_no_secret_body_or_header_reaches_a_log_line(site: Stand):
    async with site.client() as client:
        await client.post(
            f"{HOOK}/{SECRET}", data=b'{"name": "canary-body"}', headers={"X-Any": "canary-header"}
        )
        await client.post(f"{HOOK}/canary-wrong", data=b'{"name": "canary-body"}')
        await client.post("/hooks/canary-nobody/canary-event/canary-token", data=b"canary-body")
        await client.get("/payruns?connection=canary-search", headers={"Cookie": "payrunbot_session=canary"})
        await client.get("/api/payruns", headers={"Authorization": "Bearer canary-bearer"})

    logged = str(site.log.entries)
    assert re.findall(r"canary[-\w]*", logged) == []
    assert "/hooks/{connection}/{event}/{token}" in logged


MALFORMED = [
    pytest.param("X-Canary\x01: canary-header", b"", id="a header that is none"),
    pytest.param("Content-Length: canary-length", b"", id="a length that is no number"),
    pytest.param("Transfer-Encoding: chunked", b"canary-size\r\n", id="a chunk of no size"),
]


@pytest.mark.parametrize(("header", "body"), MALFORMED)
async def test_what_is_no_http_is_refused_and_logged_by_its_kind_alone(site: Stand, caplog, header, body):
    answer = await _raw(site, f"POST {HOOK} HTTP/1.1\r\n{header}", body)

    assert answer.split()[1] == b"400"
    assert "canary" not in caplog.text + str(site.log.entries)
    assert await site.stored(inbox) == []


async def test_a_webhook_and_what_follows_share_one_id(site: Stand):
    async with site.client() as client:
        reply = await client.post(HOOK, data=BODY, headers=SIGNED)

    (row,) = await site.stored(inbox)
    assert row.correlation == reply.headers["X-Request-Id"]
    stored = [one for one in site.log.entries if one["event"] == "webhooks stored"]
    assert [one["correlations"] for one in stored] == [[row.correlation]]


async def test_a_webhook_shows_in_the_story_of_its_pay_run(site: Stand, approver):
    async with site.client() as client:
        for _ in range(2):
            await client.post(HOOK, data=BODY, headers=SIGNED)
    await sort_inbox(site.bot)

    page = await approver.page(f"/payruns/gigapay-se/{RUN}")
    assert "Gigapay sent Payrun.created<small>delivered 2 times</small>" in page


async def _raw(site: Stand, head: str, body: bytes) -> bytes:
    """What is answered to bytes that no client library would send."""
    reader, writer = await asyncio.open_connection(site.server.host, site.server.port)
    writer.write(f"{head}\r\nHost: bot\r\nX-Secret: {SECRET}\r\n\r\n".encode() + body)
    await writer.drain()
    answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 2)
    writer.close()
    await writer.wait_closed()
    return answer


async def test_while_too_much_waits_a_webhook_is_to_come_again_and_nothing_is_stored(site: Stand):
    site.bot.backlog = Backlog(at_most=2)
    async with site.client() as client:
        taken = [(await client.post(HOOK, data=b'{"id": %d}' % n, headers=SIGNED)).status for n in range(2)]
        refused = await client.post(HOOK, data=BODY, headers=SIGNED)
        ready = await (await client.get("/readyz")).json()

        assert (refused.status, refused.headers["Retry-After"], await refused.read()) == (503, "30", b"")
    assert taken == [200, 200]
    assert len(await site.stored(inbox)) == 2
    assert (ready["ready"], ready["news_put_off"]) == (True, True)


async def test_once_what_waited_is_sorted_webhooks_are_taken_again(site: Stand):
    site.bot.backlog = Backlog(at_most=2)
    async with site.client() as client:
        for number in range(2):
            await client.post(HOOK, data=b'{"id": 2859272, "n": %d}' % number, headers=SIGNED)
        await sort_inbox(site.bot)
        await what_is_due(site.bot)

        assert (await client.post(HOOK, data=BODY, headers=SIGNED)).status == 200
