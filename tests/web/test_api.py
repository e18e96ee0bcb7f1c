"""The JSON API: who may, what bodies it takes, and that it says what the pages say."""

import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import update

from bot.engine import versions
from bot.store import health
from bot.store.tables import rule_version, sign_off, token

from .stand import APPROVER, LOOPBACK, OPERATOR, PROPOSER, RUN, Browser, Stand

DEEDS = [
    "/approvals/x",
    f"/payruns/gigapay-se/{RUN}/hold",
    f"/payruns/gigapay-se/{RUN}/release",
    f"/payruns/gigapay-se/{RUN}/settle",
    "/pause",
    "/resume",
    "/mute",
    "/unmute",
    "/rules/propose",
    "/rules/gigapay-weekly-close/sign-off",
    "/tokens",
    "/replay",
    "/forget",
    "/connections/gigapay-se/remove",
]
READS = ["/payruns", f"/payruns/gigapay-se/{RUN}/why", "/approvals", "/rules"]


async def get(site: Stand, path: str, person: str = APPROVER):
    async with site.client() as client:
        reply = await client.get(f"/api{path}", headers=site.bearer(person))
        return reply.status, await reply.json(content_type=None)


async def post(site: Stand, path: str, body: object = None, person: str = APPROVER, **headers: str):
    async with site.client() as client:
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        sent_as = {"Content-Type": "application/json"}
        reply = await client.post(
            f"/api{path}", data=data, headers={**site.bearer(person), **sent_as, **headers}
        )
        return reply.status, await reply.json(content_type=None)


@pytest.mark.parametrize("path", [*DEEDS, *READS])
@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer prb_wrong", "Basic cHJiOnBy"])
async def test_without_a_valid_token_the_answer_is_401_and_a_problem(site: Stand, path, authorization):
    headers = {} if authorization is None else {"Authorization": authorization}
    async with site.client() as client:
        for method in ("GET",) if path in READS else ("POST",):
            reply = await client.request(method, f"/api{path}", headers=headers)

            assert (reply.status, reply.content_type) == (401, "application/problem+json")
            assert reply.headers["WWW-Authenticate"].startswith("Bearer")


async def test_a_cookie_is_no_token(site: Stand, approver: Browser):
    for path in READS:
        assert (await approver.get(f"/api{path}")).status == 401
    for path in DEEDS:
        assert (await approver.client.post(f"/api{path}", json={})).status == 401


async def test_an_expired_token_is_none(site: Stand):
    site.clock.at += site.bot.settings.timing.token

    assert (await get(site, "/payruns"))[0] == 401


async def test_pay_runs_are_told_as_the_console_shows_them(site: Stand, approver: Browser):
    status, told = await get(site, "/payruns")
    page = await approver.page("/payruns")

    assert status == 200
    (one,) = [row for row in told["payruns"] if row["vendor_id"] == RUN]
    assert one == {
        "ref": f"gigapay-se/{RUN}",
        "vendor": "gigapay",
        "vendor_id": RUN,
        "status": "open",
        "vendor_status": "open",
        "is_open": True,
        "period_start_on": None,
        "period_end_on": None,
        "pay_on": "2026-11-26",
        "pay_on_is_ours": True,
        "cost": {"amount": "27000.00", "currency": "SEK"},
        "net_pay": {"amount": "21000.25", "currency": "SEK"},
        "lines": 2,
        "next_deadline": {"name": "approval deadline", "at": "2026-11-23T11:00:00+00:00"},
        "observed_at": "2026-11-20T14:05:00+00:00",
        "unknown": [],
    }
    assert re.findall(r'href="/payruns/([^"]+)"', page) == [row["ref"] for row in told["payruns"]]
    assert "21\u00a0000.25\u00a0SEK" in page


async def test_pay_runs_of_one_connection_and_of_none_that_is_there(site: Stand):
    assert len((await get(site, "/payruns?connection=gigapay-se"))[1]["payruns"]) == 2
    assert (await get(site, "/payruns?connection=xero-uk"))[1]["payruns"] == []
    assert (await get(site, "/payruns?connection=nobody"))[0] == 404


async def test_why_answers_line_by_line(site: Stand):
    _, told = await get(site, f"/payruns/gigapay-se/{RUN}/why")

    (rule,) = told["rules"]
    assert (rule["rule"], rule["answer"], rule["verdict"]) == ("gigapay-weekly-close", "yes", "ask")
    assert rule["lines"][1] == {"answer": "yes", "says": "payouts is at least 1", "saw": "2", "until": None}


async def test_why_of_an_escaped_id_and_of_one_that_is_not_there(site: Stand):
    assert (await get(site, "/payruns/gigapay-se/week%2047%2FB%20%26%20%C3%B6/why"))[0] == 200
    assert (await get(site, "/payruns/gigapay-se/nothing/why"))[0] == 404


async def test_what_waits_is_listed_with_what_must_be_looked_at(site: Stand):
    _, told = await get(site, "/approvals")

    (one,) = told["approvals"]
    assert (one["question"], one["ref"], one["is_yours"]) == (
        f"Close Gigapay payrun {RUN}",
        f"gigapay-se/{RUN}",
        True,
    )
    assert [check["check"] for check in one["checks"]] == ["first-time-payees"]
    assert (await get(site, "/approvals", PROPOSER))[1]["approvals"][0]["is_yours"] is False
    assert (await get(site, "/approvals?state=rejected"))[1]["approvals"] == []
    assert (await get(site, "/approvals?state=maybe"))[0] == 422


async def test_a_yes_is_the_same_yes_as_on_the_page(site: Stand):
    asked = await site.asked()
    status, told = await post(site, f"/approvals/{asked.id}", {"answer": "approve", "checks": "all"})

    assert (status, told["said"]) == (
        200,
        "You approved it. payrunbot reads it again and does it if nothing has changed.",
    )
    (answer,) = (await site.asked()).answers
    assert (answer.person, answer.answer, answer.channel) == (APPROVER, "approve", "api")


async def test_a_yes_without_its_checks_is_none_and_names_them(site: Stand):
    asked = await site.asked()
    status, told = await post(site, f"/approvals/{asked.id}", {"answer": "approve"})

    assert (status, "first-time-payees" in told["detail"]) == (422, True)
    assert (await site.asked()).answers == ()


async def test_a_no_needs_its_reason(site: Stand):
    asked = await site.asked()

    assert (await post(site, f"/approvals/{asked.id}", {"answer": "reject"}))[0] == 422
    assert (await post(site, f"/approvals/{asked.id}", {"answer": "reject", "comment": "late"}))[0] == 200
    assert (await site.asked()).why == "finance-1 rejected it: late"
    assert (await post(site, f"/approvals/{asked.id}", {"answer": "reject", "comment": "late"}))[0] == 409
    assert (await post(site, "/approvals/nothing", {"answer": "reject", "comment": "x"}))[0] == 409


async def test_a_hold_is_set_and_ended(site: Stand):
    path = f"/payruns/gigapay-se/{RUN}"

    assert (await post(site, f"{path}/hold", {"reason": "x", "until": "2026-11-23T12:00+01:00"}))[0] == 200
    assert (await post(site, f"{path}/release", {}))[0] == 200
    assert await post(site, f"{path}/release") == (
        409,
        {
            "type": f"{LOOPBACK}/api/openapi.json#/components/responses/NothingToDecide",
            "title": "Nothing was decided",
            "status": 409,
            "detail": "Nobody holds it.",
            "instance": f"/api{path}/release#{_last(site)}",
            "correlation": _last(site),
        },
    )


def _last(site: Stand) -> str:
    return str(site.log.entries[-1]["correlation"])


async def test_pause_and_resume(site: Stand):
    body = {"scope": "gigapay-se", "reason": "bank change", "until": "2026-11-21T00:00Z"}

    assert (await post(site, "/pause", body, OPERATOR))[0] == 200
    assert (await post(site, "/pause", {"scope": "nobody", "reason": "x"}))[0] == 409
    async with site.client() as client:
        ready = await (await client.get("/readyz")).json()
    assert (ready["ready"], ready["troubles"], ready["paused"]) == (True, ["paused"], ["gigapay-se"])
    assert (await post(site, "/resume", {"scope": "gigapay-se"}))[0] == 200
    assert (await post(site, "/resume", {"scope": "gigapay-se"}))[0] == 409


async def test_a_connection_that_rests_is_named_and_leaves_the_service_ready(site: Stand):
    async with site.bot.db.write() as tx:
        until = site.bot.now() + timedelta(minutes=1)
        await health.set_health(tx, "xero-uk", failing_since=site.bot.now(), rest_until=until, rests=1)
    async with site.client() as client:
        ready = await (await client.get("/readyz")).json()

    assert (ready["ready"], ready["vendors_resting"], ready["vendors_failing"]) == (
        True,
        ["xero-uk"],
        ["xero-uk"],
    )


WRONG = [
    pytest.param("/pause", {"scope": "*", "reason": "x", "more": 1}, "more", id="a field too many"),
    pytest.param("/pause", {"scope": "*"}, "reason", id="a field missing"),
    pytest.param("/pause", {"scope": "*", "reason": "  "}, "reason", id="an empty reason"),
    pytest.param("/pause", {"scope": "*", "reason": "x" * 2001}, "reason", id="a long reason"),
    pytest.param("/pause", {"scope": "*", "reason": "x", "until": "2026-11-21T00:00"}, "until", id="no zone"),
    pytest.param(
        f"/payruns/gigapay-se/{RUN}/settle", {"what": "maybe", "comment": "x"}, "what", id="an unknown word"
    ),
    pytest.param("/approvals/x", {"answer": "yes"}, "answer", id="an unknown answer"),
    pytest.param("/tokens", {"lasts": "7y"}, "lasts", id="an option that is not there"),
    pytest.param("/pause", b"{", "the body", id="half a JSON"),
    pytest.param("/pause", b"\xff\xfe", "the body", id="no text"),
    pytest.param("/pause", b"[" * 10_000, "the body", id="too deep"),
    pytest.param("/pause", [], "the body", id="a list"),
]


@pytest.mark.parametrize(("path", "body", "names"), WRONG)
async def test_a_wrong_body_is_answered_with_the_field_and_never_its_value(site: Stand, path, body, names):
    status, told = await post(site, path, body)

    assert status == 422
    assert told["detail"].startswith(f"{names}: ")


async def test_a_value_that_is_refused_is_not_repeated(site: Stand):
    _, told = await post(site, "/pause", {"scope": "*", "reason": "x", "canary": "canary-value"})

    assert "canary-value" not in json.dumps(told)
    assert "canary" not in str(site.log.entries)


async def test_a_large_body_and_a_compressed_one_are_refused(site: Stand):
    assert (await post(site, "/pause", b" " * (64 * 1024 + 1)))[0] == 413
    assert (await post(site, "/pause", {}, **{"Content-Encoding": "gzip"}))[0] == 415


async def test_an_address_that_is_none_is_a_problem_too(site: Stand):
    assert (await get(site, "/nothing"))[0] == 404
    assert (await post(site, "/payruns", {}))[0] == 405


async def _unsigned(site: Stand) -> None:
    """The running version's proposer and signature are gone, as for a file that was just changed."""
    async with site.bot.db.write() as tx:
        await tx.execute(sign_off.delete())
        await tx.execute(update(rule_version).values(proposed_by=None))


async def test_rules_are_proposed_by_one_and_signed_by_another(site: Stand):
    await _unsigned(site)
    _, before = await get(site, "/rules")
    proposed = await post(site, "/rules/propose", {}, OPERATOR)
    _, waiting = await get(site, "/rules")
    other = await post(site, "/rules/gigapay-weekly-close/sign-off", {"version": 2})
    signed = await post(site, "/rules/gigapay-weekly-close/sign-off", {"version": 1})
    again = await post(site, "/rules/gigapay-weekly-close/sign-off", {})

    assert before["rules"][0]["who"] == "Nobody is named as its author, so two people sign."
    assert proposed == (
        200,
        {"said": "You proposed gigapay-weekly-close.", "rules": ["gigapay-weekly-close"]},
    )
    assert waiting["rules"][0]["who"] == "payroll-1 proposed it, so one other person signs."
    assert waiting["rules"][0]["waiting"]["version"] == 1
    assert (other[0], other[1]["detail"]) == (
        403,
        "You read version 2, and the file has version 1 now.",
    )
    assert signed == (200, {"said": "Signed. It runs from now on."})
    assert (again[0], again[1]["detail"]) == (403, "gigapay-weekly-close is signed off already.")
    assert len(site.reloads) == 2


async def test_what_is_wrong_with_a_rule_is_said_only_to_whoever_signs(site: Stand, approver: Browser):
    site.bot.wrong = {"gigapay-weekly-close": ("It and another both close it.",)}
    here, told = "/rules/gigapay-weekly-close", []
    for prepare in (_as_it_is, _unsigned):
        await prepare(site)
        (rule,) = (await get(site, "/rules"))[1]["rules"]
        told.append((rule["wrong"], "It and another both close it." in await approver.page(here)))

    assert told == [([], False), (["It and another both close it."], True)]


async def _as_it_is(_: Stand) -> None:
    """Signed, and nothing waits."""


async def test_a_rule_is_signed_on_its_page_once_it_was_read(site: Stand, approver: Browser):
    await _unsigned(site)
    (operator,) = [one for one in site.bot.settings.people if one.id == OPERATOR]
    await versions.propose(site.bot, operator)
    here, form = "/rules/gigapay-weekly-close", "/rules/gigapay-weekly-close/1/sign-off"
    unread = await approver.submit(here, form, answer="sign")
    read = await approver.submit(here, form, answer="sign", seen="yes")

    assert (unread.status, read.status, read.headers["Location"]) == (422, 303, here)
    assert [row.person for row in await site.stored(sign_off)] == [APPROVER]


async def test_a_token_is_issued_to_oneself_and_works(site: Stand):
    status, told = await post(site, "/tokens", {"person": OPERATOR}, OPERATOR)

    assert (status, told["token"].startswith("prb_")) == (200, True)
    async with site.client() as client:
        reply = await client.get("/api/payruns", headers={"Authorization": f"Bearer {told['token']}"})
        assert reply.status == 200
    ends = site.clock.at + timedelta(days=90)
    assert told["expires_at"] == ends.isoformat()
    assert told["token"] not in str(await site.stored(token)) + str(site.log.entries)


async def test_a_token_is_issued_to_nobody_else(site: Stand):
    before = {row.hash for row in await site.stored(token)}

    assert (await post(site, "/tokens", {"person": APPROVER}, OPERATOR))[0] == 403
    assert {row.hash for row in await site.stored(token)} == before
