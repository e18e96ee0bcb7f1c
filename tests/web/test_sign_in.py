"""Signing in, cookies, one-time forms, and what every answer carries."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.store.tables import form, session, token
from bot.web import refusals
from bot.web.gate import local_path
from bot.web.refusals import (
    ALL_TRIES,
    API_REFUSALS,
    LONGEST_WAIT_S,
    MOST_ADDRESSES,
    REFUSALS,
    TRIES,
    WITHIN_S,
    Refusals,
)

from .stand import APPROVER, OPERATOR, RUN, VIEWER, Browser, Stand, offers, stand, token_in

PAGES = [
    "/",
    "/payruns",
    f"/payruns/gigapay-se/{RUN}",
    "/approvals",
    "/rules",
    "/rules/gigapay-weekly-close",
    "/connections",
    "/mails",
    "/audit",
    "/no/such/page",
]


@pytest.mark.parametrize("path", PAGES)
async def test_without_a_session_every_page_leads_to_the_sign_in_form_and_says_nothing(site: Stand, path):
    async with site.client() as client:
        reply = await Browser(client).get(path)

        assert (reply.status, await reply.read()) == (303, b"")
        assert reply.headers["Location"].startswith("/sign-in")


async def test_after_signing_in_one_is_where_one_was_going(site: Stand):
    async with site.client() as client:
        browser = Browser(client)
        where = (await browser.get("/payruns?status=open")).headers["Location"]
        page = await browser.page(where)
        action = "/sign-in?next=%2Fpayruns%3Fstatus%3Dopen"
        reply = await browser.post(action, csrf=token_in(page, action), token=site.tokens[APPROVER])

    assert where == action
    assert (reply.status, reply.headers["Location"]) == (303, "/payruns?status=open")


@pytest.mark.parametrize(
    ("asked", "goes"),
    [
        ("/payruns/gigapay-se/a%2Fb?x=1", "/payruns/gigapay-se/a%2Fb?x=1"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/\tevil", "/"),
        ("/a\r\nSet-Cookie: x=1", "/"),
        ("/é", "/"),
        ("", "/"),
        ("/sign-out", "/"),
    ],
)
def test_only_paths_of_ours_are_gone_to(asked, goes):
    assert local_path(asked) == goes


async def test_a_session_is_a_cookie_that_scripts_and_other_sites_do_not_get(site: Stand):
    async with site.client() as client:
        reply = await Browser(client).submit("/sign-in", "/sign-in", token=site.tokens[APPROVER])

    cookie = reply.cookies["payrunbot_session"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert (cookie["secure"], cookie["max-age"], cookie["domain"]) == ("", str(12 * 3600), "")


async def test_under_https_cookies_are_secure_and_browsers_are_told_to_stay(tmp_path: Path):
    async with stand(tmp_path, public_url="https://payrun.example.com") as site, site.client() as client:
        browser = Browser(client)
        page = await browser.get("/sign-in")
        before = page.cookies["payrunbot_before"]
        reply = await client.post(
            "/sign-in",
            data={"csrf": token_in(await page.text(), "/sign-in"), "token": site.tokens[APPROVER]},
            headers={"Cookie": f"payrunbot_before={before.value}"},
            allow_redirects=False,
        )

        assert (before["secure"], before["httponly"]) == (True, True)
        assert reply.cookies["payrunbot_session"]["secure"] is True
        assert reply.headers["Strict-Transport-Security"] == "max-age=31536000"


async def test_neither_token_nor_session_is_stored_as_it_is(site: Stand):
    async with site.client() as client:
        reply = await Browser(client).submit("/sign-in", "/sign-in", token=site.tokens[APPROVER])
    secret = reply.cookies["payrunbot_session"].value

    kept = str(await site.stored(session)) + str(await site.stored(token))
    assert secret not in kept
    assert site.tokens[APPROVER] not in kept


@pytest.mark.parametrize("wrong", ["", "prb_wrong", "x" * 5_000])
async def test_a_wrong_token_opens_no_session(site: Stand, wrong):
    async with site.client() as client:
        reply = await Browser(client).submit("/sign-in", "/sign-in", token=wrong)

        assert reply.status == 403
        assert "not known, or it has expired" in await reply.text()
    assert await site.stored(session) == []


async def test_an_expired_token_opens_no_session(site: Stand):
    site.clock.at += site.bot.settings.timing.token
    async with site.client() as client:
        reply = await Browser(client).submit("/sign-in", "/sign-in", token=site.tokens[APPROVER])

    assert reply.status == 403


async def test_a_sign_in_form_counts_only_with_the_cookie_it_came_with(site: Stand):
    async with site.client() as first, site.client() as second:
        csrf = await Browser(first).token("/sign-in", "/sign-in")
        await second.get("/sign-in")
        reply = await Browser(second).post("/sign-in", csrf=csrf, token=site.tokens[APPROVER])

        assert reply.status == 403
    assert await site.stored(session) == []


async def test_a_token_in_the_address_signs_nobody_in(site: Stand):
    async with site.client() as client:
        reply = await Browser(client).get(f"/sign-in?token={site.tokens[APPROVER]}")

        assert (reply.status, "payrunbot_session" in reply.cookies) == (200, False)


async def test_the_eleventh_wrong_token_has_to_wait_and_a_right_one_never_has_to(site: Stand):
    async with site.client() as client:
        browser = Browser(client)
        for _ in range(TRIES):
            assert (await browser.submit("/sign-in", "/sign-in", token="prb_wrong")).status == 403
        refused = await browser.submit("/sign-in", "/sign-in", token="prb_wrong")
        taken = await browser.submit("/sign-in", "/sign-in", token=site.tokens[APPROVER])

        assert (refused.status, refused.headers["Retry-After"]) == (429, "300")
        assert (taken.status, "payrunbot_session" in taken.cookies) == (303, True)


async def test_tries_at_the_same_moment_do_not_share_one_place(site: Stand):
    async with site.client() as client:
        browser = Browser(client)
        csrf = await browser.token("/sign-in", "/sign-in")
        tries = [browser.post("/sign-in", csrf=csrf, token=f"prb_{number}") for number in range(TRIES + 5)]
        statuses = [reply.status for reply in await asyncio.gather(*tries)]

    assert sorted(statuses) == [403] * TRIES + [429] * 5


async def test_a_right_token_costs_none_of_the_tries(site: Stand):
    async with site.client() as client:
        browser = Browser(client)
        for _ in range(TRIES):
            reply = await browser.submit("/sign-in", "/sign-in", token=site.tokens[APPROVER])
            assert reply.status == 303
        wrong = await browser.submit("/sign-in", "/sign-in", token="prb_wrong")

        assert wrong.status == 403
        assert f"{TRIES - 1} more tries" in await wrong.text()


def crowded(kept: Refusals, now_s: float) -> None:
    """So many wrong tokens came, each from an address of its own."""
    for number in range(ALL_TRIES):
        kept.add(f"10.0.0.{number}", now_s)


async def test_wrong_tokens_from_many_addresses_are_looked_at_one_by_one():
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(round(seconds, 3))

    kept = Refusals(sleep)
    for number in range(ALL_TRIES - 1):
        kept.add(f"10.0.0.{number}", 0.0)
    assert await kept.may_be_looked_at("a token", "10.1.0.0", 0.0)
    assert waited == []
    kept.add("10.1.0.0", 0.0)
    looked_at = [
        await kept.may_be_looked_at(f"token {number}", f"10.2.0.{number}", 1.0) for number in range(60)
    ]

    assert waited[:3] == [0.0, 0.2, 0.4]
    assert (sum(looked_at), max(waited)) == (len(waited), LONGEST_WAIT_S)
    assert looked_at == [True] * 51 + [False] * 9
    assert await kept.may_be_looked_at("later", "10.3.0.0", WITHIN_S)
    assert len(waited) == 51  # five minutes after it nobody waits


async def test_a_token_that_was_right_before_waits_for_nobody():
    async def sleep(seconds: float) -> None:
        raise AssertionError("it waits")

    kept = Refusals(sleep)
    kept.was_right("hers")
    crowded(kept, 0.0)

    assert await kept.may_be_looked_at("hers", "10.9.9.9", 0.0)


async def test_a_token_has_one_place_in_the_line_at_most():
    kept = Refusals()
    crowded(kept, 0.0)
    tries = [kept.may_be_looked_at(token, "10.9.9.9", 0.0) for token in ("one", "one", "other")]

    assert await asyncio.gather(*tries) == [True, False, True]


async def test_a_right_token_leaves_the_wrong_ones_of_all_addresses_as_many_as_they_were():
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    kept = Refusals(sleep)
    crowded(kept, 0.0)
    kept.add("10.9.9.9", 1.0)
    kept.take_back("10.9.9.9", 1.0)
    assert await kept.may_be_looked_at("a token", "10.9.9.9", 2.0)

    assert waited == [0.0]


async def test_while_many_guess_whoever_was_here_before_gets_in_and_others_get_their_turn(
    site: Stand, monkeypatch
):
    async with site.signed_in(APPROVER):
        pass
    crowded(site.server.app[REFUSALS], asyncio.get_running_loop().time())
    monkeypatch.setattr(refusals, "LONGEST_WAIT_S", -1.0)  # there is no place to wait
    replies = []
    async with site.client() as client:
        for person in (APPROVER, OPERATOR):
            replies.append(await Browser(client).submit("/sign-in", "/sign-in", token=site.tokens[person]))
    said = await replies[1].text()
    monkeypatch.setattr(refusals, "LONGEST_WAIT_S", LONGEST_WAIT_S)
    async with site.client() as client:
        replies.append(await Browser(client).submit("/sign-in", "/sign-in", token=site.tokens[OPERATOR]))

    assert [reply.status for reply in replies] == [303, 429, 303]
    assert replies[1].headers["Retry-After"] == "10"
    assert "yours was not looked at" in said


async def test_the_api_bounds_wrong_tokens_of_all_addresses_and_not_a_programs_that_was_right(
    site: Stand, monkeypatch
):
    async with site.client() as client:
        assert (await client.get("/api/me", headers=site.bearer(APPROVER))).status == 200
        crowded(site.server.app[API_REFUSALS], asyncio.get_running_loop().time())
        monkeypatch.setattr(refusals, "LONGEST_WAIT_S", -1.0)
        other = await client.get("/api/me", headers=site.bearer(OPERATOR))
        right = await client.get("/api/me", headers=site.bearer(APPROVER))

    assert (other.status, right.status) == (429, 200)


def test_refusals_are_forgotten_after_five_minutes_and_never_fill_the_memory():
    kept = Refusals()
    for number in range(MOST_ADDRESSES + 1):
        kept.add(f"address {number}", 0.0)
    for _ in range(TRIES):
        kept.add("one", 10.0)

    assert kept.left("address 0", 1.0) == TRIES
    assert kept.left(f"address {MOST_ADDRESSES}", 1.0) == TRIES - 1
    assert kept.left("one", 10.0 + WITHIN_S - 0.1) == 0
    assert kept.left("one", 10.0 + WITHIN_S) == TRIES


async def test_a_session_ends_after_its_time(site: Stand, approver: Browser):
    site.clock.at += site.bot.settings.timing.session

    assert (await approver.get("/")).status == 303


async def test_signing_out_ends_the_session_for_good(site: Stand, approver: Browser):
    cookies = {"Cookie": f"payrunbot_session={_cookie(approver)}"}
    reply = await approver.submit("/", "/sign-out")

    assert (reply.status, reply.headers["Location"]) == (303, "/sign-in")
    async with site.client() as other:
        assert (await Browser(other).get("/", headers=cookies)).status == 303


async def test_signing_out_takes_a_form_so_that_no_other_site_can_do_it(approver: Browser):
    assert (await approver.post("/sign-out")).status == 403
    assert (await approver.get("/")).status == 200


def _cookie(browser: Browser) -> str:
    return next(one.value for one in browser.client.cookie_jar if one.key == "payrunbot_session")


async def _reject(browser: Browser, approval: str, csrf: str, **headers: str):
    return await browser.post(f"/approvals/{approval}/reject", headers=headers, csrf=csrf, reason="no")


@pytest.mark.parametrize("csrf", ["", "forged", "x" * 500])
async def test_a_forged_form_decides_nothing(site: Stand, approver: Browser, csrf):
    asked = await site.asked()
    reply = await _reject(approver, asked.id, csrf)

    assert reply.status == 403
    assert "Nothing was decided" in await reply.text()
    assert (await site.asked()).state == "open"


async def test_a_form_counts_once(site: Stand, approver: Browser):
    asked = await site.asked()
    csrf = await approver.token(f"/approvals/{asked.id}", f"/approvals/{asked.id}/hold")
    fields = {"csrf": csrf, "reason": "by hand", "until": "2026-11-23T12:00"}
    first = await approver.post(f"/approvals/{asked.id}/hold", **fields)
    second = await approver.post(f"/approvals/{asked.id}/hold", **fields)

    assert (first.status, second.status) == (303, 403)


async def test_a_form_of_another_session_decides_nothing(site: Stand, approver: Browser):
    asked = await site.asked()
    async with site.signed_in(APPROVER) as other:
        csrf = await other.token(f"/approvals/{asked.id}", f"/approvals/{asked.id}/reject")

    assert (await _reject(approver, asked.id, csrf)).status == 403
    assert (await site.asked()).state == "open"


async def test_a_form_of_another_address_decides_nothing(site: Stand, approver: Browser):
    asked = await site.asked()
    csrf = await approver.token(f"/approvals/{asked.id}", f"/approvals/{asked.id}/approve")

    assert (await _reject(approver, asked.id, csrf)).status == 403
    assert (await site.asked()).state == "open"


async def test_a_form_older_than_an_hour_decides_nothing(site: Stand, approver: Browser):
    asked = await site.asked()
    csrf = await approver.token(f"/approvals/{asked.id}", f"/approvals/{asked.id}/reject")
    site.clock.at += site.bot.settings.timing.form

    assert (await _reject(approver, asked.id, csrf)).status == 403
    assert (await site.asked()).state == "open"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
    ],
)
async def test_a_right_form_posted_from_another_site_decides_nothing(site: Stand, approver: Browser, headers):
    asked = await site.asked()
    csrf = await approver.token(f"/approvals/{asked.id}", f"/approvals/{asked.id}/reject")
    reply = await _reject(approver, asked.id, csrf, **headers)

    assert reply.status == 403
    assert "another site" in await reply.text()
    assert (await site.asked()).state == "open"


async def test_a_post_without_a_session_decides_nothing_and_says_so(site: Stand):
    asked = await site.asked()
    async with site.client() as client:
        reply = await _reject(Browser(client), asked.id, "forged")

        assert (reply.status, "you are not signed in" in await reply.text()) == (403, True)
    assert (await site.asked()).state == "open"


async def test_only_hashes_of_forms_are_kept(site: Stand, approver: Browser):
    page = await approver.page("/connections")
    csrf = token_in(page, "/connections/xero-uk/pause")

    async with site.bot.db.read() as tx:
        kept = list((await tx.execute(select(form.c.hash))).scalars())
    assert kept
    assert csrf not in kept


@pytest.mark.parametrize(
    "path",
    ["/", "/sign-in", "/no/such", "/static/app.css", "/healthz", "/readyz", "/api/payruns", "/hooks/a/b"],
)
async def test_every_answer_carries_the_same_protections(site: Stand, path):
    async with site.client() as client:
        reply = await Browser(client).get(path)

    headers = reply.headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
    assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == ("nosniff", "same-origin")
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert headers["Server"] == "payrunbot"
    assert headers["X-Request-Id"].startswith(("web-", "hook-"))
    assert ("no-store" in headers["Cache-Control"]) is (path != "/static/app.css")


@pytest.mark.parametrize(
    "path",
    [
        "/static/../bot.db",
        "/static/..%2f..%2fetc%2fpasswd",
        "/static/app.css/../../../etc/passwd",
        "/mails/..%2f..%2fetc%2fpasswd",
        "/payruns/..%2f..%2fetc/passwd",
        "/rules/..%2fgigapay.yaml",
    ],
)
async def test_no_path_climbs_out_to_a_file(approver: Browser, path):
    reply = await approver.get(path)

    assert reply.status == 404


async def test_a_viewer_looks_and_is_offered_nothing(site: Stand):
    asked = await site.asked()
    async with site.signed_in(VIEWER) as viewer:
        page = await viewer.page(f"/approvals/{asked.id}")
        run = await viewer.page(f"/payruns/gigapay-se/{RUN}")
        connections = await viewer.page("/connections")

    assert "You are not an approver." in page
    assert not offers(page, f"/approvals/{asked.id}/approve")
    assert not offers(run, f"/payruns/gigapay-se/{RUN}/hold")
    assert not offers(connections, "/connections/gigapay-se/pause")


async def test_an_operator_holds_and_does_not_approve(site: Stand):
    asked = await site.asked()
    async with site.signed_in(OPERATOR) as operator:
        page = await operator.page(f"/approvals/{asked.id}")
        run = await operator.page(f"/payruns/gigapay-se/{RUN}")

    assert not offers(page, f"/approvals/{asked.id}/approve")
    assert offers(run, f"/payruns/gigapay-se/{RUN}/hold")
