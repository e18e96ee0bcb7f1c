"""A vendor that does not answer, or asks to wait, is left alone; and people are told as ever."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.connectors import VendorProblem
from bot.core.fault import set_fault_hook
from bot.engine import look, perform
from bot.engine.quiet import what_is_due
from bot.engine.rest import length_of, rest_after
from bot.engine.trouble import connection_well
from bot.store import health, news
from bot.store.effects import State
from bot.store.health import Health
from bot.store.tables import connection_state
from tests.databases import Migrated

from .stand import CUT_OFF, JUST_AFTER, Stand, at, stand

SECOND = timedelta(seconds=1)
DOWN = VendorProblem("answered 503", is_outage=True)
ODD = VendorProblem("answered 400")


@pytest.fixture
async def often(tmp_path: Path, migrated: Migrated) -> AsyncIterator[Stand]:
    """Gigapay, polled every half hour."""
    async with stand(tmp_path, "gigapay", database=migrated, poll="30m") as made:
        yield made


def calls(stand: Stand, since: datetime | None = None) -> list[datetime]:
    """When Gigapay was called."""
    all_of_them = [
        datetime.fromisoformat(str(one["at"]))
        for one in stand.gigapay.ledger.entries
        if one["by"] == "client"
    ]
    return [one for one in all_of_them if since is None or one > since]


async def news_of(stand: Stand, payrun: str) -> None:
    """Somebody tells of a payrun, now."""
    async with stand.bot.db.write() as tx:
        await news.ask_to_look(
            tx,
            connection="gigapay-se",
            kind="gigapay.payrun",
            key=payrun,
            due_at=stand.clock.now(),
            correlation="test",
        )


async def known(stand: Stand) -> Health:
    async with stand.bot.db.read() as tx:
        return await health.health(tx, "gigapay-se")


async def break_down(stand: Stand) -> datetime:
    """Gigapay is down until cleared, and the connection has come to rest; says until when."""
    stand.gigapay.faults.add("status", call="*", code=503, times=None)
    for _ in range(40):
        found = await known(stand)
        if found.rest_until is not None:
            return found.rest_until
        await stand.poll()
        await stand.after(seconds=1)
    raise AssertionError("it never rested")


def state(until: datetime | None, rests: int) -> Health:
    return Health("c", None, None, None, at(13, 12), 2, "", None, until, rests)


NOW = at(13, 13)


@pytest.mark.parametrize(
    ("before", "failures", "problem", "asked", "after"),
    [
        pytest.param(state(None, 0), 2, DOWN, None, (None, 0), id="two are the weather"),
        pytest.param(state(None, 0), 3, DOWN, None, (NOW + 30 * SECOND, 1), id="the third makes it rest"),
        pytest.param(state(None, 0), 3, ODD, None, (None, 0), id="a refusal is no outage"),
        pytest.param(state(NOW, 1), 4, DOWN, None, (NOW + 60 * SECOND, 2), id="a failed try doubles it"),
        pytest.param(state(NOW, 1), 4, ODD, None, (NOW + 60 * SECOND, 2), id="whatever the try met"),
        pytest.param(
            state(NOW + SECOND, 1),
            4,
            DOWN,
            None,
            (NOW + SECOND, 1),
            id="a call from before the rest adds nothing",
        ),
        pytest.param(
            state(None, 0), 1, ODD, NOW + 7 * SECOND, (NOW + 7 * SECOND, 0), id="asked to wait is no outage"
        ),
        pytest.param(
            state(NOW, 9),
            20,
            DOWN,
            None,
            (NOW + timedelta(minutes=15), 10),
            id="never longer than a quarter of an hour",
        ),
        pytest.param(
            state(NOW + timedelta(hours=1), 1),
            4,
            DOWN,
            None,
            (NOW + 60 * SECOND, 2),
            id="the clock went back",
        ),
    ],
)
def test_a_rest_is_as_long_as_the_failures_before_it_say(
    before: Health,
    failures: int,
    problem: VendorProblem,
    asked: datetime | None,
    after: tuple[datetime | None, int],
) -> None:
    assert rest_after(before, failures, problem, asked, NOW) == after


def test_rests_double_from_half_a_minute_to_a_quarter_of_an_hour() -> None:
    assert [length_of(rests).total_seconds() for rests in range(1, 8)] == [30, 60, 120, 240, 480, 900, 900]


async def test_nothing_is_called_while_a_connection_rests_and_nothing_is_due(often: Stand) -> None:
    payrun = await often.weekly()
    until = await break_down(often)
    began = often.clock.now()
    await news_of(often, payrun)
    due = await what_is_due(often.bot)
    await often.until(until - SECOND)

    assert due.look_at == until
    assert calls(often, began) == []


async def test_the_first_thing_after_a_rest_is_one_reading_of_the_list(often: Stand) -> None:
    payrun = await often.weekly()
    until = await break_down(often)
    await news_of(often, payrun)
    before = len(often.gigapay.ledger.entries)
    often.gigapay.faults.clear()
    often.clock.go_to(until)
    await asyncio.gather(*(look.look_once(often.bot) for _ in range(4)))
    tried = [one["call"] for one in often.gigapay.ledger.entries[before:]]

    assert tried == ["GET /payruns/"]
    assert ((await known(often)).rest_until, (await known(often)).rests) == (None, 0)


async def test_a_vendor_that_stays_down_is_tried_less_and_less_often(often: Stand) -> None:
    await often.weekly()
    until = await break_down(often)
    before = len(often.gigapay.ledger.entries)
    await often.until(until + timedelta(minutes=62))
    tried = sorted({one["at"] for one in often.gigapay.ledger.entries[before:]})
    gaps = [
        (datetime.fromisoformat(two) - datetime.fromisoformat(one)).total_seconds()
        for one, two in pairwise(tried)
    ]

    assert gaps == [60, 120, 240, 480, 900, 900, 900]


async def test_an_answer_to_a_call_from_before_the_rest_does_not_end_it(often: Stand) -> None:
    await often.weekly()
    until = await break_down(often)
    async with often.bot.db.write() as tx:
        await connection_well(tx, often.bot, often.bot.accounts["gigapay-se"])
    still = await known(often)

    assert (still.rest_until, still.rests) == (until, 1)
    assert still.failing_since is not None


async def test_an_outage_is_told_once_and_its_end_once(often: Stand) -> None:
    await often.weekly()
    until = await break_down(often)
    await often.until(until + timedelta(minutes=20))
    failing = often.subjects("ops")
    often.gigapay.faults.clear()
    await often.after(minutes=20)

    assert len(failing) == 1
    assert len(often.subjects("ops")) == 2
    assert (await known(often)).failing_since is None


async def test_an_action_that_fell_due_in_a_rest_is_done_after_it(often: Stand) -> None:
    payrun = await often.weekly()
    await often.until(CUT_OFF - timedelta(seconds=10))
    await break_down(often)
    await often.until(CUT_OFF + SECOND)
    early = often.close_calls()
    often.gigapay.faults.clear()
    await often.after(minutes=5)

    assert early == 0
    assert often.closes() == [payrun]


async def test_an_action_waits_for_the_list_that_is_read_first_after_a_rest(often: Stand) -> None:
    await often.weekly()
    await often.until(CUT_OFF - timedelta(seconds=10))
    until = await break_down(often)
    await often.until(until - JUST_AFTER)
    often.gigapay.faults.clear()
    often.clock.go_to(until)
    due = await what_is_due(often.bot)
    before = await perform.perform_once(often.bot)
    await look.look_once(often.bot)

    assert until > CUT_OFF
    assert (due.look_at, due.perform_at, before) == (until, None, False)
    assert await perform.perform_once(often.bot)


async def test_a_lost_answer_is_read_back_only_when_the_connection_is_awake(often: Stand) -> None:
    """The close acts and loses its answer; then the vendor is down for ten minutes."""
    payrun = await often.weekly()
    await often.until(CUT_OFF)
    often.gigapay.faults.add("lose_reply", call="close")

    async def down_after_the_call(point: str) -> None:
        if point == "effect.called":
            often.gigapay.faults.add("status", call="GET*", code=503, times=None)

    set_fault_hook(down_after_the_call)
    try:
        await often.until(CUT_OFF + timedelta(minutes=10))
    finally:
        set_fault_hook(None)
    waiting = await often.effect()
    often.gigapay.faults.clear()
    await often.after(minutes=20)
    await often.quarantine()

    assert (waiting.state, waiting.calls) == (State.UNKNOWN, 1)
    assert often.close_calls() == 1
    assert often.closes() == [payrun]
    assert (await often.effect()).state is State.VERIFIED


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        pytest.param({"retry_after": 40}, 40, id="seconds"),
        pytest.param({"retry_after": 40, "as_date": True}, 40, id="a date"),
        pytest.param({"retry_after": 0}, 1, id="never shorter than a second"),
        pytest.param({"retry_after": 66975}, 900, id="never longer than a quarter of an hour"),
    ],
)
async def test_a_vendor_that_asks_to_wait_is_left_alone_by_everything(
    gigapay: Stand, asked: dict[str, int], seconds: int
) -> None:
    """One reading is asked to wait; the close that falls due meanwhile waits as well."""
    payrun = await gigapay.weekly()
    await gigapay.until(CUT_OFF)
    gigapay.gigapay.faults.add("rate_limit", call="GET /payruns/", **asked)
    await gigapay.poll()
    began = gigapay.clock.now()
    await gigapay.until(began + (seconds + 60) * SECOND)
    first = min(calls(gigapay, began))

    assert first >= began + seconds * SECOND
    assert gigapay.closes() == [payrun]
    assert gigapay.subjects("ops") == []


async def test_an_action_that_is_asked_to_wait_makes_the_looks_wait_too(gigapay: Stand) -> None:
    payrun = await gigapay.weekly()
    gigapay.gigapay.faults.add("rate_limit", call="close", retry_after=120)
    await gigapay.until(CUT_OFF + JUST_AFTER)
    began = gigapay.clock.now()
    await gigapay.poll()
    await gigapay.until(began + 119 * SECOND)
    meanwhile = calls(gigapay, began)
    await gigapay.until(began + timedelta(minutes=5))

    assert meanwhile == []
    assert gigapay.closes() == [payrun]
    assert gigapay.close_calls() == 2


async def test_a_rest_from_before_the_clock_went_back_holds_nothing_up(often: Stand) -> None:
    await often.weekly()
    async with often.bot.db.write() as tx:
        await health.set_health(tx, "gigapay-se", failing_since=often.clock.now(), rests=1)
        far = often.clock.now() + timedelta(days=1)
        await tx.execute(update(connection_state).values(rest_until=far))
    before = len(calls(often))
    await look.start_polling(often.bot)
    await look.look_once(often.bot)

    assert len(calls(often)) > before
    assert (await known(often)).rest_until is None
