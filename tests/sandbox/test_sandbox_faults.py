import asyncio
import random
from contextlib import suppress

import pytest
from aiohttp import ClientConnectionError, ClientError, ClientTimeout

from bot.sandbox import Faults, Gigapay, Ledger

KEY = {"Authorization": "Token cd7a4537", "Integration-ID": "1"}


@pytest.fixture
async def gigapay(started):
    vendor = await started(Gigapay)
    vendor.add_payout("1041", "1000.00")
    return vendor


async def close(http, vendor):
    async with http.post(
        f"{vendor.base_url}payruns/2859272/close/", headers=KEY, allow_redirects=False
    ) as reply:
        return reply.status, dict(reply.headers), await reply.text()


async def is_open(http, vendor):
    async with http.get(f"{vendor.base_url}payruns/2859272/", headers=KEY) as reply:
        return (await reply.json())["open"]


def closes(vendor):
    return [(e["reply"], e["effect"]) for e in vendor.ledger.entries if e["call"] == "close"]


async def test_a_lost_reply_has_acted_and_is_in_the_ledger(gigapay, http):
    gigapay.faults.add("lose_reply", "close")

    with pytest.raises(ClientConnectionError):
        await close(http, gigapay)

    assert closes(gigapay) == [("lost", True)]
    assert await is_open(http, gigapay) is False


async def test_a_connection_dropped_before_has_not_acted(gigapay, http):
    gigapay.faults.add("drop_before", "close")

    with pytest.raises(ClientConnectionError):
        await close(http, gigapay)

    assert closes(gigapay) == [("no reply", False)]
    assert await is_open(http, gigapay) is True


@pytest.mark.parametrize(
    ("kind", "args", "status", "acted"),
    [
        pytest.param("status", {"code": 502}, 502, False, id="an error before acting"),
        pytest.param("status_after", {}, 503, True, id="503 after acting"),
        pytest.param("expired_token", {}, 401, False, id="a token run out"),
        pytest.param("html", {}, 200, False, id="a page of HTML"),
        pytest.param("redirect", {"code": 301}, 301, False, id="a redirect"),
    ],
)
async def test_an_answer_that_misleads_says_in_the_ledger_what_was_done(
    gigapay, http, kind, args, status, acted
):
    gigapay.faults.add(kind, "close", **args)

    answered, _, _ = await close(http, gigapay)

    assert answered == status
    assert closes(gigapay) == [(str(status), acted)]


@pytest.mark.parametrize(
    ("args", "after"),
    [
        pytest.param({"retry_after": 66975}, "66975", id="seconds"),
        pytest.param({"retry_after": 60, "as_date": True}, "Wed, 11 Nov 2026 07:01:00 GMT", id="a date"),
    ],
)
async def test_too_many_calls_say_when_to_come_again(gigapay, http, args, after):
    gigapay.faults.add("rate_limit", "close", **args)

    status, headers, _ = await close(http, gigapay)

    assert (status, headers["Retry-After"]) == (429, after)


async def test_half_open_lasts_until_the_client_leaves(gigapay, http):
    gigapay.faults.add("half_open", "close")

    with pytest.raises(TimeoutError):
        async with http.post(
            f"{gigapay.base_url}payruns/2859272/close/", headers=KEY, timeout=ClientTimeout(total=0.05)
        ):
            raise AssertionError("answered")
    for _ in range(20):
        if closes(gigapay):
            break
        await asyncio.sleep(0.01)

    assert closes(gigapay) == [("no reply", False)]


async def test_truncated_json_stops_in_the_middle(gigapay, http):
    gigapay.faults.add("truncated", "GET /payruns/:id/")

    async with http.get(f"{gigapay.base_url}payruns/2859272/", headers=KEY) as reply:
        text = await reply.text()

    assert text.startswith('{"app"') and not text.endswith("}")


async def test_a_change_may_show_only_after_some_reads(gigapay, http):
    gigapay.faults.add("unchanged_for", "close", reads=2)
    await close(http, gigapay)

    shown = [await is_open(http, gigapay) for _ in range(3)]

    assert shown == [True, True, False]


async def test_drifting_pages_show_an_item_twice(gigapay, http):
    for employee in ("1044", "1047", "1052"):
        gigapay.add_payout(employee, "1000.00")
    gigapay.faults.add("drift_pages", "GET /payouts/", by=1)
    seen = []

    for page in (1, 2):
        query = {"page": page, "page_size": 2}
        async with http.get(f"{gigapay.base_url}payouts/", headers=KEY, params=query) as reply:
            seen += [p["employee"] for p in (await reply.json())["results"]]

    assert seen == ["1041", "1044", "1044", "1047"]


async def test_a_fault_is_used_up_by_matching_calls_only(gigapay, http):
    gigapay.faults.add("status", "close", times=2)

    assert await is_open(http, gigapay) is True
    assert [(await close(http, gigapay))[0] for _ in range(3)] == [500, 500, 200]


async def test_faults_are_set_and_cleared_over_http(gigapay, http):
    url = f"{gigapay.root_url}/_sandbox/faults"
    async with http.post(url, json={"kind": "status", "call": "close", "times": 1, "code": 503}) as reply:
        assert reply.status == 201
    async with http.get(url) as reply:
        assert await reply.json() == [{"kind": "status", "call": "close", "times": 1, "code": 503}]
    async with http.delete(url) as reply:
        assert reply.status == 204

    assert (await close(http, gigapay))[0] == 200
    async with http.get(f"{gigapay.root_url}/_sandbox/ledger") as reply:
        assert [e["call"] for e in await reply.json()] == ["add_payout", "close"]


def test_an_unknown_fault_is_refused_by_name():
    with pytest.raises(
        ValueError, match="no fault 'loose_reply'; there are: bad_encoding, body, closes, drift_pages"
    ):
        Faults().add("loose_reply")


def test_a_ledger_line_is_in_the_file_at_once(clock, tmp_path):
    ledger = Ledger(clock, tmp_path / "ledger.jsonl")

    ledger.append("close", "2859272", "200", effect=True)

    assert (tmp_path / "ledger.jsonl").read_text() == (
        '{"at": "2026-11-11T07:00:00+00:00", "call": "close", "target": "2859272", '
        '"reply": "200", "effect": true, "by": "client"}\n'
    )
    ledger.close()


async def hooked(http, vendor, receiver, *events):
    asked = {"url": f"{receiver.url}/hook", "events": list(events), "secret_key": "s"}
    async with http.post(f"{vendor.base_url}webhooks/", json=asked, headers=KEY) as reply:
        assert reply.status == 201


async def test_each_event_can_be_delivered_twice_and_out_of_order(gigapay, http, receiver):
    await hooked(http, gigapay, receiver, "Payout.created")
    gigapay.deliveries.copies = 2
    gigapay.deliveries.shuffle = random.Random(7)
    made = [gigapay.add_payout(str(1100 + n), "100.00")["id"] for n in range(4)]

    assert gigapay.deliveries.pending == 8
    await gigapay.deliveries.settle()

    came = [next(i for i in made if i.encode() in body) for _, _, body in receiver.got]
    assert sorted(came) == sorted(made * 2)
    assert came != [i for i in made for _ in range(2)]
    assert gigapay.deliveries.pending == 0


async def test_an_unavailable_receiver_is_tried_again(gigapay, http, receiver):
    await hooked(http, gigapay, receiver, "Payout.created")
    receiver.answers = [503, 429, 200]

    gigapay.add_payout("1044", "100.00")
    await gigapay.deliveries.settle()

    assert [(e["attempt"], e["status"]) for e in gigapay.deliveries.log] == [(1, 503), (2, 429), (3, 200)]


async def test_a_refusal_is_not_tried_again(gigapay, http, receiver):
    await hooked(http, gigapay, receiver, "Payout.created")
    receiver.answers = [401]

    gigapay.add_payout("1044", "100.00")
    await gigapay.deliveries.settle()

    assert [e["status"] for e in gigapay.deliveries.log] == [401]


async def faults_by_seed(started, http, seed: int) -> list[list[str]]:
    """What went wrong with each of a hundred calls."""
    vendor = await started(Gigapay, examples=True)
    vendor.faults.by_seed(seed, one_in=5)
    for _ in range(100):
        with suppress(ClientError):
            async with http.get(f"{vendor.base_url}payruns/", headers=KEY, allow_redirects=False) as reply:
                await reply.read()
    return [entry.get("faults", []) for entry in vendor.ledger.entries]


async def test_a_seed_lets_the_same_calls_go_wrong_in_the_same_way(started, http):
    first, again = await faults_by_seed(started, http, 7), await faults_by_seed(started, http, 7)
    other = await faults_by_seed(started, http, 8)

    assert first == again != other
    assert 10 <= sum(map(bool, first)) <= 30
    assert len({kind for kinds in first for kind in kinds}) > 5
