"""Pages that move while they are read: what was added or taken away meanwhile is not left out of an amount.

A list that fits on one page cannot drift, so that every road here has a long one.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.staffology.pay import Person
from bot.sandbox.staffology.server import ACME
from bot.store.effects import State
from tests.databases import Migrated
from tests.engine.stand import Stand
from tests.faults.size import IS_WHOLE, shard
from tests.faults.tally import note
from tests.faults.vendor_stories import ROADS, after_call, travel

LONG = 130
"""Lines of one run; a page has a hundred."""
EXTRA = 95
"""With the eight who are there, more than a page; still within the change that the rule allows."""


async def _many_payouts(made: Stand) -> None:
    made.add_payouts(*["10.00"] * LONG)
    await ROADS["gigapay"].prepare(made)


async def _many_pay_runs(made: Stand) -> None:
    """Of another calendar: the one of the road stays the only one that its pay run is drafted from."""
    (calendar,) = made.xero.state.calendars
    made.xero.seed_history(date(2023, 1, 2), "Weekly", count=LONG)
    made.xero.draft_pay_run(calendar, made.xero.usual_slips("Fortnightly", 6), roll=False)
    await made.poll()
    while not await made.askings():
        await made.after(hours=6)


async def _many_entries(made: Stand) -> None:
    employer = made.staffology.state[ACME]
    ((key, _),) = [(key, run) for key, run in employer.runs.items() if not run["isClosed"]]
    (schedule,) = [one for one in employer.schedules.values() if one.pay_period == key.pay_period]
    extra = tuple(Person(f"Extra {number}", Decimal("1.00")) for number in range(EXTRA))
    employer.people = (*employer.people, *extra)
    del employer.runs[key], employer.entries[key]
    employer.start(schedule, made.clock.now(), key.period)
    await ROADS["staffology"].prepare(made)


ROADS_WITH_PAGES: dict[str, tuple[str, Callable[[Stand], Awaitable[None]]]] = {
    "gigapay": ("GET /payouts/", _many_payouts),
    "xero": ("GET /PayRuns", _many_pay_runs),
    "staffology": ("GET /payrun/:year/:payPeriod/:number", _many_entries),
}
CASES = [
    (vendor, by, is_back)
    for vendor in ROADS_WITH_PAGES
    for by in (1, -1)
    for is_back in ((False, True) if vendor != "staffology" else (False,))
]
"""What has come or gone between two pages, and when; at Staffology reading back reads no further page."""


@pytest.mark.in_every_share
@pytest.mark.parametrize(("vendor", "by", "is_back"), shard(CASES) if IS_WHOLE else CASES[::5])
async def test_an_action_is_done_once_though_pages_move_while_they_are_read(
    vendor: str, by: int, is_back: bool, tmp_path: Path, migrated: Migrated
) -> None:
    call, prepare = ROADS_WITH_PAGES[vendor]
    road = replace(ROADS[vendor], prepare=prepare)

    def arm(server: Any) -> None:
        if is_back:
            after_call(server, road.act, lambda: server.faults.add("drift_pages", call, by=by))
        else:
            server.faults.add("drift_pages", call, by=by)

    end = await travel(road, tmp_path, migrated, arm)
    wrong = [] if (end.state, end.done, end.requests) == (State.VERIFIED, 1, 1) else [end]
    note("vendor faults", runs=1, violations=len(wrong))

    assert end.faults_left == 0, "no page was read after a first one"
    assert wrong == []
