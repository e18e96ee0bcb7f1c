"""A connection to Roubler at its sandbox: logging in, one renewing at a time, acting, what it may see."""

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog
from cryptography.fernet import Fernet, MultiFernet
from pydantic import SecretStr
from yarl import URL

from bot.app import SealedTokens
from bot.connectors import Access, HeldBack, Login, VendorProblem, connectors
from bot.connectors.client import Reply, VendorClient, open_session
from bot.connectors.roubler import Roubler
from bot.core.action import Done, Refused, Unknown
from bot.core.resource import Known, Unread
from bot.store import access
from bot.store.database import Database, open_database

from .conftest import NOON, MemoryTokens, StillClock
from .stand import Stand, stand

BACK = "http://127.0.0.1/login/roubler-x"
VERIFIER = "v" * 43
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
PAID = {"run": "38", "processedAt": "2024-06-07T01:00:00Z"}


@pytest.fixture
async def roubler(client: VendorClient, tokens: MemoryTokens, clock: StillClock) -> AsyncIterator[Stand]:
    async with stand("roubler", client, tokens, clock) as opened:
        yield opened


def account(at: Stand) -> Roubler:
    assert isinstance(at.connection, Roubler)
    return at.connection


def calls(at: Stand, name: str) -> list[dict[str, Any]]:
    return [one for one in at.vendor.ledger.entries if one["call"] == name]


async def visit(url: str) -> URL:
    """Log in as the API user, as a browser does; where it is sent back to."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(URL(url, encoded=True), allow_redirects=False) as reply,
    ):
        assert reply.status == 302, await reply.text()
        return URL(reply.headers["Location"])


# Logging in


@pytest.mark.parametrize("pkce", [True, False])
async def test_a_login_saves_what_its_code_is_good_for_and_is_used_from_then_on(
    client: VendorClient, tokens: MemoryTokens, clock: StillClock, pkce: bool
) -> None:
    async with stand("roubler", client, tokens, clock, refresh_token=None, pkce=pkce) as at:
        at.vendor.login.needs_pkce = pkce
        connection = account(at)
        assert isinstance(connection, Login)
        url = connection.authorize_url(BACK, "the state", CHALLENGE)
        back = await visit(url)
        await connection.exchange(back.query["code"], BACK, VERIFIER)
        listing = await connection.list(NOON)

    assert ("code_challenge" in URL(url).query) is pkce
    assert URL(url).query["scope"] == "offline_access"
    assert (back.query["state"], len(listing.rows)) == ("the state", 1)
    assert tokens.saved[0].keys() == {"access_token", "expires_at", "refresh_token", "scope", "seed"}
    assert [one["grant"] for one in calls(at, "token")] == ["authorization_code"]


@pytest.mark.parametrize(
    ("redirect_uri", "verifier"),
    [
        pytest.param(BACK, "w" * 43, id="another verifier"),
        pytest.param(BACK + "2", VERIFIER, id="another way back"),
    ],
)
async def test_a_code_is_good_only_for_whoever_asked_for_it(
    client: VendorClient, tokens: MemoryTokens, clock: StillClock, redirect_uri: str, verifier: str
) -> None:
    async with stand("roubler", client, tokens, clock, pkce=True) as at:
        back = await visit(account(at).authorize_url(BACK, "s", CHALLENGE))
        with pytest.raises(VendorProblem) as caught:
            await account(at).exchange(back.query["code"], redirect_uri, verifier)

    assert caught.value.needs == "log in again: payrunbot login roubler-x, or a new refresh_token"
    assert tokens.saved == []


async def test_a_code_is_sent_once_even_where_its_answer_is_lost(
    roubler: Stand, tokens: MemoryTokens
) -> None:
    back = await visit(account(roubler).authorize_url(BACK, "s", CHALLENGE))
    roubler.vendor.faults.add("lose_reply", "token")
    with pytest.raises(VendorProblem):
        await account(roubler).exchange(back.query["code"], BACK, VERIFIER)

    assert (len(calls(roubler, "token")), tokens.saved) == (1, [])


async def test_a_login_without_a_refresh_token_is_none(roubler: Stand, tokens: MemoryTokens) -> None:
    url = URL(account(roubler).authorize_url(BACK, "s", CHALLENGE)).update_query(scope="openid")
    back = await visit(str(url))
    with pytest.raises(VendorProblem, match="no refresh token"):
        await account(roubler).exchange(back.query["code"], BACK, VERIFIER)

    assert tokens.saved == []


async def test_the_login_of_a_person_wins_over_the_seed_in_the_settings(
    roubler: Stand, clock: StillClock, tokens: MemoryTokens
) -> None:
    back = await visit(account(roubler).authorize_url(BACK, "s", CHALLENGE))
    await account(roubler).exchange(back.query["code"], BACK, VERIFIER)
    given = tokens.saved[-1]["refresh_token"]
    clock.at = NOON + timedelta(hours=2)
    await roubler.connection.list(NOON)

    assert [one["reply"] for one in calls(roubler, "token")] == ["200", "200"]
    assert given != tokens.saved[-1]["refresh_token"]


class Overheard(VendorClient):
    """Keeps the refresh tokens that are sent."""

    sent: tuple[str, ...] = ()

    async def call(self, connection: str, method: str, url: str, **more: Any) -> Reply:
        if "refresh_token" in (more.get("data") or {}):
            self.sent += (more["data"]["refresh_token"],)
        return await super().call(connection, method, url, **more)


async def test_a_new_token_in_the_settings_takes_the_place_of_the_saved_one_and_is_used_once(
    tokens: MemoryTokens, clock: StillClock
) -> None:
    async with open_session() as session:
        client = Overheard(session, timeout_s=2, clock=clock, log=structlog.get_logger())
        async with stand("roubler", client, tokens, clock) as at:
            await at.connection.list(NOON)
            told = at.settings.model_copy(update={"refresh_token": SecretStr("canary-second")})
            again = at.connector.open(told, client, tokens)
            for hours in (2, 4):
                clock.at = NOON + timedelta(hours=hours)
                await again.list(NOON)

    first, second, third = client.sent
    assert (first, second) == ("canary-refresh", "canary-second")
    assert third not in (first, second)


async def test_id_and_secret_go_as_a_header_where_the_settings_say_so(
    client: VendorClient, tokens: MemoryTokens, clock: StillClock
) -> None:
    async with stand("roubler", client, tokens, clock, client_auth="basic") as at:
        await at.connection.list(NOON)

    assert [one["reply"] for one in calls(at, "token")] == ["200"]


# One renewing at a time


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    made = await open_database(f"sqlite+aiosqlite:///{tmp_path / 'bot.db'}")
    yield made
    await made.close()


async def two(
    at: Stand, client: VendorClient, clock: StillClock, db: Database
) -> tuple[list[SealedTokens], list[Any]]:
    """Two connections to one account, as two processes have them, over one database."""
    keys = MultiFernet([Fernet(Fernet.generate_key())])
    kept = [SealedTokens(db, "roubler-x", keys, clock) for _ in range(2)]
    return kept, [connectors()["roubler"].open(at.settings, client, one) for one in kept]


async def test_two_that_need_a_token_at_once_refresh_once(
    roubler: Stand, client: VendorClient, clock: StillClock, db: Database
) -> None:
    """At a vendor that ends the login when a refresh token comes a second time."""
    roubler.vendor.login.grace = timedelta(0)
    roubler.vendor.faults.add("slow", "token", times=None, delay_s=0.1)
    _, both = await two(roubler, client, clock, db)
    for hour in (0, 2, 4):
        clock.at = NOON + timedelta(hours=hour)
        await asyncio.gather(*(one.list(NOON) for one in both for _ in range(3)))

    assert [one["reply"] for one in calls(roubler, "token")] == ["200", "200", "200"]


async def test_who_is_still_renewing_is_waited_for_and_then_nothing_is_sent(
    roubler: Stand, client: VendorClient, clock: StillClock, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.connecting.TURN_PAUSE_S", 0.001)
    (kept, _), (_, second) = await two(roubler, client, clock, db)
    async with kept.turn():
        with pytest.raises(HeldBack, match="its login is being renewed by somebody else"):
            await second.list(NOON)
        sent = calls(roubler, "token")
        clock.at = NOON + timedelta(minutes=2)  # whoever had it was killed in there
        await second.list(NOON)

    assert sent == []


async def test_one_that_wakes_after_its_turn_overwrites_nothing_newer(
    roubler: Stand, client: VendorClient, clock: StillClock, db: Database
) -> None:
    (kept, _), (_, second) = await two(roubler, client, clock, db)
    before = await kept.load() or {}
    await second.list(NOON)
    newer = await kept.load()

    assert await kept.save({"refresh_token": "late"}, instead_of=before) is False
    assert await kept.load() == newer
    assert await kept.save({"refresh_token": "by a person"}) is True


async def test_tokens_lie_sealed_in_the_database(
    roubler: Stand, client: VendorClient, clock: StillClock, db: Database
) -> None:
    (kept, _), (first, _) = await two(roubler, client, clock, db)
    await first.list(NOON)
    saved = await kept.load()
    async with db.read() as tx:
        (row,) = await access.credentials(tx)

    assert saved is not None
    assert not [secret for secret in saved.values() if secret.encode() in row[1]]


@pytest.mark.parametrize("told", ['"soon"', "-5", "1" + "0" * 29, "null", "true"])
async def test_a_token_whose_life_makes_no_sense_is_used_for_a_short_time_or_a_day(
    roubler: Stand, tokens: MemoryTokens, told: str
) -> None:
    text = f'{{"access_token": "a", "refresh_token": "r", "expires_in": {told}}}'
    roubler.vendor.faults.add("body", "token", times=None, text=text)
    roubler.vendor.login.tokens.is_good = lambda request: True
    await roubler.connection.list(NOON)

    assert tokens.saved


# Acting


async def test_a_run_is_marked_as_paid_at_the_time_that_was_given(roubler: Stand) -> None:
    came = await account(roubler).act("roubler.mark_processed", PAID, "k")
    after = await roubler.connection.read("roubler.payrun", "38", NOON, lines=True)

    assert came == Done()
    assert after.values["status"] == Known("processed")
    assert after.instant("processed at") is not None
    assert [one["processed_at"] for one in calls(roubler, "process_pay_run")] == [PAID["processedAt"]]


async def test_without_a_time_nothing_is_sent(roubler: Stand) -> None:
    came = await account(roubler).act("roubler.mark_processed", {"run": "38"}, "k")

    assert came == Refused("nobody said when it was paid")
    assert calls(roubler, "process_pay_run") == []


async def test_a_second_marking_is_refused_in_the_vendors_words(roubler: Stand) -> None:
    await account(roubler).act("roubler.mark_processed", PAID, "k")

    assert await account(roubler).act("roubler.mark_processed", PAID, "k") == Refused(
        "PayRun 38 is Processed, not Finalised"
    )


@pytest.mark.parametrize("says_401", [True, False])
async def test_an_access_token_that_ended_early_is_renewed_and_the_action_sent_once_more(
    roubler: Stand, says_401: bool
) -> None:
    await roubler.connection.list(NOON)
    roubler.vendor.forget_tokens()
    roubler.vendor.habits.says_401 = says_401
    came = await account(roubler).act("roubler.mark_processed", PAID, "k")

    assert came == Done()
    assert [one["effect"] for one in calls(roubler, "process_pay_run")] == [False, True]


async def test_a_run_is_deleted_and_then_gone_and_a_paid_one_is_not(roubler: Stand) -> None:
    other = roubler.vendor.add_run(NOON.date(), NOON.date() + timedelta(days=13))
    await account(roubler).act("roubler.mark_processed", PAID, "k")

    assert await account(roubler).delete("38") == Refused("PayRun 38 is Processed")
    assert await account(roubler).delete(other) == Done()
    assert [row.vendor_id for row in (await roubler.connection.list(NOON)).rows] == ["38"]


async def test_a_delete_whose_answer_is_lost_is_unknown(roubler: Stand) -> None:
    roubler.vendor.faults.add("lose_reply", "delete_pay_run")

    assert isinstance(await account(roubler).delete("38"), Unknown)


# What it is sent and shown


async def test_a_reply_with_numbers_as_ids_is_the_same_run(roubler: Stand) -> None:
    as_text = await roubler.connection.read("roubler.payrun", "38", NOON, lines=True)
    roubler.vendor.habits.numbers_as_ids = True

    assert await roubler.connection.read("roubler.payrun", "38", NOON, lines=True) == as_text
    assert [row.vendor_id for row in (await roubler.connection.list(NOON)).rows] == ["38"]


@pytest.mark.parametrize("codes", [True, False])
async def test_a_field_that_fails_is_unread_and_the_rest_of_the_run_is_not(
    roubler: Stand, codes: bool
) -> None:
    whole = await roubler.connection.read("roubler.payrun", "38", NOON, lines=True)
    roubler.vendor.habits.codes = codes
    roubler.vendor.habits.failing["timesheets"] = "timesheets are slow today"
    part = await roubler.connection.read("roubler.payrun", "38", NOON, lines=True)

    assert part.values["timesheets"] == Unread("Roubler answered it with an error: timesheets are slow today")
    assert part.lines == whole.lines
    assert {name for name, value in part.values.items() if value != whole.values[name]} == {
        "timesheets",
        "hours",
        "hours not payrolled",
        "timesheets not payrolled",
        "pay items without a timesheet",
    }


async def test_company_and_location_go_with_every_query(
    client: VendorClient, tokens: MemoryTokens, clock: StillClock
) -> None:
    async with stand("roubler", client, tokens, clock, location_id=7) as at:
        seen: list[tuple[str | None, str | None]] = []
        refusal = at.vendor.refusal

        def remember(request: aiohttp.web.Request) -> aiohttp.web.Response | None:
            seen.append((request.headers.get("X-Company-ID"), request.headers.get("X-Location-ID")))
            found: aiohttp.web.Response | None = refusal(request)
            return found

        at.vendor.refusal = remember
        await at.connection.list(NOON)
        await at.connection.act("roubler.mark_processed", PAID, "k")

    assert [one for one in seen if one != (None, None)] == [("999", "7"), ("999", "7")]


# What the login may see


def oks(found: tuple[Access, ...]) -> list[tuple[str, bool | None]]:
    return [(one.what, one.ok) for one in found]


async def test_what_a_login_may_see_is_told_by_reading_only(roubler: Stand) -> None:
    found = await roubler.connection.check_access()

    assert oks(found) == [
        ("the login", True),
        ("company 999", True),
        ("reading pay runs", True),
        ("marking pay runs as paid", None),
    ]
    assert not [one for one in roubler.vendor.ledger.entries if one["effect"]]


async def test_a_company_that_is_not_the_logins_is_told_with_those_that_are(
    client: VendorClient, tokens: MemoryTokens, clock: StillClock
) -> None:
    async with stand("roubler", client, tokens, clock, location_id=2) as at:
        at.vendor.places = [("999", "A", "1", "Main"), ("12", "B", "2", "Main")]
        found = await at.connection.check_access()

    (location,) = [one for one in found if one.what == "location 2"]
    assert (location.ok, location.said) == (False, "the login sees 1")
    assert location.mend.startswith("Put one of them into location_id")


@pytest.mark.parametrize("codes", [True, False])
async def test_a_company_without_access_is_told_in_the_vendors_words(roubler: Stand, codes: bool) -> None:
    roubler.vendor.habits.codes = codes
    roubler.vendor.places = [("12", "B", "2", "Main")]
    found = await roubler.connection.check_access()

    assert (found[0].ok, found[0].said) == (False, "Roubler answered viewer with: No access to this company")


async def test_a_login_that_is_over_says_what_to_do(roubler: Stand) -> None:
    roubler.vendor.faults.add("status", "token", times=None, code=400)
    (only,) = await roubler.connection.check_access()

    assert (only.what, only.ok) == ("the login", False)
    assert only.mend == "log in again: payrunbot login roubler-x, or a new refresh_token"


async def test_a_vendor_that_is_not_there_is_told_and_raises_nothing(
    client: VendorClient, tokens: MemoryTokens, clock: StillClock
) -> None:
    async with stand("roubler", client, tokens, clock) as at:
        pass

    assert [one.ok for one in await at.connection.check_access()] == [False]
