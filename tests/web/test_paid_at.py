"""An approval that asks for a time, on its page and over the API."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import update

from bot.core.action import AskedInstant
from bot.store.tables import approval

from .stand import APPROVER, FRIDAY, RUN, Browser, Stand

CLOSE = "gigapay.close_payrun"
CHECK = "first-time-payees"
WANTED = AskedInstant("paidAt", "Paid at", "When the money was paid.", not_before="opened at")


@pytest.fixture
async def asking(site: Stand) -> Stand:
    """The stand, where closing needs to be told when the money was paid."""
    site.bot.actions = {**site.bot.actions, CLOSE: replace(site.bot.actions[CLOSE], asks_for=WANTED)}
    asked = await site.asked()
    shown = json.loads(json.dumps(asked.shown))
    shown["asked"] |= {"asks_for": WANTED.label, "asks_help": WANTED.help}
    async with site.bot.db.write() as tx:
        await tx.execute(update(approval).values(shown_json=json.dumps(shown)))
    return site


async def api(site: Stand, **body: object) -> tuple[int, Any]:
    path = f"/api/approvals/{(await site.asked()).id}"
    async with site.client() as client:
        sent = {"answer": "approve", "checks": "all", **body}
        reply = await client.post(path, json=sent, headers=site.bearer(APPROVER))
        return reply.status, await reply.json(content_type=None)


async def test_the_page_asks_for_the_time_and_takes_it_on_the_readers_clocks(
    asking: Stand, approver: Browser
) -> None:
    here = f"/approvals/{(await asking.asked()).id}"
    page = await approver.page(here)
    reply = await approver.submit(here, f"{here}/approve", check=CHECK, at="2026-11-20T15:04:30")
    await asking.work()

    assert '<label for="at">Paid at</label>' in page
    assert reply.status == 303
    assert (await asking.asked()).given_at == datetime(2026, 11, 20, 14, 4, 30, tzinfo=UTC)
    assert asking.vendor.acted == [(CLOSE, {"payrun": RUN, "paidAt": "2026-11-20T14:04:30Z"})]


@pytest.mark.parametrize(
    ("given", "says"),
    [("", "“Paid at” is missing."), ("2026-11-20T15:06", "“Paid at” is still to come"), ("noon", "no time")],
)
async def test_the_page_says_what_is_wrong_with_a_time_and_nothing_is_decided(
    asking: Stand, approver: Browser, given: str, says: str
) -> None:
    here = f"/approvals/{(await asking.asked()).id}"
    reply = await approver.submit(here, f"{here}/approve", check=CHECK, at=given)

    assert reply.status == 422
    assert says in await reply.text()
    assert (await asking.asked()).answers == ()


async def test_the_api_names_what_it_asks_for_and_takes_it(asking: Stand) -> None:
    async with asking.client() as client:
        reply = await client.get("/api/approvals", headers=asking.bearer(APPROVER))
        (listed,) = (await reply.json())["approvals"]
    without, problem = await api(asking)
    with_it, _ = await api(asking, at=FRIDAY.isoformat())

    assert listed["asks_for"] == {"at": "Paid at", "help": "When the money was paid."}
    assert (without, with_it) == (422, 200)
    assert "“Paid at” is missing. When the money was paid." in json.dumps(problem, ensure_ascii=False)
    assert (await asking.asked()).given_at == FRIDAY


async def test_a_time_without_a_zone_is_refused_by_name(asking: Stand) -> None:
    status, problem = await api(asking, at="2026-11-20T15:00")

    assert status == 422
    assert "at: " in json.dumps(problem)


async def test_a_time_where_none_is_asked_for_is_refused(site: Stand) -> None:
    status, problem = await api(site, at=FRIDAY.isoformat())

    assert status == 422
    assert "No time is asked for here." in json.dumps(problem)
