import json
from datetime import date
from decimal import Decimal

import pytest

from bot.sandbox import Gigapay
from bot.sandbox.gigapay import sign

KEY = {"Authorization": "Token cd7a4537", "Integration-ID": "79606358-97af-4196-b64c-5f719433d56b"}


@pytest.fixture
async def gigapay(started):
    return await started(Gigapay)


async def get(http, vendor, path, **query):
    async with http.get(vendor.base_url + path, headers=KEY, params=query) as reply:
        return reply.status, await reply.json()


async def close(http, vendor, payrun):
    async with http.post(f"{vendor.base_url}payruns/{payrun}/close/", headers=KEY) as reply:
        return reply.status, await reply.text()


async def test_the_documents_payrun_is_served_with_its_invoice(started, http):
    gigapay = await started(Gigapay, examples=True)

    status, payrun = await get(http, gigapay, "payruns/2859272/", expand="invoice")

    assert status == 200
    assert payrun["paid_at"] == "2019-05-25T9:02:16.8462735Z"
    assert payrun["price"] == "1340.48"
    assert payrun["invoice"]["id"] == "bab4b830-47d6-4a24-a460-3289897f6e8e"
    assert payrun["invoice"]["total"] == "1745.40"
    assert "token=" in payrun["app"] and "token=" in payrun["pdf"]


async def test_next_leads_on_and_forgets_the_page_size(gigapay, http):
    gigapay.seed_history(date(2026, 10, 2))

    _, first = await get(http, gigapay, "payruns/", page_size=4)
    _, last = await get(http, gigapay, "payruns/", page_size=4, page=2)

    assert first["count"] == 6
    assert [p["id"] for p in first["results"] + last["results"]] == [str(n) for n in range(2859266, 2859272)]
    assert first["next"] == f"{gigapay.base_url}payruns/?page=2"
    assert last["next"] is None


async def test_a_page_past_the_end_is_not_found(gigapay, http):
    assert await get(http, gigapay, "payruns/", page=2) == (404, {"detail": "Invalid page."})


async def test_timestamps_with_one_digit_hours_are_filtered_like_others(started, http):
    gigapay = await started(Gigapay, examples=True)

    _, before = await get(http, gigapay, "payruns/", paid_at_before="2019-05-25T09:02:17Z")
    _, after = await get(http, gigapay, "payruns/", paid_at_after="2019-05-25T09:02:17Z")

    assert [p["id"] for p in before["results"]] == ["2859272"]
    assert [p["id"] for p in after["results"]] == ["2859273"]


@pytest.mark.parametrize(
    ("path", "location"),
    [
        pytest.param("payruns?open=true", "/v2/payruns/?open=true", id="a slash missing"),
        pytest.param("payruns//", "/v2/payruns/", id="a slash too many"),
    ],
)
async def test_a_wrong_slash_is_redirected(gigapay, http, path, location):
    async with http.get(gigapay.root_url + "/v2/" + path, headers=KEY, allow_redirects=False) as reply:
        assert (reply.status, reply.headers["Location"]) == (307, location)


@pytest.mark.parametrize("missing", ["Authorization", "Integration-ID"])
async def test_without_a_key_nobody_comes_in(gigapay, http, missing):
    headers = {name: value for name, value in KEY.items() if name != missing}

    async with http.get(gigapay.base_url + "payruns/", headers=headers) as reply:
        assert reply.status == 401


async def test_payouts_join_the_open_payrun_and_make_its_price(gigapay, http):
    one = gigapay.add_payout("1041", "1000.00")
    two = gigapay.add_payout("1044", "500.05")

    _, payrun = await get(http, gigapay, "payruns/2859272/", expand="invoice")
    _, payouts = await get(http, gigapay, "payouts/", payrun="2859272", expand="employee")

    assert one["payrun"] == two["payrun"] == "2859272"
    assert (one["cost"], two["cost"]) == ("1314.20", "657.17")
    assert (payrun["price"], payrun["open"], payrun["latest_status"]) == ("1971.37", True, "open")
    assert payrun["invoice"]["total"] == "2566.86"
    assert [p["employee"]["id"] for p in payouts["results"]] == ["1041", "1044"]


async def test_closing_tells_the_payees_and_issues_the_invoice(gigapay, http):
    gigapay.add_payout("1041", "1000.00")

    assert await close(http, gigapay, "2859272") == (200, "")

    _, payrun = await get(http, gigapay, "payruns/2859272/", expand="invoice")
    _, payouts = await get(http, gigapay, "payouts/")
    assert (payrun["open"], payrun["latest_status"]) == (False, "invoiced")
    assert payrun["invoice"]["due_date"] == "2026-11-25"
    assert payouts["results"][0]["notified_at"] == "2026-11-11T07:00:00.000000Z"


async def test_a_second_close_is_refused_and_has_no_effect(gigapay, http):
    gigapay.add_payout("1041", "1000.00")
    await close(http, gigapay, "2859272")

    status, text = await close(http, gigapay, "2859272")

    assert (status, json.loads(text)) == (409, {"detail": "The payrun is already closed."})
    assert [
        (e["target"], e["reply"], e["effect"]) for e in gigapay.ledger.entries if e["call"] == "close"
    ] == [
        ("2859272", "200", True),
        ("2859272", "409", False),
    ]


async def test_a_payrun_closes_by_itself_at_the_earlier_end_of_its_term(gigapay, clock, http):
    gigapay.add_payout("1041", "1000.00")
    gigapay.set_payment_term(batching_duration=86400)

    clock.go(seconds=86399)
    _, before = await get(http, gigapay, "payruns/2859272/")
    clock.go(seconds=1)
    _, after = await get(http, gigapay, "payruns/2859272/")

    assert (before["open"], after["open"]) == (True, False)
    [entry] = gigapay.ledger.effects("auto_close")
    assert (entry["by"], entry["target"]) == ("vendor", "2859272")


async def test_a_weekly_interval_ends_on_monday_in_stockholm(gigapay):
    payrun = gigapay.add_payout("1041", "1000.00")["payrun"]

    assert gigapay.closes_at(payrun).isoformat() == "2026-11-15T23:00:00+00:00"


async def test_a_repeated_idempotency_key_makes_one_payout_for_a_day(gigapay, clock, http):
    gigapay.state.add_employee("1847", "Albin Lindskog", clock.now())
    asked = {"currency": "SEK", "description": "Work", "employee": 1847, "invoiced_amount": "1000.00"}
    headers = {**KEY, "Idempotency-Key": "one"}
    replies = []

    for hours in (0, 24, 0.01):
        clock.go(hours=hours)
        async with http.post(gigapay.base_url + "payouts/", json=asked, headers=headers) as reply:
            replies.append((await reply.json())["id"])

    assert replies[0] == replies[1] != replies[2]
    assert len(gigapay.state.payouts) == 2


async def test_what_is_wrong_with_a_payout_is_said_by_field(gigapay, http):
    async with http.post(gigapay.base_url + "payouts/", json={"employee": "9"}, headers=KEY) as reply:
        assert reply.status == 400
        assert sorted(await reply.json()) == ["currency", "description", "employee", "non_field_errors"]


async def test_a_new_id_changes_the_address_and_keeps_the_payouts(gigapay, http):
    gigapay.add_payout("1041", "1000.00")
    change = {"id": "846271", "metadata": {"original_id": "2859272"}}

    async with http.patch(gigapay.base_url + "payruns/2859272/", json=change, headers=KEY) as reply:
        assert (await reply.json())["metadata"] == {"original_id": "2859272"}

    assert (await get(http, gigapay, "payruns/2859272/"))[0] == 404
    assert (await get(http, gigapay, "payouts/", payrun="846271"))[1]["count"] == 1


@pytest.mark.parametrize(
    ("credit", "status"),
    [pytest.param(True, 409, id="on credit"), pytest.param(False, 204, id="without credit")],
)
async def test_a_closed_payrun_is_deleted_only_without_credit(gigapay, http, credit, status):
    term = {"currency": "SEK", "credit_limit": "50000.00", "credit_used": "0.00"}
    gigapay.set_payment_term(credit_terms=[term] if credit else [])
    gigapay.add_payout("1041", "1000.00")
    await close(http, gigapay, "2859272")

    async with http.delete(gigapay.base_url + "payruns/2859272/", headers=KEY) as reply:
        assert reply.status == status


async def test_credit_used_grows_by_what_is_invoiced(gigapay, http):
    term = {"currency": "SEK", "credit_limit": "50000.00", "credit_used": "12345.67"}
    gigapay.set_payment_term(credit_terms=[term])
    gigapay.add_payout("1041", "1000.00")
    await close(http, gigapay, "2859272")

    _, shown = await get(http, gigapay, "payment_term/")

    assert shown["credit_terms"][0]["credit_used"] == "14056.85"


def test_the_signature_is_the_one_openssl_makes():
    body = b'{"id":"2859272","latest_status":"paid"}'

    value = sign("c1329a085d65f7757838df5920fdcc9a", 1583327301, body)

    assert value == "t=1583327301,v1=706f2a8b42dbecfbb9da5dc5c4b91bf744a6dd354f27edc50d7a976555da84c2"


async def test_an_event_is_the_bare_object_signed(gigapay, clock, http, receiver):
    asked = {"url": f"{receiver.url}/Payrun.paid", "events": ["Payrun.paid"], "secret_key": "s3cret"}
    async with http.post(gigapay.base_url + "webhooks/", json=asked, headers=KEY) as reply:
        assert reply.status == 201
    gigapay.add_payout("1041", "1000.00")
    await close(http, gigapay, "2859272")

    gigapay.pay("2859272")
    await gigapay.deliveries.settle()

    [(path, headers, body)] = receiver.got
    assert path == "/Payrun.paid"
    assert headers["Gigapay-Signature"] == sign("s3cret", int(clock.now().timestamp()), body)
    assert json.loads(body)["paid_at"] == "2026-11-11T7:00:00.0000005Z"


async def test_an_unknown_event_is_refused(gigapay, http):
    asked = {"url": "http://127.0.0.1:9/", "events": ["payrun.created"]}

    async with http.post(gigapay.base_url + "webhooks/", json=asked, headers=KEY) as reply:
        assert (reply.status, list(await reply.json())) == (400, ["events"])


async def test_replacing_a_webhook_without_a_key_makes_a_new_one(gigapay, http):
    asked = {"id": "481272", "url": "http://127.0.0.1:9/", "events": ["Payrun.paid"], "secret_key": "old"}
    async with http.post(gigapay.base_url + "webhooks/", json=asked, headers=KEY) as reply:
        assert (await reply.json())["secret_key"] == "old"

    replaced = {"url": "http://127.0.0.1:9/", "events": ["Payrun.created"]}
    async with http.put(gigapay.base_url + "webhooks/481272/", json=replaced, headers=KEY) as reply:
        shown = await reply.json()

    assert (shown["id"], shown["events"], len(shown["secret_key"])) == ("481272", ["Payrun.created"], 32)


async def test_earlier_payruns_are_paid_and_cost_what_their_payouts_cost(gigapay):
    ids = gigapay.seed_history(date(2026, 10, 2))

    prices = [gigapay.state.payruns[i]["price"] for i in ids]
    assert prices == ["18083.40", "19259.61", "19739.29", "18911.34", "19358.17", "19588.15"]
    assert sum(Decimal(p["amount"]) for p in gigapay.state.payouts_of(ids[0])) == Decimal("13760.00")
    assert {gigapay.state.payruns[i]["latest_status"] for i in ids} == {"paid"}
    assert gigapay.add_payout("1041", "10")["payrun"] == "2859272"


async def subscribed(http, vendor, receiver, *events):
    for event in events:
        asked = {"url": f"{receiver.url}/{event}", "events": [event], "secret_key": "s3cret"}
        async with http.post(vendor.base_url + "webhooks/", json=asked, headers=KEY) as reply:
            yield reply.status


@pytest.mark.parametrize(
    ("anew", "times"),
    [pytest.param(True, 2, id="signed anew"), pytest.param(False, 1, id="the first one repeated")],
)
async def test_a_repeated_notification_is_signed_as_the_switch_says(
    gigapay, clock, http, receiver, anew, times
):
    gigapay.signs_anew = anew
    assert [status async for status in subscribed(http, gigapay, receiver, "Payrun.created")] == [201]
    receiver.answers = [503]

    gigapay.add_payout("1041", "1000.00")
    await receiver.came.wait()
    clock.go(seconds=1)
    await gigapay.deliveries.settle()

    assert len(receiver.got) == 2
    assert len({headers["Gigapay-Signature"] for _, headers, _ in receiver.got}) == times


@pytest.mark.parametrize(("live", "status"), [(False, 400), (True, 201)])
async def test_the_events_of_a_draft_are_taken_only_where_they_are_live(
    gigapay, http, receiver, live, status
):
    gigapay.tells_status = live
    events = ("Payrun.status", "Payout.status", "Employee.status")
    assert [one async for one in subscribed(http, gigapay, receiver, *events)] == [status] * 3

    gigapay.add_payout("1041", "1000.00")
    await close(http, gigapay, "2859272")
    gigapay.pay("2859272")
    await gigapay.deliveries.settle()

    told = [(path, json.loads(body)["latest_status"]) for path, _, body in receiver.got]
    assert sorted(told) == (
        [
            ("/Payout.status", "available"),
            ("/Payout.status", "notification_sent"),
            ("/Payrun.status", "invoiced"),
            ("/Payrun.status", "paid"),
        ]
        if live
        else []
    )


async def test_a_secret_can_be_hidden_once_it_was_given(gigapay, http):
    gigapay.hides_secrets = True
    asked = {"id": "w1", "url": "http://127.0.0.1:9/", "events": ["Payrun.paid"]}
    async with http.post(gigapay.base_url + "webhooks/", json=asked, headers=KEY) as reply:
        assert len((await reply.json())["secret_key"]) == 32

    assert (await get(http, gigapay, "webhooks/w1/"))[1]["secret_key"] is None
    assert (await get(http, gigapay, "webhooks/"))[1]["results"][0]["secret_key"] is None


async def test_a_key_may_be_limited_to_addresses(gigapay, http):
    gigapay.allowed = frozenset({"192.0.2.1"})
    refused, _ = await get(http, gigapay, "payruns/")
    gigapay.allowed = frozenset({"127.0.0.1"})

    assert (refused, (await get(http, gigapay, "payruns/"))[0]) == (403, 200)


async def test_a_payee_who_finishes_onboarding_frees_what_waited(gigapay, http, receiver):
    assert [one async for one in subscribed(http, gigapay, receiver, "Employee.verified")] == [201]
    waiting = gigapay.add_payout("1041", "1000.00", latest_status="onboarding_incomplete")

    gigapay.verify("1041")
    await gigapay.deliveries.settle()

    assert gigapay.state.payouts[waiting["id"]]["latest_status"] == "created"
    assert [json.loads(body)["id"] for _, _, body in receiver.got] == ["1041"]


async def test_a_closed_payrun_takes_no_payouts_and_the_next_one_opens(gigapay, http):
    first = gigapay.add_payout("1041", "1000.00")["payrun"]
    await close(http, gigapay, first)

    second = gigapay.add_payout("1041", "500.00")["payrun"]

    assert (first, second) == ("2859272", "2859273")
    assert [p["amount"] for p in gigapay.state.payouts_of(first)] == ["1000.00"]


async def test_a_paid_payrun_is_not_deleted(gigapay, http):
    gigapay.add_payout("1041", "1000.00")
    await close(http, gigapay, "2859272")
    gigapay.pay("2859272")

    async with http.delete(gigapay.base_url + "payruns/2859272/", headers=KEY) as reply:
        assert reply.status == 409
