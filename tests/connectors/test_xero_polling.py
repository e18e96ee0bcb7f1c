"""How much of Xero's lists a poll reads, and what becomes of what it does not read again."""

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from bot.connectors import HeldBack, Listed, Listing, VendorProblem
from bot.connectors.client import VendorClient
from bot.connectors.xero.api import Page, XeroApi
from bot.connectors.xero.models import PayRun
from bot.connectors.xero.runs import PayRuns
from bot.core.action import Retry
from bot.core.resource import MISSING, Known

from .conftest import NOON, MemoryTokens, StillClock
from .stand import Stand, stand

WEEKLY = "b70ce0c1-c469-4ba6-b2b2-0ca7d24926fb"
DAY = timedelta(days=1)


@pytest.fixture
async def xero(client: VendorClient, tokens: MemoryTokens, clock: StillClock) -> AsyncIterator[Stand]:
    async with stand("xero", client, tokens, clock) as opened:
        yield opened


@pytest.fixture
async def starter(client: VendorClient, tokens: MemoryTokens, clock: StillClock) -> AsyncIterator[Stand]:
    """On the starter tier: a fifth of its day is a page every 432 seconds."""
    async with stand("xero", client, tokens, clock, budget={"per_day": 1000, "per_minute": 60}) as opened:
        yield opened


async def listed(at: Stand, clock: StillClock, when: datetime) -> Listing:
    clock.at = when
    return await at.connection.list(when)


def calls(at: Stand, name: str) -> list[dict[str, Any]]:
    return [entry for entry in at.vendor.ledger.entries if entry["call"] == name]


def rows(listing: Listing, kind: str = "xero.payrun") -> dict[str, Listed]:
    return {row.vendor_id: row for row in listing.rows if row.kind == kind}


def many(at: Stand, count: int) -> None:
    at.vendor.seed_history(date(2000, 1, 3), count=count)


async def test_a_short_list_is_read_whole_at_each_poll(xero: Stand, clock: StillClock) -> None:
    for number in range(4):
        at = NOON + number * timedelta(minutes=10)
        listing = await listed(xero, clock, at)
        assert listing.oldest_at == at

    assert len(rows(listing)) == 6


async def test_drafts_and_calendars_are_read_at_each_poll_and_the_rest_in_turn(
    starter: Stand, clock: StillClock
) -> None:
    many(starter, 344)
    first = await listed(starter, clock, NOON)
    before = len(calls(starter, "GET /PayRuns"))
    seen = []
    for number in range(1, 5):
        listing = await listed(starter, clock, NOON + number * timedelta(minutes=8))
        seen.append(listing.oldest_at)

    assert (before, len(calls(starter, "GET /PayRuns")) - before) == (4 + 1, 4 + 4)
    assert len(calls(starter, "GET /PayRunCalendars")) == 5
    assert seen == [NOON, NOON, NOON, NOON + timedelta(minutes=8)]
    assert rows(first).keys() == rows(listing).keys()
    assert len(rows(listing)) == 350


class SixPages(XeroApi):
    """An organisation of 600 posted runs that is not asked over a network."""

    def __init__(self) -> None:
        self.asked = 0

    async def pay_run_page(self, number: int) -> Page[PayRun]:
        self.asked += 1
        names = [f"{number}-{row}" for row in range(100)]
        found = {name: PayRun.model_validate({"payrunid": name, "payrunstatus": "Posted"}) for name in names}
        return Page(found, is_last=number == 6, counted=600)

    async def pay_runs(self, status: str | None = None) -> list[PayRun]:
        return []


@pytest.mark.parametrize(("minutes", "oldest"), [(1, 45), (5, 47), (15, 45), (60, 60)])
async def test_a_day_spends_at_most_a_fifth_of_its_calls_on_the_round(minutes: int, oldest: int) -> None:
    """A round of six pages within 44 minutes, or with each poll where that is later."""
    api = SixPages()
    runs = PayRuns(api, per_minute=60, per_day=1000)
    await runs.read(NOON)
    before, ages = api.asked, []
    polls = 24 * 60 // minutes
    for number in range(1, polls + 1):
        now = NOON + number * timedelta(minutes=minutes)
        oldest_at = (await runs.read(now)).oldest_at
        assert oldest_at is not None
        ages.append(now - oldest_at)

    assert min(6 * polls, 200) - 6 <= api.asked - before <= 200
    assert max(ages) <= timedelta(minutes=oldest)


async def test_a_draft_that_was_posted_is_read_at_once(starter: Stand, clock: StillClock) -> None:
    many(starter, 344)
    run = starter.vendor.draft_pay_run(WEEKLY, starter.vendor.usual_slips("Weekly"))
    draft = rows(await listed(starter, clock, NOON))[run]
    starter.vendor.post_pay_run(run)
    posted = rows(await listed(starter, clock, NOON + timedelta(seconds=1)))[run]

    assert (draft.is_live, posted.is_live) == (True, False)
    assert draft.fingerprint != posted.fingerprint
    assert [entry["target"] for entry in calls(starter, "GET /PayRuns/:id")] == [run]


async def test_a_posted_run_taken_back_is_a_draft_at_the_next_poll(starter: Stand, clock: StillClock) -> None:
    many(starter, 344)
    await listed(starter, clock, NOON)
    newest = list(starter.vendor.state.pay_runs)[-1]
    starter.vendor.revert_pay_run(newest)
    again = rows(await listed(starter, clock, NOON + timedelta(seconds=1)))

    assert again[newest].is_live


async def test_a_draft_that_was_deleted_is_no_longer_listed(starter: Stand, clock: StillClock) -> None:
    run = starter.vendor.draft_pay_run(WEEKLY, starter.vendor.usual_slips("Weekly"))
    await listed(starter, clock, NOON)
    del starter.vendor.state.pay_runs[run]

    assert run not in rows(await listed(starter, clock, NOON + timedelta(seconds=1)))


async def test_nothing_is_gone_before_its_page_has_come_by(starter: Stand, clock: StillClock) -> None:
    many(starter, 344)
    await listed(starter, clock, NOON)
    last = list(starter.vendor.state.pay_runs)[-1]
    del starter.vendor.state.pay_runs[last]
    there = [
        last in rows(await listed(starter, clock, NOON + number * timedelta(minutes=8)))
        for number in range(1, 5)
    ]

    assert there == [True, True, True, False]


async def test_a_round_in_which_pages_moved_takes_nothing_for_gone(starter: Stand, clock: StillClock) -> None:
    many(starter, 344)
    first = await listed(starter, clock, NOON)
    starter.vendor.faults.add("drift_pages", "GET /PayRuns", by=-1)
    for number in range(1, 5):
        again = await listed(starter, clock, NOON + number * timedelta(minutes=8))

    assert rows(again).keys() == rows(first).keys()


async def test_a_run_drafted_and_posted_between_two_polls_comes_with_its_page(
    xero: Stand, clock: StillClock
) -> None:
    await listed(xero, clock, NOON)
    run = xero.vendor.draft_pay_run(WEEKLY, xero.vendor.usual_slips("Weekly"))
    xero.vendor.post_pay_run(run)
    soon = rows(await listed(xero, clock, NOON + timedelta(seconds=80)))
    later = rows(await listed(xero, clock, NOON + timedelta(seconds=90)))

    assert (run in soon, run in later) == (False, True)


async def test_a_first_reading_that_is_too_long_for_a_minute_goes_on_where_it_was(
    client: VendorClient, tokens: MemoryTokens, clock: StillClock
) -> None:
    async with stand("xero", client, tokens, clock, budget={"per_minute": 12}) as slow:
        many(slow, 344)
        with pytest.raises(HeldBack) as caught:
            await listed(slow, clock, NOON)
        listing = await listed(slow, clock, caught.value.until)

    assert caught.value.until == NOON + timedelta(minutes=1)
    assert len(rows(listing)) == 350
    assert len(calls(slow, "GET /PayRuns")) == 4 + 1
    assert listing.oldest_at == NOON


async def test_a_first_reading_is_done_again_where_a_page_moved(starter: Stand, clock: StillClock) -> None:
    many(starter, 144)
    starter.vendor.faults.add("drift_pages", "GET /PayRuns", by=-1)

    assert len(rows(await listed(starter, clock, NOON))) == 150
    assert len(calls(starter, "GET /PayRuns")) == 2 + 2 + 1


async def test_a_list_that_never_holds_still_is_a_problem(starter: Stand, clock: StillClock) -> None:
    many(starter, 144)
    starter.vendor.faults.add("drift_pages", "GET /PayRuns", times=None, by=-1)

    with pytest.raises(VendorProblem, match="moved the pages of its pay runs"):
        await listed(starter, clock, NOON)


async def test_a_poll_that_failed_half_way_loses_nothing(starter: Stand, clock: StillClock) -> None:
    many(starter, 344)
    first = await listed(starter, clock, NOON)
    starter.vendor.faults.add("status", "GET /PayRunCalendars", code=403)
    with pytest.raises(VendorProblem):
        await listed(starter, clock, NOON + timedelta(minutes=8))

    assert rows(await listed(starter, clock, NOON + timedelta(minutes=16))).keys() == rows(first).keys()


async def test_a_clock_that_went_back_earns_nothing_and_goes_on(starter: Stand, clock: StillClock) -> None:
    many(starter, 344)
    await listed(starter, clock, NOON)
    before = len(calls(starter, "GET /PayRuns"))
    await listed(starter, clock, NOON - DAY)
    back = len(calls(starter, "GET /PayRuns"))
    await listed(starter, clock, NOON - DAY + timedelta(minutes=8))

    assert (back - before, len(calls(starter, "GET /PayRuns")) - back) == (1, 2)


async def test_an_organisation_without_any_pay_run_is_read(starter: Stand, clock: StillClock) -> None:
    starter.vendor.state.pay_runs.clear()
    listing = await listed(starter, clock, NOON)

    assert (rows(listing), listing.oldest_at) == ({}, None)


async def test_no_calendar_is_created_while_xero_lists_none(xero: Stand) -> None:
    snapshot = await xero.connection.read("xero.calendar", WEEKLY, NOON, lines=True)
    create = xero.connector.actions["xero.create_next_calendar"]
    xero.vendor.state.calendars.clear()
    outcome = await xero.connection.act(create.name, create.request(snapshot), "k")

    assert outcome == Retry("lists no calendars, not even the one to go by")
    assert not xero.vendor.ledger.effects("create_calendar")


async def test_calendars_of_one_poll_are_judged_by_what_it_read(xero: Stand, clock: StillClock) -> None:
    await listed(xero, clock, NOON)
    before = len(xero.vendor.ledger.entries)
    snapshots = [
        await xero.connection.read("xero.calendar", one, NOON + timedelta(seconds=59), lines=False)
        for one in rows(await listed(xero, clock, NOON), "xero.calendar")
    ]

    assert len(xero.vendor.ledger.entries) - before == 2
    assert {one.observed_at for one in snapshots} == {NOON}


async def test_a_calendar_that_is_asked_for_later_is_read_anew(xero: Stand, clock: StillClock) -> None:
    await listed(xero, clock, NOON)
    run = xero.vendor.draft_pay_run(WEEKLY, xero.vendor.usual_slips("Weekly"), roll=False)
    later = NOON + timedelta(minutes=1)
    snapshot = await xero.connection.read("xero.calendar", WEEKLY, later, lines=False)

    assert snapshot.values["run for this period"] == Known(run)
    assert snapshot.observed_at == later


async def test_before_an_action_both_lists_are_read_whole(starter: Stand, clock: StillClock) -> None:
    many(starter, 344)
    await listed(starter, clock, NOON)
    run = starter.vendor.draft_pay_run(WEEKLY, starter.vendor.usual_slips("Weekly"), roll=False)
    starter.vendor.post_pay_run(run)
    cached = await starter.connection.read("xero.calendar", WEEKLY, NOON, lines=False)
    fresh = await starter.connection.read("xero.calendar", WEEKLY, NOON, lines=True)

    assert cached.values["run for this period"] == MISSING
    assert fresh.values["run for this period"] == Known(run)
