"""Each vendor's usual road to its action, on the engine's stand, with a fault somewhere on it.

The stand's clocks are moved by hand, so that a case takes as long as its work and not as
long as its waits. What is true is said by the vendor's own ledger.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.connectors import vendor_actions
from bot.core.action import WhenUnknown
from bot.engine.approve import NotAllowed
from bot.store.approvals import ApprovalState
from bot.store.effects import ENDED, State
from tests.engine.stand import Stand, at, stand

TIME_OUT = timedelta(seconds=0.25)
CASE_S = 120
"""Real seconds after which a case has hung: a call without a time-out would."""
ROUNDS = 40
MENDED_AT = 3


@dataclass(frozen=True)
class Road:
    """`act` is what the vendor's ledger calls the action; None where the bot only reads there.

    `sites` are the calls on the way, by the ledger's names; the last one read before the
    action stands before it.
    """

    vendor: str
    action: str | None
    act: str | None
    begins: datetime
    prepare: Callable[[Stand], Awaitable[None]]
    sites: Sequence[str]
    back: Sequence[str] = ()
    """Of the sites, those that are called again to read back whether it was done."""

    @property
    def asks_once_more(self) -> bool:
        return self.action is not None and vendor_actions()[self.action].when_unknown is WhenUnknown.ONCE_MORE


async def _payouts(made: Stand) -> None:
    await made.until(at(13, 13))
    made.add_payouts("1450.00", "1650.00", "1780.00")
    await made.poll()
    await made.until(at(13, 14, 59))


async def _calendar(made: Stand) -> None:
    (calendar,) = made.xero.state.calendars
    made.xero.draft_pay_run(calendar, made.xero.usual_slips("Fortnightly", 6), roll=False)
    await made.poll()
    while not await made.askings():
        await made.after(hours=6)


async def _run_is_due(made: Stand) -> None:
    await made.until(at(18, 9))


async def _errors(made: Stand) -> None:
    run = made.roubler.add_run(date(2026, 11, 2), date(2026, 11, 15), status="Finalised")
    made.roubler.set_errors(run, [("Pay rate missing for Ordinary", "72908")])
    await made.poll()


ROADS = {
    road.vendor: road
    for road in (
        Road(
            "gigapay",
            "gigapay.close_payrun",
            "close",
            at(13, 12),
            _payouts,
            ("GET /payruns/", "GET /payruns/:id/", "GET /payment_term/", "GET /payouts/", "close"),
            ("GET /payruns/:id/", "GET /payouts/"),
        ),
        Road(
            "xero",
            "xero.create_next_calendar",
            "create_calendar",
            at(2, 8),
            _calendar,
            ("token", "GET /PayRuns/:id", "GET /PayRuns", "GET /PayRunCalendars", "create_calendar"),
            ("GET /PayRuns", "GET /PayRunCalendars"),
        ),
        Road(
            "staffology",
            "staffology.finalise_payrun",
            "change_state",
            at(17, 9),
            _run_is_due,
            (
                "GET /automation",
                "GET /schedules/all",
                "GET /payrun/:year/:payPeriod",
                "GET /payrun/:year/:payPeriod/:number",
                "GET /payrun/.../warnings",
                "GET /payrun/.../:entry",
                "change_state",
            ),
            (
                "GET /automation",
                "GET /payrun/:year/:payPeriod/:number",
                "GET /payrun/.../warnings",
                "GET /payrun/.../:entry",
            ),
        ),
        Road("roubler", None, None, at(13, 12), _errors, ("token", "payRuns", "payRun")),
    )
}


@dataclass(frozen=True)
class End:
    """What became of a case, as the vendor's ledger and the database say."""

    state: State | None
    requests: int
    done: int
    between: int
    """Reads of the resource between the first request to act and the second."""
    rested: bool
    """Whether the quarantine had passed between the two."""
    most_in_a_minute: int
    told: Sequence[str]
    secrets: int
    faults_left: int


async def travel(
    road: Road,
    folder: Path,
    database: Path,
    arm: Callable[[Any], None],
    mend: Callable[[], Awaitable[None]] | None = None,
) -> End:
    """Go the whole road with a fault on it, then on without it, until the action is at its end.

    `arm` is given the vendor when the road begins; with a `mend` only shortly before the
    action, and that is called some rounds later.
    """
    async with asyncio.timeout(CASE_S):
        async with stand(
            folder, road.vendor, database=database, begins=road.begins, call_time_out=TIME_OUT
        ) as made:
            await made.sign()
            await made.after(minutes=1)
            vendor = made.vendors[road.vendor]
            walls = _watch_acts(made, vendor, road.act)
            if mend is None:
                arm(vendor)
            await road.prepare(made)
            if mend is not None:
                arm(vendor)
            for round in range(ROUNDS):
                if mend is not None and round == MENDED_AT:
                    await mend()
                await made.settle()
                await _approve(made)
                if round >= MENDED_AT and await _is_over(made, road):
                    break
                await made.quarantine()
                await made.after(minutes=2)
                if road.action is None or not await made.effects(road.action):
                    await made.poll()  # what one wrong answer hid is found by the next list
            return await _end(made, road, vendor, walls)


def _watch_acts(made: Stand, vendor: Any, act: str | None) -> list[datetime]:
    """The wall clock at each request to act, as they come."""
    walls: list[datetime] = []
    record = vendor.ledger.record

    def and_watch(call: str, *args: Any, **more: Any) -> Any:
        if call == act:
            walls.append(made.clock.wall())
        return record(call, *args, **more)

    vendor.ledger.record = and_watch
    return walls


def after_call(vendor: Any, call: str | None, then: Callable[[], None]) -> None:
    """Do something when a call has been answered for the first time from now on."""
    record = vendor.ledger.record
    done: list[bool] = []

    def and_then(name: str, *args: Any, **more: Any) -> Any:
        entry = record(name, *args, **more)
        if name == call and not done:
            done.append(True)
            then()
        return entry

    vendor.ledger.record = and_then


async def _approve(made: Stand) -> None:
    for _ in await made.askings(ApprovalState.OPEN):
        try:
            await made.approve()
        except NotAllowed:
            return  # it was withdrawn meanwhile


async def _is_over(made: Stand, road: Road) -> bool:
    if road.action is None:
        return bool(made.subjects("ops")) and not made.vendors[road.vendor].faults.waiting
    found = await made.effects(road.action)
    return bool(found) and found[-1].state in (*ENDED, State.PARKED) and bool(made.subjects())


async def _end(made: Stand, road: Road, vendor: Any, walls: list[datetime]) -> End:
    entries = [one for one in vendor.ledger.entries if one["by"] == "client"]
    acts = [number for number, one in enumerate(entries) if one["call"] == road.act]
    between = entries[acts[0] + 1 : acts[1]] if len(acts) > 1 else []
    effects = await made.effects(road.action) if road.action else []
    instants = sorted(datetime.fromisoformat(one["at"]) for one in entries)
    minute = timedelta(seconds=60)
    said = [*made.texts(), *(repr(line) for line in made.log.lines)]
    return End(
        state=effects[-1].state if effects else None,
        requests=len(acts),
        done=sum(bool(entries[number]["effect"]) for number in acts),
        between=sum(one["call"].startswith("GET ") for one in between),
        rested=len(walls) < 2 or walls[1] - walls[0] >= made.bot.settings.timing.quarantine,
        most_in_a_minute=max(
            (sum(start <= other < start + minute for other in instants) for start in instants), default=0
        ),
        told=made.subjects("ops"),
        secrets=sum("canary-secret" in one for one in said),
        faults_left=len(vendor.faults.waiting),
    )
