import json
from base64 import urlsafe_b64encode
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from yarl import URL

from bot.sandbox import Roubler

ONE = """query PayRun($id: ID!) {
  payRun(id: $id) { id status processedAt errors { message employee { id fullName } } } }"""
PROCESS = """mutation ProcessPayrun($id: ID!, $input: ProcessPayRunInput!) {
  processPayRun(id: $id, input: $input) { id status } }"""
VERIFIER = "v" * 43
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
CLIENT = {"client_id": "id", "client_secret": "secret"}


@pytest.fixture
async def roubler(started):
    vendor = await started(Roubler)
    vendor.allow_refresh_token("seed")
    return vendor


async def refreshed(http, vendor, refresh_token):
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token, **CLIENT}
    async with http.post(vendor.token_url, data=form) as reply:
        return reply.status, await reply.json()


@pytest.fixture
async def ask(http, roubler):
    _, given = await refreshed(http, roubler, "seed")
    headers = {"Authorization": f"Bearer {given['access_token']}", "X-Company-ID": "999"}

    async def query(text, **variables):
        asked = {"query": text, "variables": variables}
        async with http.post(roubler.base_url, json=asked, headers=headers) as reply:
            return reply.status, await reply.json()

    return query


async def test_the_documents_run_is_served_in_whole_numbers(started, http):
    roubler = await started(Roubler, examples=True)
    _, given = await refreshed(http, roubler, "anything")
    headers = {"Authorization": f"Bearer {given['access_token']}", "X-Company-ID": "999"}
    query = (
        "{ payRun(id: 38) { name finalisedAt payItems { unitAmount quantity amount } timesheets { hours } } }"
    )

    async with http.post(roubler.base_url, json={"query": query}, headers=headers) as reply:
        text = await reply.text()

    assert '"unitAmount": 14423, "quantity": 33, "amount": 475959' in text
    assert '"name": "May 2024 - Fortnight 2", "finalisedAt": "2024-06-06T05:00:17.747Z"' in text
    assert '"timesheets": [{"hours": 4}, {"hours": 7}]' in text


async def test_errors_of_a_run_are_no_errors_of_the_query(roubler, ask):
    run = roubler.add_run(date(2026, 11, 2), date(2026, 11, 15))
    roubler.set_errors(run, [("Pay rate missing for Ordinary", "72944")])

    status, shown = await ask(ONE, id=run)

    assert status == 200 and "errors" not in shown
    assert shown["data"]["payRun"]["errors"] == [
        {"message": "Pay rate missing for Ordinary", "employee": {"id": "72944", "fullName": "Mia Karlsen"}}
    ]


@pytest.mark.parametrize(
    "text", [pytest.param(ONE, id="no such run"), pytest.param("{ payRuns { total } }", id="no such field")]
)
async def test_what_cannot_be_answered_is_an_error_of_the_query(ask, text):
    status, shown = await ask(text, id="7")

    assert (status, len(shown["errors"])) == (200, 1)


async def test_a_run_is_processed_once_at_the_time_that_was_given(roubler, ask):
    run = roubler.add_run(date(2026, 11, 2), date(2026, 11, 15))
    asked = {"id": run, "input": {"processedAt": "2026-11-18T20:00:00Z"}}

    _, first = await ask(PROCESS, **asked)
    _, second = await ask(PROCESS, **asked)

    assert first["data"]["processPayRun"] == {"id": "38", "status": "Processed"}
    assert second["errors"][0]["message"] == "PayRun 38 is Processed, not Finalised"
    assert (await ask(ONE, id=run))[1]["data"]["payRun"]["processedAt"] == "2026-11-18T20:00:00Z"
    calls = [(e["target"], e["effect"]) for e in roubler.ledger.entries if e["call"] == "process_pay_run"]
    assert calls == [("38", True), ("38", False)]


async def test_a_processed_run_is_not_deleted(roubler, ask):
    done = roubler.add_run(date(2026, 11, 2), date(2026, 11, 15))
    roubler.process(done, "2026-11-18T20:00:00Z")
    waiting = roubler.add_run(date(2026, 11, 16), date(2026, 11, 29))
    delete = "mutation DeletePayrun($id: ID!) { deletePayRun(id: $id) }"

    assert (await ask(delete, id=done))[1]["data"] is None
    assert (await ask(delete, id=waiting))[1] == {"data": {"deletePayRun": True}}
    assert list(roubler.state.runs) == [done]


@pytest.mark.parametrize(
    ("headers", "status"),
    [pytest.param({"X-Company-ID": "999"}, 401, id="no token"), pytest.param({}, 401, id="nothing")],
)
async def test_without_a_token_nobody_comes_in(roubler, http, headers, status):
    async with http.post(roubler.base_url, json={"query": "{ payRuns { id } }"}, headers=headers) as reply:
        assert (reply.status, (await reply.json())["errors"]) == (
            status,
            [{"message": "authentication error"}],
        )


async def test_a_company_is_required(roubler, http):
    _, given = await refreshed(http, roubler, "seed")
    headers = {"Authorization": f"Bearer {given['access_token']}"}

    async with http.post(roubler.base_url, json={"query": "{ payRuns { id } }"}, headers=headers) as reply:
        assert reply.status == 400


async def test_a_refresh_token_is_taken_once_more_and_then_refused(roubler, http):
    answers = [(await refreshed(http, roubler, "seed"))[0] for _ in range(3)]

    assert answers == [200, 200, 400]


async def test_a_used_refresh_token_is_refused_after_a_minute(roubler, clock, http):
    _, given = await refreshed(http, roubler, "seed")
    clock.go(seconds=61)

    assert await refreshed(http, roubler, "seed") == (400, {"error": "invalid_grant"})
    assert (await refreshed(http, roubler, given["refresh_token"]))[0] == 200


async def test_a_code_is_exchanged_once(roubler, http):
    query = {
        "response_type": "code",
        "client_id": "id",
        "redirect_uri": "http://127.0.0.1/login",
        "state": "s",
    }
    async with http.get(f"{roubler.root_url}/oauth2/auth", params=query, allow_redirects=False) as reply:
        back = URL(reply.headers["Location"])
    form = {
        "grant_type": "authorization_code",
        "code": back.query["code"],
        "redirect_uri": "http://127.0.0.1/login",
        **CLIENT,
    }
    answers = []
    for _ in range(2):
        async with http.post(roubler.token_url, data=form) as reply:
            answers.append(reply.status)

    assert (back.path, back.query["state"]) == ("/login", "s")
    assert answers == [200, 400]


async def test_faults_know_a_query_by_its_first_field(roubler, ask):
    roubler.faults.add("status", "payRuns", code=503)

    assert [(await ask("{ payRuns { id } }"))[0] for _ in range(2)] == [503, 200]


async def test_a_processed_run_may_show_as_finalised_for_some_reads(roubler, ask):
    run = roubler.add_run(date(2026, 11, 2), date(2026, 11, 15))
    roubler.faults.add("unchanged_for", "process_pay_run", reads=1)
    await ask(PROCESS, id=run, input={"processedAt": "2026-11-18T20:00:00Z"})

    shown = [(await ask(ONE, id=run))[1]["data"]["payRun"]["status"] for _ in range(2)]

    assert shown == ["Finalised", "Processed"]


async def test_earlier_runs_are_processed_and_their_items_multiply_out(roubler):
    ids = roubler.seed_history(date(2026, 8, 3))

    items = [item for i in ids for item in roubler.state.runs[i]["payItems"]]
    assert ids == ["32", "33", "34", "35", "36", "37"]
    assert all(item["unitAmount"] * item["quantity"] == item["amount"] for item in items)
    assert roubler.add_run(date(2026, 10, 26), date(2026, 11, 8)) == "38"


DOCUMENTED = """query PayRun($payRunId: ID!) {
  payRun(id: $payRunId) {
    id name description startDate endDate status createdAt finalisedAt finalisedBy { fullName }
    errors { message employee { id fullName } }
    payItems { employee { id fullName } payType { id name } startTime endTime unitAmount quantity amount }
    timesheets { id status startTime endTime hours employee { id text } }
    modifiedAt modifiedBy { fullName }
  }
}"""
RECORDED = Path(__file__).parent.parent / "testdata" / "roubler"


async def test_the_documents_query_gets_the_documents_answer(started, http):
    roubler = await started(Roubler, examples=True)
    _, given = await refreshed(http, roubler, "anything")
    headers = {"Authorization": f"Bearer {given['access_token']}", "X-Company-ID": "999"}
    asked = {"query": DOCUMENTED, "variables": {"payRunId": "38"}}

    async with http.post(roubler.base_url, json=asked, headers=headers) as reply:
        shown = await reply.json()

    assert shown == json.loads((RECORDED / "pay_run.json").read_text())


async def test_the_login_sees_its_companies_and_no_other_may_be_asked_for(roubler, ask):
    places = "{ viewer { employees { company { id } location { id } } } }"
    _, shown = await ask(places)
    roubler.places = [("12", "Another", "1", "Main")]

    assert shown["data"]["viewer"]["employees"] == [{"company": {"id": "999"}, "location": {"id": "1"}}]
    assert await ask(places) == (200, {"errors": [{"message": "No access to this company"}]})


async def test_a_field_that_fails_is_null_beside_the_rest_of_the_data(roubler, ask):
    run = roubler.add_run(date(2026, 11, 2), date(2026, 11, 15))
    roubler.habits.codes = True
    roubler.habits.failing["errors"] = "busy"

    _, shown = await ask(ONE, id=run)

    assert shown["data"]["payRun"]["errors"] is None
    assert shown["data"]["payRun"]["status"] == "Finalised"
    (error,) = shown["errors"]
    assert (error["path"], error["extensions"]) == (["payRun", "errors"], {"code": "INTERNAL_SERVER_ERROR"})


async def test_who_is_not_logged_in_may_also_be_told_with_200(roubler, ask):
    roubler.habits.says_401 = False
    roubler.forget_tokens()

    assert await ask("{ payRuns { id } }") == (200, {"errors": [{"message": "authentication error"}]})


async def test_without_grace_a_used_refresh_token_is_refused_at_once(roubler, http):
    roubler.login.grace = timedelta(0)

    assert [(await refreshed(http, roubler, "seed"))[0] for _ in range(2)] == [200, 400]


@pytest.mark.parametrize(
    ("asked", "brought", "status"),
    [
        pytest.param({"code_challenge": CHALLENGE}, {"code_verifier": VERIFIER}, 200, id="its verifier"),
        pytest.param({"code_challenge": CHALLENGE}, {"code_verifier": "x"}, 400, id="another"),
        pytest.param({"code_challenge": CHALLENGE}, {}, 400, id="none"),
        pytest.param({}, {}, 200, id="no challenge"),
    ],
)
async def test_a_code_with_a_challenge_needs_its_verifier(roubler, http, asked, brought, status):
    back = {"redirect_uri": "http://127.0.0.1/login"}
    query = {"response_type": "code", "client_id": "id", "scope": "openid", **back, **asked}
    async with http.get(f"{roubler.root_url}/oauth2/auth", params=query, allow_redirects=False) as reply:
        code = URL(reply.headers["Location"]).query["code"]
    form = {"grant_type": "authorization_code", "code": code, **back, **CLIENT, **brought}

    async with http.post(roubler.token_url, data=form) as reply:
        given = await reply.json()

    assert reply.status == status
    assert "refresh_token" not in given  # offline_access was not asked for


async def test_a_server_that_needs_pkce_gives_no_code_without(roubler, http):
    roubler.login.needs_pkce = True
    query = {"response_type": "code", "client_id": "id", "redirect_uri": "http://127.0.0.1/login"}

    async with http.get(f"{roubler.root_url}/oauth2/auth", params=query, allow_redirects=False) as reply:
        assert reply.status == 400
