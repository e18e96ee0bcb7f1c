"""What the API shows of what pages show: each with the values that the page has."""

from typing import Any

import pytest

from bot.engine.may import Deed
from bot.web.operations import OPERATIONS

from .stand import APPROVER, OPERATOR, PROPOSER, RUN, VIEWER, Browser, Stand


async def get(site: Stand, path: str, person: str = APPROVER) -> Any:
    async with site.client() as client:
        reply = await client.get(f"/api{path}", headers=site.bearer(person))
        assert reply.status == 200, (await reply.text(), site.log.entries[-3:])
        return await reply.json()


@pytest.mark.parametrize("person", [VIEWER, OPERATOR, APPROVER])
async def test_who_one_is_and_what_one_may(site: Stand, person: str):
    told = await get(site, "/me", person)

    viewers = {Deed.ISSUE}
    approvers = {one for one in Deed if one.value in told["may"]}
    assert told["person"] == person
    assert viewers <= approvers
    assert (Deed.HOLD in approvers, Deed.APPROVE in approvers) == (person != VIEWER, person == APPROVER)


async def test_today_says_what_its_page_says(site: Stand, approver: Browser):
    told, page = await get(site, "/today"), await approver.page("/")

    (need,) = told["needs"]
    assert need["title"] == f"Approve: close Gigapay payrun {RUN}"
    assert need["amount"] == {"amount": "21000.25", "currency": "SEK"}
    assert need["title"] in page
    assert [one["what"] for one in told["deadlines"]] and told["troubles"] == []


async def test_one_pay_run_has_its_past_and_what_one_may_do(site: Stand):
    told = await get(site, f"/payruns/gigapay-se/{RUN}")
    viewer = await get(site, f"/payruns/gigapay-se/{RUN}", VIEWER)
    listed = [one for one in (await get(site, "/payruns"))["payruns"] if one["vendor_id"] == RUN]

    assert {name: told[name] for name in listed[0]} == listed[0]
    assert (told["state"], viewer["state"]) == ("needs you", "waits for an answer")
    assert (told["may"], viewer["may"]) == (["hold"], [])
    assert told["timeline"][0]["what"] == "First seen"
    assert [one["is_yours"] for one in told["approvals"]] == [True]
    assert {one["payee"] for one in told["changed"]} == {"1078", "1080"}
    assert told["facts"]["payouts"] == "2"
    assert told["mails"][0]["recipient"].endswith("@example.com")


async def test_a_question_is_told_as_it_was_shown_and_why_one_may_not(site: Stand):
    asked = await site.asked()
    told = await get(site, f"/approvals/{asked.id}")
    proposer = await get(site, f"/approvals/{asked.id}", PROPOSER)

    assert told["asked"]["title"] == f"Gigapay payrun {RUN}"
    assert (told["may_not"], told["answers"], told["closed"]) == ("", [], "")
    assert proposer["may_not"] == (
        "You proposed this version of the rule, so somebody else approves what it does."
    )


async def test_a_rule_is_told_with_its_text_and_its_answers(site: Stand):
    told = await get(site, "/rules/gigapay-weekly-close")
    (listed,) = (await get(site, "/rules"))["rules"]

    assert {name: told[name] for name in listed} == listed
    assert told["text"].startswith("id: gigapay-weekly-close")
    assert {"ref": f"gigapay-se/{RUN}", "answer": "yes"} in [
        {"ref": one["ref"], "answer": one["answer"]} for one in told["answers"]
    ]


async def test_connections_are_told_with_their_pauses_and_the_calls_that_are_left(site: Stand):
    async with site.client() as client:
        body = {"scope": "xero-uk", "reason": "bank change"}
        await client.post("/api/pause", json=body, headers=site.bearer(OPERATOR))
    told = await get(site, "/connections", VIEWER)

    known = {one["id"]: one for one in told["connections"]}
    assert (told["paused"], known["gigapay-se"]["paused"]) == (None, None)
    assert known["xero-uk"]["paused"]["why"] == "bank change"
    assert {one["window"]: one["effects"] for one in known["gigapay-se"]["calls_left"]} == {
        "minute": 600,
        "day": 20_000,
    }


async def test_a_mail_is_told_with_what_it_said(site: Stand):
    listed = await get(site, "/mails")
    told = await get(site, f"/mails/{listed['mails'][0]['id']}")

    assert {name: told[name] for name in listed["mails"][0]} == listed["mails"][0]
    assert told["text"] and "<html" in told["html"]
    assert listed["older"] is None


async def test_the_record_is_told_newest_first(site: Stand):
    told = await get(site, "/audit")

    seqs = [one["seq"] for one in told["lines"]]
    assert seqs == sorted(seqs, reverse=True)
    assert "asked" in {one["what"] for one in told["lines"]}


async def test_what_is_not_there_is_no_fault_of_ours(site: Stand):
    async with site.client() as client:
        for one in OPERATIONS:
            if one.method == "GET" and one.places:
                path = one.address.replace("{", "").replace("}", "")
                reply = await client.get(path, headers=site.bearer(VIEWER))

                assert reply.status in (404, 422), one.id
