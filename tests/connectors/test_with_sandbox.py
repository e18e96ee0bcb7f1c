"""Each connector against its vendor's sandbox, which was written from the documents alone."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bot.connectors.client import VendorClient
from bot.connectors.gigapay.actions import CLOSE_PAYRUN
from bot.connectors.problem import Unauthorised, VendorProblem
from bot.connectors.staffology.actions import FINALISE_PAYRUN
from bot.connectors.xero.actions import CREATE_NEXT_CALENDAR
from bot.core.action import Done, Refused, Retry
from bot.core.money import Money
from bot.core.resource import MISSING, Known, Unread

from .conftest import NOON, MemoryTokens, StillClock
from .stand import Stand, stand

WEEKLY = "b70ce0c1-c469-4ba6-b2b2-0ca7d24926fb"
MONTH_8 = "Year2026-Monthly-8-1-0"


@pytest.fixture
async def gigapay(client: VendorClient, tokens: MemoryTokens, clock: StillClock) -> AsyncIterator[Stand]:
    async with stand("gigapay", client, tokens, clock) as opened:
        yield opened


@pytest.fixture
async def xero(client: VendorClient, tokens: MemoryTokens, clock: StillClock) -> AsyncIterator[Stand]:
    async with stand("xero", client, tokens, clock) as opened:
        yield opened


@pytest.fixture
async def staffology(client: VendorClient, tokens: MemoryTokens, clock: StillClock) -> AsyncIterator[Stand]:
    async with stand("staffology", client, tokens, clock) as opened:
        yield opened


@pytest.fixture
async def roubler(client: VendorClient, tokens: MemoryTokens, clock: StillClock) -> AsyncIterator[Stand]:
    async with stand("roubler", client, tokens, clock) as opened:
        yield opened


def calls(at: Stand, name: str) -> list[dict[str, Any]]:
    return [entry for entry in at.vendor.ledger.entries if entry["call"] == name]


async def test_gigapay_an_open_payrun_is_read_closed_and_read_back(gigapay: Stand) -> None:
    payrun = gigapay.vendor.add_payout("1041", "2150.00")["payrun"]
    gigapay.vendor.add_payout("1047", "1765.00")
    before = await gigapay.connection.read("gigapay.payrun", payrun, NOON, lines=False)
    outcome = await gigapay.connection.act(CLOSE_PAYRUN.name, CLOSE_PAYRUN.request(before), "k1")
    after = await gigapay.connection.read("gigapay.payrun", payrun, NOON, lines=False)

    assert before.values["net pay"] == Known(Money.of("3915.00", "SEK"))
    assert before.values["closes by itself at"] == Known(NOON + timedelta(days=1))
    assert CLOSE_PAYRUN.is_done(before, {}) is False
    assert outcome == Done()
    assert CLOSE_PAYRUN.is_done(after, {}) is True
    assert after.values["closed at"] == Known(NOON)
    assert CLOSE_PAYRUN.key(before, 0) == CLOSE_PAYRUN.key(after, 0)


async def test_gigapay_a_second_close_is_refused(gigapay: Stand) -> None:
    payrun = gigapay.vendor.add_payout("1041", "2150.00")["payrun"]
    await gigapay.connection.act(CLOSE_PAYRUN.name, {"payrun": payrun}, "k1")
    again = await gigapay.connection.act(CLOSE_PAYRUN.name, {"payrun": payrun}, "k2")

    assert isinstance(again, Refused)
    assert [entry["effect"] for entry in calls(gigapay, "close")] == [True, False]


@pytest.mark.parametrize("count", [100, 101, 230])
async def test_gigapay_all_payouts_are_read_however_many_pages(gigapay: Stand, count: int) -> None:
    for number in range(count):
        payrun = gigapay.vendor.add_payout(str(number), "10.00")["payrun"]
    snapshot = await gigapay.connection.read("gigapay.payrun", payrun, NOON, lines=False)

    assert snapshot.values["payouts"] == Known(count)
    assert snapshot.values["net pay"] == Known(Money.of(f"{count * 10}.00", "SEK"))


@pytest.mark.parametrize(
    ("by", "pages"),
    [
        pytest.param(1, 2, id="one is shown twice and counted once"),
        pytest.param(-1, 4, id="one is missed, so all is read again"),
    ],
)
async def test_gigapay_a_payout_that_moves_between_pages_is_counted_once(
    gigapay: Stand, by: int, pages: int
) -> None:
    for number in range(150):
        payrun = gigapay.vendor.add_payout(str(number), "10.00")["payrun"]
    gigapay.vendor.faults.add("drift_pages", "GET /payouts/", by=by)
    snapshot = await gigapay.connection.read("gigapay.payrun", payrun, NOON, lines=False)

    assert snapshot.values["payouts"] == Known(150)
    assert len(calls(gigapay, "GET /payouts/")) == pages


async def test_gigapay_a_list_that_never_holds_still_is_a_problem(gigapay: Stand) -> None:
    for number in range(150):
        payrun = gigapay.vendor.add_payout(str(number), "10.00")["payrun"]
    gigapay.vendor.faults.add("drift_pages", "GET /payouts/", times=None, by=-1)

    with pytest.raises(VendorProblem, match="moved the pages"):
        await gigapay.connection.read("gigapay.payrun", payrun, NOON, lines=False)


async def test_gigapay_the_payment_term_is_asked_for_once_an_hour(gigapay: Stand) -> None:
    for later in (0, 59, 60):
        at = NOON + timedelta(minutes=later)
        await gigapay.connection.read("gigapay.payrun", "2859272", at, lines=False)

    assert len(calls(gigapay, "GET /payment_term/")) == 2


async def test_gigapay_without_its_payment_term_the_rest_is_still_known(gigapay: Stand) -> None:
    payrun = gigapay.vendor.add_payout("1041", "2150.00")["payrun"]
    gigapay.vendor.faults.add("status", "GET /payment_term/", code=403)
    snapshot = await gigapay.connection.read("gigapay.payrun", payrun, NOON, lines=False)

    assert isinstance(snapshot.values["closes by itself at"], Unread)
    assert snapshot.values["status"] == Known("open")


async def test_gigapay_a_wrong_webhook_is_mended_and_a_stale_one_removed(gigapay: Stand) -> None:
    await gigapay.connection.register_hooks("https://payrun.example.com")
    first, second, *_ = gigapay.vendor.state.webhooks.values()
    first["events"] = ["Payrun.paid", "Payout.created"]
    second["url"] = "https://payrun.example.com/hooks/gigapay-x/Invoice.paid"
    done = await gigapay.connection.register_hooks("https://payrun.example.com")

    assert sorted(one.split()[0] for one in done) == ["mended", "registered", "removed"]
    assert await gigapay.connection.register_hooks("https://payrun.example.com") == ()


async def test_gigapay_somebody_elses_webhook_is_left_alone(gigapay: Stand) -> None:
    await gigapay.connection.register_hooks("https://other.example.com")
    await gigapay.connection.register_hooks("https://payrun.example.com")

    assert len(gigapay.vendor.state.webhooks) == 18


async def test_xero_one_token_serves_until_shortly_before_its_end(
    xero: Stand, clock: StillClock, tokens: MemoryTokens
) -> None:
    asked = []
    for minutes in (0, 27, 28):
        clock.at = NOON + timedelta(minutes=minutes)
        await xero.connection.list(NOON)
        asked.append(len(calls(xero, "token")))

    assert asked == [1, 1, 2]
    assert len(tokens.saved) == 2


async def test_xero_a_saved_token_serves_after_a_restart(
    xero: Stand, client: VendorClient, tokens: MemoryTokens
) -> None:
    await xero.connection.list(NOON)
    again = xero.connector.open(xero.settings, client, tokens)
    await again.list(NOON)

    assert len(calls(xero, "token")) == 1


async def test_xero_a_refused_token_is_renewed_once_and_the_read_repeated(xero: Stand) -> None:
    await xero.connection.list(NOON)
    xero.vendor.faults.add("expired_token", "GET /PayRuns/:id")
    await xero.connection.read("xero.payrun", "e1e889e4-d574-4224-b4e7-d962346ae3a1", NOON, lines=True)

    assert len(calls(xero, "token")) == 2


async def test_xero_a_token_refused_twice_says_what_a_person_must_do(xero: Stand) -> None:
    xero.vendor.faults.add("expired_token", "GET /PayRuns*", times=None)

    with pytest.raises(Unauthorised) as caught:
        await xero.connection.read("xero.payrun", "e1e889e4", NOON, lines=True)

    assert "check client_id and client_secret of xero-x" in caught.value.needs
    assert len(calls(xero, "token")) == 2


async def test_xero_an_action_refused_for_its_token_is_sent_again_with_a_new_one(xero: Stand) -> None:
    calendar = await xero.connection.read("xero.calendar", WEEKLY, NOON, lines=True)
    xero.vendor.faults.add("expired_token", "create_calendar")
    outcome = await xero.connection.act(
        CREATE_NEXT_CALENDAR.name, CREATE_NEXT_CALENDAR.request(calendar), "k1"
    )

    assert outcome == Done()
    assert [entry["effect"] for entry in calls(xero, "create_calendar")] == [False, True]


async def test_xero_the_next_calendar_is_created_and_read_back(xero: Stand) -> None:
    before = await xero.connection.read("xero.calendar", WEEKLY, NOON, lines=True)
    request = CREATE_NEXT_CALENDAR.request(before)
    outcome = await xero.connection.act(CREATE_NEXT_CALENDAR.name, request, "k" * 200)
    after = await xero.connection.read("xero.calendar", WEEKLY, NOON, lines=True)

    assert CREATE_NEXT_CALENDAR.is_done(before, request) is False
    assert outcome == Done()
    assert CREATE_NEXT_CALENDAR.is_done(after, request) is True


async def test_xero_a_calendar_that_came_meanwhile_is_no_reason_for_a_second(xero: Stand) -> None:
    calendar = await xero.connection.read("xero.calendar", WEEKLY, NOON, lines=True)
    made = xero.vendor.add_calendar("By hand", "Weekly", date(2017, 5, 19), date(2017, 5, 26))
    outcome = await xero.connection.act(
        CREATE_NEXT_CALENDAR.name, CREATE_NEXT_CALENDAR.request(calendar), "k1"
    )

    said = f"not sent, because “By hand” ({made}) is a calendar of the same type from 2017-05-19 on"
    assert outcome == Refused(said)
    assert calls(xero, "create_calendar") == []


async def test_xero_a_look_for_a_second_calendar_that_takes_too_long_sends_nothing(
    xero: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    calendar = await xero.connection.read("xero.calendar", WEEKLY, NOON, lines=True)
    monkeypatch.setattr("bot.connectors.xero.LOOKS_WITHIN_S", 0.05)
    xero.vendor.faults.add("slow", "GET /PayRunCalendars", delay_s=0.5)
    outcome = await xero.connection.act(
        CREATE_NEXT_CALENDAR.name, CREATE_NEXT_CALENDAR.request(calendar), "k1"
    )

    assert outcome == Retry("did not list its calendars within 0.05 s")
    assert calls(xero, "create_calendar") == []


async def test_xero_the_limit_that_was_met_is_told(xero: Stand) -> None:
    xero.vendor.faults.add("rate_limit", "GET /PayRuns", retry_after=66975, limit="day")

    with pytest.raises(VendorProblem) as caught:
        await xero.connection.list(NOON)

    assert caught.value.what == "answered 429 to PayRuns: Request was throttled.; the limit met is: day"
    assert caught.value.retry_after_s == 66975


async def test_xero_a_run_drafted_without_rolling_shows_on_its_calendar(xero: Stand) -> None:
    run = xero.vendor.draft_pay_run(WEEKLY, xero.vendor.usual_slips("Weekly"), roll=False)
    snapshot = await xero.connection.read("xero.calendar", WEEKLY, NOON, lines=True)

    assert snapshot.values["run for this period"] == Known(run)
    assert snapshot.values["next period calendar"] == MISSING


async def test_xero_a_list_of_many_pages_is_read_to_its_end(xero: Stand) -> None:
    for number in range(205):
        xero.vendor.add_calendar(f"W{number}", "Weekly", date(2026, 11, 2), date(2026, 11, 6))
    listing = await xero.connection.list(NOON)

    assert len({row.vendor_id for row in listing.rows if row.kind == "xero.calendar"}) == 207


async def test_staffology_a_run_is_finalised_and_read_back(staffology: Stand, clock: StillClock) -> None:
    before = await staffology.connection.read("staffology.payrun", MONTH_8, NOON, lines=True)
    outcome = await staffology.connection.act(FINALISE_PAYRUN.name, FINALISE_PAYRUN.request(before), "k1")
    clock.at = NOON + timedelta(hours=1)
    after = await staffology.connection.read("staffology.payrun", MONTH_8, clock.at, lines=True)

    assert before.lines is not None
    assert Known(len(before.lines)) == before.values["payees"]
    assert FINALISE_PAYRUN.is_done(before, {}) is False
    assert outcome == Done()
    assert FINALISE_PAYRUN.is_done(after, {}) is True
    assert [entry["payslips"] for entry in calls(staffology, "change_state")] == [0]


async def test_staffology_lines_are_read_only_when_asked_for(staffology: Stand) -> None:
    snapshot = await staffology.connection.read("staffology.payrun", MONTH_8, NOON, lines=False)

    assert snapshot.lines is None
    assert calls(staffology, "GET /payrun/.../:entry") == []


async def test_staffology_the_newest_two_periods_are_read_at_each_poll(staffology: Stand) -> None:
    listing = await staffology.connection.list(NOON)

    assert [row.vendor_id for row in listing.rows if row.is_live] == ["Year2026-Monthly-7-1-0", MONTH_8]


@pytest.mark.parametrize(
    ("call", "fields"),
    [
        ("GET /automation", {"also automated by vendor", "closes by itself at", "finalising also"}),
        ("GET /payrun/.../warnings", {"warnings"}),
        ("GET /schedules/.../periods", {"unadjusted pay date", "events overdue"}),
        ("GET /payrun/check-if-fps-late-reason-applicable", {"FPS late reason needed"}),
        ("GET /payrun/.../stateHistory", {"state changed on"}),
        (
            "GET /schedules/:year/:payPeriod/:ordinal",
            {
                "year-end tasks",
                "next run is in a new tax year",
                "schedule has an open run",
                "schedule is needed",
                "next run",
                "next run to start",
            },
        ),
    ],
)
async def test_staffology_what_cannot_be_read_is_unknown_and_the_rest_is_not(
    staffology: Stand, call: str, fields: set[str]
) -> None:
    staffology.vendor.faults.add("status", call, code=403)
    snapshot = await staffology.connection.read("staffology.payrun", MONTH_8, NOON, lines=True)

    assert {name for name, value in snapshot.values.items() if isinstance(value, Unread)} == fields


async def test_staffology_a_reply_with_indexes_is_the_same_run(staffology: Stand) -> None:
    words = await staffology.connection.read("staffology.payrun", MONTH_8, NOON, lines=False)
    staffology.vendor.faults.add("enum_index", "GET /payrun/:year/:payPeriod/:number")
    indexes = await staffology.connection.read("staffology.payrun", MONTH_8, NOON, lines=False)

    assert words == indexes


async def test_roubler_a_rotated_token_is_saved_before_it_is_used(
    roubler: Stand, tokens: MemoryTokens
) -> None:
    roubler.vendor.faults.add("status", "payRuns", code=403)
    with pytest.raises(VendorProblem):
        await roubler.connection.list(NOON)

    assert tokens.saved[0]["refresh_token"] != "canary-refresh"


async def test_roubler_the_saved_token_wins_over_the_seed(
    roubler: Stand, tokens: MemoryTokens, clock: StillClock
) -> None:
    await roubler.connection.list(NOON)
    clock.at = NOON + timedelta(hours=2)
    await roubler.connection.list(NOON)
    clock.at = NOON + timedelta(hours=4)
    await roubler.connection.list(NOON)

    assert len({one["refresh_token"] for one in tokens.saved}) == 3


async def test_roubler_a_lost_answer_tries_the_old_token_once_more(roubler: Stand) -> None:
    roubler.vendor.faults.add("lose_reply", "token")
    await roubler.connection.list(NOON)

    assert len(calls(roubler, "token")) == 2


async def test_roubler_a_token_that_is_refused_asks_a_person_to_log_in(roubler: Stand) -> None:
    roubler.vendor.faults.add("status", "token", code=400)

    with pytest.raises(VendorProblem) as caught:
        await roubler.connection.list(NOON)

    assert caught.value.needs == "log in again: payrunbot login roubler-x, or a new refresh_token"


async def test_roubler_without_any_token_asks_a_person_to_log_in(
    client: VendorClient, tokens: MemoryTokens, clock: StillClock
) -> None:
    async with stand("roubler", client, tokens, clock, refresh_token=None) as at:
        with pytest.raises(VendorProblem) as caught:
            await at.connection.list(NOON)

    assert caught.value.needs == "log in again: payrunbot login roubler-x, or a new refresh_token"
    assert calls(at, "token") == []


async def test_roubler_errors_are_read_with_the_employees_id(roubler: Stand) -> None:
    roubler.vendor.set_errors("38", [("Pay rate missing for Ordinary", "72944")])
    snapshot = await roubler.connection.read("roubler.payrun", "38", NOON, lines=True)

    assert snapshot.values["errors"] == Known(1, ("employee 72944: Pay rate missing for Ordinary",))
    assert snapshot.values["finalised at"] == Known(datetime(2024, 6, 6, 5, 0, 17, 747000, UTC))
