"""What happens in a run around the bot, and how far it must have come when the run is over.

A run is driven from outside: whoever drives it reads the database, does what a person would
do, and moves the clock on when nothing is due before the next instant.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import ClientError, ClientSession

from bot.core.rank import Rank
from bot.store.news import LIST
from tests.faults.child import PACE
from tests.faults.database import Left, micros, rows, what_is_left, write
from tests.faults.nursery import Born
from tests.faults.runrules import CLOSE, FINALISE, RIVAL
from tests.faults.witness import APPROVER, LINK_TOKEN, PROPOSER, Witness

STOCKHOLM = ZoneInfo("Europe/Stockholm")
WITHIN_S = 60.0 * PACE
POLL_S = 0.04


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of November 2026 in Stockholm."""
    return datetime(2026, 11, day, hour, minute, tzinfo=STOCKHOLM)


@dataclass(frozen=True)
class Story:
    """`prepare` sets the world up; `rules` and `ends` say which effects end the run, and how.

    `calls` is how often the vendor is asked to do it at the most, whoever is killed.
    """

    name: str
    begins: datetime
    prepare: Callable[[Witness], None]
    rules: tuple[str, ...] = (CLOSE,)
    ends: str = "verified"
    calls: int = 1
    meanwhile: Callable[[Witness], None] = lambda world: None
    """What happens while the bot is dead, or frozen."""
    asks: tuple[str, Mapping[str, Any]] | None = None
    """What a person asks for as soon as nothing is under way: a path and a body."""

    @property
    def vendor(self) -> str:
        return "staffology" if FINALISE in self.rules else "gigapay"


def _payouts(world: Witness, *amounts: str) -> None:
    """A payrun of two known payees, opened on Thursday, unchanged since 14:02 on Friday."""
    for when, employee, amount in zip((at(12, 9, 5), at(13, 14, 2)), ("1041", "1044"), amounts, strict=True):
        world.clock.set(when)
        world.gigapay.add_payout(employee, amount)
    for payrun in world.gigapay.state.payruns.values():
        for link in ("app", "pdf"):
            payrun[link] = f"https://app.gigapay.se/i/?token={LINK_TOKEN}"
        world.gigapay.state.invoices[payrun["invoice"]]["pdf_url"] = payrun["app"]


def _small(world: Witness) -> None:
    _payouts(world, "7400.00", "7505.00")


def _told_once(world: Witness) -> None:
    """Else a second copy brings what a first one was answered for and lost."""
    world.gigapay.deliveries.copies = 1
    _small(world)


def _for_rivals(world: Witness) -> None:
    """So small that two rules want it closed, and that a day has room for both."""
    _payouts(world, "4100.00", "4300.00")


def _large(world: Witness) -> None:
    _payouts(world, "8690.00", "8700.00")


def _with(fault: str, **more: Any) -> Callable[[Witness], None]:
    def prepare(world: Witness) -> None:
        _small(world)
        world.gigapay.faults.add(fault, **more)

    return prepare


def _deaf(world: Witness) -> None:
    _small(world)
    world.gigapay.deaf_reads = 2


def _paused(world: Witness) -> None:
    _small(world)
    write(
        world.database,
        'insert into pause (scope, "by", why, until, at) values (?, ?, ?, null, ?)',
        *("gigapay-se", PROPOSER, "we look first", micros(at(13, 14, 30))),
    )


def _mail_cut(world: Witness) -> None:
    _small(world)
    world.inbox.faults.add("drop", call="after-data")


def _many_mails(world: Witness) -> None:
    """News that has waited for one recipient for as long as makes one mail of many."""
    _small(world)
    now = micros(BEFORE_CUT_OFF)
    mail = dict(rows(world.database, "select * from mail where effect_key is not null limit 1")[0])
    deed = dict(rows(world.database, "select * from effect where key = ?", mail["effect_key"])[0])
    for number in range(MANY):
        key, message_id = f"tell:waiting:{number}", f"<waiting-{number}@example.com>"
        deed |= {"key": key, "chain": key, "state": "confirming"}
        mail |= {
            "message_id": message_id,
            "cause": f"{key}#1",
            "effect_key": key,
            "raw": f"Message-ID: {message_id}\r\nSubject: {number}\r\n\r\nIt is so.\r\n".encode(),
            "state": "queued",
            "outcome": "",
            "created_at": now - WAITED // timedelta(microseconds=1),
            "not_before": now,
            "attempts": 0,
            "data_started_at": None,
            "settled_at": None,
            "rank": int(Rank.NEWS),
        }
        for table, row in (("effect", deed), ("mail", mail)):
            columns = ", ".join(f'"{name}"' for name in row)
            places = ", ".join("?" * len(row))
            write(world.database, f"insert into {table} ({columns}) values ({places})", *row.values())


def _late_payout(world: Witness) -> None:
    world.gigapay.add_payout("1052", "90.00")


def _late_payout_unheard(world: Witness) -> None:
    """Nobody is told of this one: it only shows to whoever reads, and a poll comes just then."""
    asked = {"employee": "1052", "amount": "90.00", "currency": "SEK", "description": "Lön genom Gigapay"}
    world.gigapay.state.add_payout(asked, world.clock.now())
    now = micros(world.clock.now())
    write(world.database, "update look set due_at = ? where kind = ? and lease_until is null", now, LIST)


def _nothing(world: Witness) -> None:
    """The Staffology run of the template is due by itself on the day."""


def _finalise_unheard(world: Witness) -> None:
    world.staffology.faults.add("drop_before", call="change_state")


BEFORE_CUT_OFF = at(13, 14, 55)
MANY, WAITED = 6, timedelta(minutes=2)

STORIES = {
    story.name: story
    for story in (
        Story("closed by rule", BEFORE_CUT_OFF, _small),
        Story("told of once", BEFORE_CUT_OFF, _told_once),
        Story("closed by two rules", BEFORE_CUT_OFF, _for_rivals, (CLOSE, RIVAL)),
        Story("asked and approved", at(13, 15, 5), _large),
        Story("told at a set time", at(13, 14, 45), _small),
        Story("replayed", BEFORE_CUT_OFF, _small, asks=("/api/replay", {"everything": True})),
        Story("many mails have waited", BEFORE_CUT_OFF, _many_mails),
        Story("a late payout meanwhile", at(13, 15, 5), _small, meanwhile=_late_payout),
        Story("a late payout nobody told of", at(13, 15, 5), _small, meanwhile=_late_payout_unheard),
        Story("paused, then resumed", at(13, 15, 5), _paused),
        Story("the call never arrived", at(13, 15, 5), _with("drop_before", call="close"), calls=2),
        Story("the reply was lost", at(13, 15, 5), _with("lose_reply", call="close")),
        Story(
            "refused by the vendor",
            at(13, 15, 5),
            _with("status", call="close", code=400),
            ends="refused",
        ),
        Story("read back as it was", at(13, 15, 5), _with("unchanged_for", call="close", reads=6)),
        Story("unreadable after the call", at(13, 15, 5), _deaf),
        Story("unreadable at first", at(13, 15, 5), _with("html", call="GET /payruns/")),
        Story("a mail is cut off after DATA", at(13, 15, 5), _mail_cut),
        Story("finalised with a yes", at(18, 9), _nothing, (FINALISE,)),
        Story("finalising was never heard of", at(18, 9), _finalise_unheard, (FINALISE,), "parked"),
    )
}


async def drive(world: Witness, story: Story, bot: Born) -> bool:
    """Do what people do until the story is over (True), or the bot is dead (False)."""
    until = monotonic() + WITHIN_S
    async with ClientSession() as session:
        while bot.status is None:
            await asyncio.sleep(POLL_S)
            if world.is_struck and not world.was_meanwhile:
                world.was_meanwhile = True
                story.meanwhile(world)
            assert monotonic() < until, f"not over after {WITHIN_S:.0f} s: {_stand(world)}"
            if not (world.is_ready and world.is_told):
                continue
            left = what_is_left(world.database, world.clock.now())
            if left.is_busy:
                continue
            if await _person_acts(world, story, session, left):
                continue
            if left.next_at is None and _is_over(world, story, left):
                return True
            if world.is_frozen:
                continue  # what it has still to do is not due anywhere
            due = left.next_at or left.decides_at
            assert due is not None, f"nothing will ever be due: {_stand(world)}"
            world.clock.set(max(due, world.clock.now()))
    return False


async def _person_acts(world: Witness, story: Story, session: ClientSession, left: Left) -> bool:
    if story.asks is not None and not world.was_asked:
        world.was_asked = await _post(world, session, PROPOSER, *story.asks)
        return True
    if left.paused:
        await _post(world, session, PROPOSER, "/api/resume", {"scope": left.paused[0]})
        return True
    if left.asked:
        answer = {"answer": "approve", "checks": "all"}
        await _post(world, session, APPROVER, f"/api/approvals/{left.asked[0]}", answer)
        return True
    return False


async def _post(world: Witness, session: ClientSession, person: str, path: str, body: Any) -> bool:
    """A person's call; False where its answer was lost, or somebody else is to be asked, who starts
    or stops. That is no mishap: they look again, as we do."""
    headers = {"Authorization": f"Bearer {world.tokens[person]}"}
    try:
        async with session.post(world.url + path, json=body, headers=headers) as reply:
            if reply.status != 503:
                assert reply.status == 200, await reply.text()
                return True
    except ClientError:
        pass
    await asyncio.sleep(POLL_S)
    return False


def _is_over(world: Witness, story: Story, left: Left) -> bool:
    """Whether its effects are at their ends. One that is withdrawn may be planned again in time."""
    states = _states(world, story)
    if any(state not in ("verified", "refused", "parked", "withdrawn") for state in states):
        return False
    return any(state != "withdrawn" for state in states) or bool(states and not left.decides_at)


def _states(world: Witness, story: Story) -> list[str]:
    """How far the last round of each of its effects has come."""
    query = "select rule, key, state from effect where is_vendor order by planned_at, round"
    last = {row["key"]: row["state"] for row in rows(world.database, query) if row["rule"] in story.rules}
    return list(last.values())


def end_of(world: Witness, story: Story) -> str:
    """How its effects ended: with two, that of the one which came to something."""
    states = _states(world, story)
    return next((state for state in states if state != "withdrawn"), "withdrawn")


def _stand(world: Witness) -> str:
    query = "select key, state, reason from effect where state not in ('verified', 'withdrawn', 'refused')"
    left = what_is_left(world.database, world.clock.now())
    return f"{left}; {[tuple(row) for row in rows(world.database, query)]}"
