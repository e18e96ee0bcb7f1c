"""A proxy's word for who asks: believed of the proxy, for people there are, and never of anybody else."""

import asyncio

import pytest
from aiohttp import ClientSession, CookieJar, TCPConnector

from bot.settings.models import Proxy
from bot.store.tables import audit, session
from tests.faults.tally import note
from tests.web.stand import APPROVER, OPERATOR, Browser, Stand, offers

HEADER = "X-Forwarded-User"


def behind(site: Stand, trusted: str = "127.0.0.1", *, tokens_too: bool = False) -> None:
    """From now on a proxy at this address signs people in."""
    proxy = Proxy.model_validate({"user_header": HEADER, "trusted": [trusted], "tokens_too": tokens_too})
    http = site.bot.settings.http.model_copy(update={"proxy": proxy})
    site.bot.settings = site.bot.settings.model_copy(update={"http": http})


def come(site: Stand, *names: str, address: str = "127.0.0.1") -> ClientSession:
    """A browser whose every request comes from this address, with these names in the header."""
    return ClientSession(
        site.server.make_url("/"),
        connector=TCPConnector(local_addr=(address, 0)),
        cookie_jar=CookieJar(unsafe=True),
        headers=[(HEADER, name) for name in names],
    )


@pytest.mark.parametrize(
    "named", [APPROVER, "finance-1@example.com", "Finance-1@Example.COM", f" {APPROVER} "]
)
async def test_whom_the_proxy_names_is_signed_in_by_id_or_mail_address(site: Stand, named):
    behind(site)
    async with come(site, named) as client:
        page = await Browser(client).page("/")

    assert f'Signed in as <span class="nb">{APPROVER}</span>' in page


async def test_one_session_is_opened_and_kept(site: Stand):
    behind(site)
    async with come(site, APPROVER) as client:
        for path in ("/", "/rules", "/people", "/"):
            await Browser(client).page(path)

    (kept,) = await site.stored(session)
    assert (kept.person, kept.token) == (APPROVER, "proxy")


async def test_clients_that_keep_no_cookie_leave_no_more_behind_than_one_that_does(site: Stand):
    behind(site)
    for _ in range(3):  # each a program that asks once and is gone
        async with come(site, APPROVER) as client:
            reply = await Browser(client).get("/")
            assert (reply.status, "payrunbot_session" in reply.cookies) == (200, False)
    async with come(site, APPROVER) as one:
        await asyncio.gather(*(Browser(one).page("/rules") for _ in range(5)))

    assert len(await site.stored(session)) == 1
    signed_in = [one for one in await site.stored(audit) if one.what == "signed in"]
    assert [one.actor for one in signed_in] == [APPROVER]


async def test_many_first_looks_at_the_same_moment_open_one_session(site: Stand):
    behind(site)
    clients = [come(site, APPROVER) for _ in range(5)]
    replies = await asyncio.gather(*(Browser(one).get("/") for one in clients))
    for one in clients:
        await one.close()

    assert [reply.status for reply in replies] == [200] * 5
    assert len(await site.stored(session)) == 1


async def test_the_session_ends_after_its_time_and_the_next_look_opens_one_more(site: Stand):
    behind(site)
    async with come(site, APPROVER) as client:
        await Browser(client).page("/")
        site.clock.at += site.bot.settings.timing.session
        await Browser(client).page("/")

    (kept,) = await site.stored(session)
    assert kept.created_at == site.clock.now()


@pytest.mark.parametrize(
    ("trusted", "address", "status"),
    [
        ("127.0.0.1", "127.0.0.1", 200),
        ("127.0.0.1", "127.0.0.2", 403),
        ("127.0.0.0/31", "127.0.0.1", 200),
        ("127.0.0.0/31", "127.0.0.2", 403),
        ("10.0.0.0/8", "127.0.0.1", 403),
        ("::1", "127.0.0.1", 403),
        ("::ffff:7f00:1", "127.0.0.1", 403),
    ],
)
@pytest.mark.parametrize("tokens_too", [False, True])
async def test_the_header_counts_from_the_proxys_address_alone(
    site: Stand, trusted, address, status, tokens_too
):
    behind(site, trusted, tokens_too=tokens_too)
    async with come(site, APPROVER, address=address) as client:
        reply = await Browser(client).get("/")
        text = await reply.text()

    note("hostile proxies", tried=1)
    assert reply.status == status
    assert ("You are not signed in: it did not come by the proxy" in text) is (status == 403)
    assert len(await site.stored(session)) == (1 if status == 200 else 0)


@pytest.mark.parametrize(
    "names",
    [
        pytest.param((APPROVER, APPROVER), id="twice the same"),
        pytest.param((OPERATOR, APPROVER), id="two people"),
        pytest.param((APPROVER, ""), id="a person and nobody"),
        pytest.param((f"{APPROVER}, {OPERATOR}",), id="two in one"),
        pytest.param((f"{APPROVER},",), id="a list of one"),
        pytest.param(("root",), id="nobody of ours"),
        pytest.param((APPROVER.upper(),), id="an id in capitals"),
        pytest.param((f"{APPROVER}\x00",), id="a NUL behind it"),
        pytest.param((f'"{APPROVER}"',), id="in quotes"),
        pytest.param(("<script>alert(1)</script>",), id="markup"),
        pytest.param(("finance‐1",), id="another hyphen"),
        pytest.param(("f" * 7_000,), id="very long"),
    ],
)
async def test_a_header_that_names_nobody_or_more_than_one_lets_nobody_in(site: Stand, names):
    behind(site, tokens_too=True)
    try:
        async with come(site, *names) as client:
            reply = await Browser(client).get("/")
            status, text = reply.status, await reply.text()
    except ValueError:  # the sender's own library refuses what no header may hold
        status, text = 403, ""

    note("hostile proxies", tried=1)
    assert status in (400, 403)
    assert "<script>alert" not in text
    assert await site.stored(session) == []


async def test_without_the_proxys_word_there_is_no_way_in(site: Stand):
    async with site.signed_in(APPROVER) as browser:
        cookie = {"Cookie": f"payrunbot_session={_cookie(browser)}"}
        csrf = await browser.token("/sign-in", "/sign-in")
        behind(site)
        replies = [
            await browser.get("/"),
            await browser.post("/connections/xero-uk/pause", csrf="x"),
            await browser.get("/sign-in"),
            await browser.post("/sign-in", csrf=csrf, token=site.tokens[APPROVER]),
        ]
    async with come(site) as client:
        replies.append(await Browser(client).get("/", headers=cookie))
    async with come(site, "") as client:
        replies.append(await Browser(client).get("/", headers=cookie))

    note("hostile proxies", tried=len(replies))
    assert [reply.status for reply in replies] == [403] * len(replies)
    assert all("payrunbot_session" not in reply.cookies for reply in replies)


async def test_a_session_that_the_proxy_opened_lets_nobody_in_beside_it(site: Stand):
    behind(site, tokens_too=True)
    async with come(site, APPROVER) as client:
        await Browser(client).page("/")
    cookie = {"Cookie": f"payrunbot_session=proxy:{APPROVER}"}
    async with come(site, address="127.0.0.2") as elsewhere, come(site) as nameless:
        replies = [await Browser(one).get("/", headers=cookie) for one in (elsewhere, nameless)]

    assert [reply.headers.get("Location") for reply in replies] == ["/sign-in", "/sign-in"]


async def test_the_header_holds_where_the_cookie_is_somebody_elses(site: Stand):
    async with site.signed_in(APPROVER) as browser:
        cookie = _cookie(browser)
    behind(site, tokens_too=True)
    async with come(site, OPERATOR) as client:
        reply = await Browser(client).get("/", headers={"Cookie": f"payrunbot_session={cookie}"})

    assert f'Signed in as <span class="nb">{OPERATOR}</span>' in await reply.text()


async def test_tokens_sign_in_beside_the_proxy_where_that_is_allowed(site: Stand):
    behind(site, tokens_too=True)
    async with site.signed_in(APPROVER) as browser:
        page = await browser.page("/")

    assert f'Signed in as <span class="nb">{APPROVER}</span>' in page


async def test_a_deed_still_takes_a_form_of_that_persons_own_page(site: Stand):
    behind(site)
    pause = "/connections/xero-uk/pause"
    async with come(site, APPROVER) as one, come(site, OPERATOR) as other:
        mine, theirs = Browser(one), Browser(other)
        bare = await mine.post(pause, reason="no")
        assert await site.stored(session) == []
        csrf = await theirs.token("/connections", pause)
        await mine.page("/")
        tossed = await mine.post(pause, csrf=csrf, reason="no")
        forged = await mine.post(pause, csrf="forged", reason="no")
        foreign = await theirs.post(pause, {"Origin": "https://evil.example"}, csrf=csrf, reason="no")

        note("hostile proxies", tried=4)
        assert [one.status for one in (bare, tossed, forged, foreign)] == [403] * 4
        assert offers(await mine.page("/connections"), pause)
        assert (await theirs.post(pause, csrf=csrf, reason="no")).status == 303
        assert not offers(await mine.page("/connections"), pause)


async def test_a_page_by_the_proxy_offers_what_the_person_may_and_no_more(site: Stand):
    behind(site)
    asked = await site.asked()
    async with come(site, OPERATOR) as client:
        page = await Browser(client).page(f"/approvals/{asked.id}")

    assert not offers(page, f"/approvals/{asked.id}/approve")


async def test_the_api_takes_tokens_all_the_same_and_never_the_header(site: Stand):
    behind(site)
    async with come(site, APPROVER) as named, come(site, APPROVER, address="127.0.0.2") as elsewhere:
        bare = await named.get("/api/payruns")
        theirs = await named.get("/api/me", headers=site.bearer(OPERATOR))
        direct = await elsewhere.get("/api/me", headers=site.bearer(OPERATOR))

        assert (bare.status, theirs.status, direct.status) == (401, 200, 200)
        assert [(await reply.json())["person"] for reply in (theirs, direct)] == [OPERATOR, OPERATOR]


async def test_without_the_setting_the_header_is_a_header_like_any_other(site: Stand):
    async with come(site, APPROVER) as client:
        assert (await Browser(client).get("/")).headers["Location"] == "/sign-in"


def _cookie(browser: Browser) -> str:
    return next(one.value for one in browser.client.cookie_jar if one.key == "payrunbot_session")
