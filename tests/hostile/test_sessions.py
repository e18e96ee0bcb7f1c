"""Sessions and forms that somebody else has made, kept or sent along."""

import re

import pytest

from bot.engine import tokens
from bot.web.server import make_web_app
from tests.faults.tally import note
from tests.web.stand import APPROVER, OPERATOR, RUN, Browser, Stand

PAUSE = "/connections/xero-uk/pause"


async def test_a_session_that_was_there_before_signing_in_is_not_the_one_after(site: Stand):
    planted = "planted-session"
    async with site.client() as client:
        client.cookie_jar.update_cookies({"payrunbot_session": planted}, site.server.make_url("/"))
        reply = await Browser(client).submit("/sign-in", "/sign-in", token=site.tokens[APPROVER])
    opened = reply.cookies["payrunbot_session"].value
    async with site.client() as other:
        with_planted = await Browser(other).get("/", headers={"Cookie": f"payrunbot_session={planted}"})

    note("hostile sessions", tried=1)
    assert opened != planted
    assert with_planted.status == 303


@pytest.mark.parametrize(
    "tossed", ["other; payrunbot_session={0}", "{0}; payrunbot_session=other", "{0}x", " ", "%00"]
)
async def test_a_second_cookie_of_the_same_name_makes_nobody_of_somebody_else(site: Stand, tossed: str):
    async with site.signed_in(OPERATOR) as operator:
        theirs = next(one.value for one in operator.client.cookie_jar if one.key == "payrunbot_session")
    async with site.client() as client:
        cookie = {"Cookie": "payrunbot_session=" + tossed.format(theirs)}
        reply = await Browser(client).get("/", headers=cookie)
        text = await reply.text()

    note("hostile sessions", tried=1)
    assert reply.status == 303 or f'<span class="nb">{OPERATOR}</span>' in text
    assert reply.status in (200, 303)


async def test_one_persons_form_is_no_other_persons(site: Stand, approver: Browser):
    async with site.signed_in(OPERATOR) as operator:
        csrf = await operator.token("/connections", PAUSE)
        taken = await approver.post(PAUSE, csrf=csrf, reason="no")
        own = await operator.post(PAUSE, csrf=csrf, reason="no")

    note("hostile sessions", tried=1)
    assert (taken.status, own.status) == (403, 303)


async def test_a_revoked_token_ends_its_session_and_the_forms_of_it(site: Stand, approver: Browser):
    csrf = await approver.token("/connections", PAUSE)
    person = site.bot.settings.person(APPROVER)
    assert person is not None
    await tokens.revoke(site.bot, person, APPROVER)
    page, deed = await approver.get("/"), await approver.post(PAUSE, csrf=csrf, reason="no")

    note("hostile sessions", tried=2)
    assert (page.status, deed.status) == (303, 403)


async def test_no_page_is_kept_by_a_browser_or_shown_inside_another_site(site: Stand, approver: Browser):
    async def reload() -> None: ...

    values = {
        "connection": "gigapay-se",
        "vendor_id": RUN,
        "rule": "gigapay-weekly-close",
        "month": "2026-11",
    }
    values["approval"] = (await site.asked()).id
    app = make_web_app(site.bot, reload)
    paths = {
        route.resource.canonical for route in app.router.routes() if route.resource and route.method == "GET"
    }
    shown = 0
    for path in sorted(paths):
        url = re.sub(r"\{(\w+)\}", lambda name: values.get(name[1], "x"), path)
        headers = site.bearer(APPROVER) if path.startswith("/api/") else {}
        reply = await approver.get(url, headers=headers)
        policy = reply.headers["Content-Security-Policy"]

        note("hostile sessions", pages=1)
        shown += reply.status == 200
        assert "frame-ancestors 'none'" in policy or "frame-ancestors 'self'" in policy, path
        assert reply.headers["X-Frame-Options"] in ("SAMEORIGIN", "DENY"), path
        assert reply.headers["X-Content-Type-Options"] == "nosniff", path
        assert reply.headers["Cache-Control"] == (
            "public, max-age=300" if "static" in path else "no-store"
        ), path
    assert shown > 20
