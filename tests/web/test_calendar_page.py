"""The calendar over HTTP: what is due on which day, what a holiday moves, what collides."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.connectors import kinds
from bot.core.agenda import Due, What, collisions
from bot.core.resource import MISSING, Known, Snapshot, Unread
from bot.store import resources
from bot.web.console.calendar_words import clash
from tests.core.calendars import SE

from .stand import APPROVER, RUN, Browser, Stand, run, see
from .test_console import text

BEFORE_CHRISTMAS = datetime(2026, 12, 14, 9, tzinfo=UTC)


def day(page: str, on: str) -> str:
    """What stands on one day of the page."""
    cell = next(one for one in re.findall(r"<td.*?</td>", page, re.DOTALL) if f">{on}<" in one)
    words = re.sub(r"<[^>]*>", " ", re.sub(r"<svg.*?</svg>", "", cell, flags=re.DOTALL))
    return " ".join(words.replace("\u00a0", " ").split())


async def _store(site: Stand, snapshot: Snapshot) -> None:
    async with site.bot.db.write() as tx:
        await resources.save(tx, snapshot, now=site.bot.now(), correlation="look-1")


async def test_each_deadline_is_on_its_day_and_a_run_that_is_known_is_named_and_linked(
    site: Stand, approver: Browser
) -> None:
    page = await approver.page("/calendar")

    assert "No holiday moves a deadline in the next 4 weeks" in text(page)
    assert day(page, "Tue 24 Nov").startswith(f"Tue 24 Nov 16:00 bank Gigapay payrun {RUN} , open")
    assert f'<a href="/payruns/gigapay-se/{RUN}">payrun {RUN}</a>' in page
    assert day(page, "Fri 27 Nov") == "Fri 27 Nov 15:00 cut-off Gigapay"
    assert day(page, "Thu 3 Dec") == "Thu 3 Dec pay date Gigapay"
    assert page.count('<tr><th scope="row">') == 4
    assert 'class="today"' in page


async def test_holidays_and_half_days_are_named_and_what_they_move_says_from_where(site: Stand) -> None:
    site.clock.at = BEFORE_CHRISTMAS
    page = await _signed_in_again(site, "/calendar?weeks=2")

    assert day(page, "Wed 23 Dec").startswith("Wed 23 Dec Day before Christmas Eve: se until 14:00")
    assert "14:00 cut-off Gigapay moved from Fri 25 Dec 15:00" in day(page, "Wed 23 Dec")
    assert day(page, "Thu 24 Dec") == "Thu 24 Dec Christmas Eve: se closed"
    assert day(page, "Fri 25 Dec") == "Fri 25 Dec Christmas Day: se, uk-bacs closed"
    assert re.search(r"<h1>Holidays move \d+ deadlines</h1>", page)


async def _signed_in_again(site: Stand, path: str) -> str:
    """A page some weeks later, when the session of before is over."""
    async with site.signed_in(APPROVER) as browser:
        return await browser.page(path)


async def test_the_heading_counts_what_is_moved_by_holidays(site: Stand) -> None:
    site.clock.at = BEFORE_CHRISTMAS
    page = await _signed_in_again(site, "/calendar?weeks=2&calendar=se")
    moved = len(re.findall(r"moved from", text(page)))

    assert moved > 3
    assert f"Holidays move {moved} deadlines" in text(page)


async def test_what_does_not_go_together_is_told_above_the_weeks(site: Stand) -> None:
    site.clock.at = BEFORE_CHRISTMAS
    page = text(await _signed_in_again(site, "/calendar?weeks=2"))

    assert "Gigapay: approval Fri 18 Dec falls before its cut-off" in page
    assert "lines may be added until Fri 18 Dec 15:00" in page


def test_two_weeks_that_are_pulled_onto_one_day_are_told_with_where_they_come_from() -> None:
    monday, usually = datetime(2026, 12, 21, 15, tzinfo=UTC), datetime(2026, 12, 22, 15, tzinfo=UTC)
    next_week = datetime(2026, 12, 29, 15, tzinfo=UTC)
    one, other = (Due(What.BANK, monday, was, SE, "Gigapay", str(was)) for was in (usually, next_week))
    (found,) = collisions([one, other], [])

    assert clash(found, SE.zone) == (
        "Gigapay: bank twice on Mon 21 Dec",
        "Holidays bring Tue 22 Dec and Tue 29 Dec onto that day. See that none is forgotten.",
    )


def _xero_calendar() -> Snapshot:
    """Monthly, and shown for November: the run of December is the one after."""
    kind = kinds()["xero.calendar"]
    values = dict.fromkeys(kind.fields, MISSING) | {
        "name": Known("Monthly North"),
        "calendar type": Known("monthly"),
        "period start": Known(date(2026, 11, 1)),
        "period end": Known(date(2026, 11, 30)),
        "pay date": Known(date(2026, 11, 28)),
    }
    call = {
        "tenant": "t",
        "calendar type": "Monthly",
        "next start": "2026-12-01",
        "next pay date": "2026-12-28",
    }
    return Snapshot(
        kind=kind.name,
        connection="xero-uk",
        vendor_id="c1",
        values=values,
        observed_at=BEFORE_CHRISTMAS - timedelta(days=24),
        call=call,
    )


async def test_a_vendors_own_calendar_shows_its_period_and_the_next_on_both_clocks(
    site: Stand, approver: Browser
) -> None:
    await _store(site, _xero_calendar())
    page = await approver.page("/calendar?weeks=6")

    assert "pay date Xero London moved from Sat 28 Nov" in day(page, "Fri 27 Nov")
    assert "18:00 bank Xero 17:00 London" in day(page, "Wed 25 Nov")
    # Boxing Day is kept on Monday 28 December, and Christmas Day is a Friday.
    assert "pay date Xero London moved from Mon 28 Dec" in day(page, "Thu 24 Dec")
    assert "18:00 bank Xero 17:00 London moved from Thu 24 Dec" in day(page, "Tue 22 Dec")


async def test_what_a_vendor_does_by_itself_at_a_weekend_stands_on_friday_with_its_day(
    site: Stand, approver: Browser
) -> None:
    saturday = Known(datetime(2026, 11, 28, 11, tzinfo=UTC))
    await see(site.bot, site.vendor, run("2859300", **{"closes by itself at": saturday}))
    page = await approver.page("/calendar")

    assert "12:00 closes by itself Gigapay Sat 28 Nov payrun 2859300 , open" in day(page, "Fri 27 Nov")


async def test_a_run_whose_dates_are_not_known_takes_no_page_down(site: Stand, approver: Browser) -> None:
    await see(site.bot, site.vendor, run("2859300", **{"opened at": Unread("not read")}))

    assert "cut-off" in text(await approver.page("/calendar"))


async def test_one_work_calendar_alone_shows_what_goes_by_it(site: Stand, approver: Browser) -> None:
    page = text(await approver.page("/calendar?calendar=uk-bacs&weeks=6"))

    assert "by the work calendar uk-bacs" in page
    assert "Gigapay" not in page
    assert "Christmas Day: uk-bacs closed" in page


@pytest.mark.parametrize("weeks", ["1", "26"])
async def test_one_to_twenty_six_weeks_are_shown(site: Stand, approver: Browser, weeks: str) -> None:
    page = await approver.page(f"/calendar?weeks={weeks}")

    assert f'<option value="{weeks}" selected>' in page


@pytest.mark.parametrize("weeks", ["0", "27", "-1", "x", "1e3", "٣", "9" * 400, "4;drop"])
async def test_any_other_number_is_told_and_is_no_page(site: Stand, approver: Browser, weeks: str) -> None:
    reply = await approver.get("/calendar", params={"weeks": weeks})

    assert reply.status == 400
    assert "Weeks are a number from 1 to 26." in await reply.text()


async def test_a_work_calendar_that_nobody_uses_is_told(approver: Browser) -> None:
    reply = await approver.get("/calendar", params={"calendar": "<b>mars</b>"})

    assert reply.status == 404
    assert "In use are se, uk-bacs." in await reply.text()


async def test_long_stretches_leave_out_weeks_in_which_there_is_nothing(
    site: Stand, approver: Browser
) -> None:
    page = await approver.page("/calendar?calendar=uk-bacs&weeks=13")

    assert page.count('<tr><th scope="row">') == 2  # with Christmas, and with New Year
    assert "Nothing in week 47, 48, 49, 50, 51, " in text(page)


async def test_the_api_says_the_same_as_the_page(site: Stand) -> None:
    async with site.client() as client:
        reply = await client.get("/api/calendar", params={"weeks": "6"}, headers=site.bearer(APPROVER))
        said = await reply.json()

    assert reply.status == 200
    moved = [one for one in said["dues"] if one["moved_by_holiday"]]
    assert said["moved"] == len(moved) > 0
    (bank,) = [
        one
        for one in said["dues"]
        if one["what"] == "bank" and one["on"] == "2026-11-24" and one["ref"] == f"gigapay-se/{RUN}"
    ]
    assert bank["at"] == "2026-11-24T15:00:00+00:00"
    assert {one["title"] for one in said["collisions"]} >= {
        "Gigapay: approval Fri 18 Dec falls before its cut-off"
    }
