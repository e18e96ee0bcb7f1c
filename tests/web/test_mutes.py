"""Mutes over HTTP, and on the page Today."""

from .stand import APPROVER, OPERATOR, VIEWER, Browser, Stand
from .test_api import post

ASKED = {"about": "gigapay-se", "why": "we know of it", "lasts": "3 days"}


async def test_a_mute_stands_on_today_with_its_owner_reason_and_end_until_it_is_ended(
    site: Stand, approver: Browser
) -> None:
    before = await approver.page("/")
    muted = await post(site, "/mute", ASKED, OPERATOR)
    today = await approver.page("/")
    unmuted = await post(site, "/unmute", {"about": "gigapay-se"}, APPROVER)
    after = await approver.page("/")

    assert (muted[0], unmuted[0]) == (200, 200)
    assert muted[1]["said"].startswith("Nobody is alerted of gigapay-se until ")
    ends = muted[1]["said"].removeprefix("Nobody is alerted of gigapay-se until ").rstrip(".")
    assert f"gigapay-se is muted until {ends}" in today
    assert f"By {OPERATOR}: we know of it" in today
    assert not any("is muted" in page for page in (before, after))


async def test_who_only_looks_may_not(site: Stand) -> None:
    assert (await post(site, "/mute", ASKED, VIEWER))[0] == 403
    assert (await post(site, "/unmute", {"about": "gigapay-se"}, VIEWER))[0] == 403


async def test_it_needs_exactly_one_end_and_a_reason(site: Stand) -> None:
    both = {**ASKED, "until": "2026-11-23T12:00:00+01:00"}
    neither = {"about": "gigapay-se", "why": "x"}

    for body in (both, neither, {**ASKED, "why": " "}):
        assert (await post(site, "/mute", body, OPERATOR))[0] == 422


async def test_a_length_that_is_none_is_told(site: Stand) -> None:
    status, said = await post(site, "/mute", {**ASKED, "lasts": "for ever"}, OPERATOR)

    assert status == 409
    assert '"for ever" is neither a moment such as 2026-11-23T12:00 nor a length of time' in str(said)
