"""What happens in a run around the bot, and how far it must have come when the run is over.

A run is driven from outside: whoever drives it reads the database, does what a person would
do, and moves the clock on when nothing is due before the next instant.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import ClientError, ClientSession

from tests.faults.database import Left, micros, rows, what_is_left, write
from tests.faults.nursery import Born
from tests.faults.witness import APPROVER, LINK_TOKEN, PROPOSER, Witness

STOCKHOLM = ZoneInfo("Europe/Stockholm")
WITHIN_S = 20.0
POLL_S = 0.015


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of November 2026 in Stockholm."""
    return datetime(2026, 11, day, hour, minute, tzinfo=STOCKHOLM)


@dataclass(frozen=True)
class Story:
    """`prepare` sets the world up; `rule` and `ends` say which effect ends the run, and how.

    `calls` is how often the vendor is asked to do it at the most, whoever is killed.
    """

    name: str
    begins: datetime
    prepare: Callable[[Witness], None]
    rule: str = "gigapay-weekly-close"
    ends: str = "verified"
    calls: int = 1
    meanwhile: Callable[[Witness], None] = lambda world: None
    """What happens while the bot is dead."""


def _payouts(world: Witness, *amounts: str) -> None:
    """A payrun of three known payees, opened on Wednesday, unchanged since 14:02 on Friday."""
    for when, employee, amount in zip(
        (at(11, 9, 12), at(12, 9, 5), at(13, 14, 2)), ("1041", "1044", "1047"), amounts, strict=True
    ):
        world.clock.set(when)
        world.gigapay.add_payout(employee, amount)
    for payrun in world.gigapay.state.payruns.values():
        for link in ("app", "pdf"):
            payrun[link] = f"https://app.gigapay.se/i/?token={LINK_TOKEN}"
        world.gigapay.state.invoices[payrun["invoice"]]["pdf_url"] = payrun["app"]


def _small(world: Witness) -> None:
    _payouts(world, "4900.00", "5000.00", "5005.00")


def _large(world: Witness) -> None:
    _payouts(world, "5700.00", "5800.00", "5890.00")


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


def _late_payout(world: Witness) -> None:
    world.gigapay.add_payout("1052", "90.00")


def _nothing(world: Witness) -> None:
    """The Staffology run of the template is due by itself on the day."""


def _finalise_unheard(world: Witness) -> None:
    world.staffology.faults.add("drop_before", call="change_state")


BEFORE_CUT_OFF = at(13, 14, 55)
FINALISE = "staffology-finalise"

STORIES = {
    story.name: story
    for story in (
        Story("closed by rule", BEFORE_CUT_OFF, _small),
        Story("asked and approved", at(13, 15, 5), _large),
        Story("a late payout meanwhile", at(13, 15, 5), _small, meanwhile=_late_payout),
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
        Story("finalised with a yes", at(18, 9), _nothing, FINALISE),
        Story("finalising was never heard of", at(18, 9), _finalise_unheard, FINALISE, "parked"),
    )
}


async def drive(world: Witness, story: Story, bot: Born) -> bool:
    """Do what people do until the story is over (True), or the bot is dead (False)."""
    until = monotonic() + WITHIN_S
    async with ClientSession() as session:
        while bot.status is None:
            await asyncio.sleep(POLL_S)
            assert monotonic() < until, f"not over after {WITHIN_S:.0f} s: {_stand(world)}"
            if not (world.is_ready and world.is_told):
                continue
            left = what_is_left(world.database, world.clock.now())
            if left.is_busy:
                continue
            if await _person_acts(world, session, left):
                continue
            if left.next_at is None and _is_over(world, story, left):
                return True
            due = left.next_at or left.decides_at
            assert due is not None, f"nothing will ever be due: {_stand(world)}"
            world.clock.set(max(due, world.clock.now()))
    return False


async def _person_acts(world: Witness, session: ClientSession, left: Left) -> bool:
    if left.paused:
        return await _post(world, session, PROPOSER, "/api/resume", {"scope": left.paused[0]})
    if left.asked:
        answer = {"answer": "approve", "checks": "all"}
        return await _post(world, session, APPROVER, f"/api/approvals/{left.asked[0]}", answer)
    return False


async def _post(world: Witness, session: ClientSession, person: str, path: str, body: Any) -> bool:
    """A person's call. One whose answer is lost is no mishap: they look again, as we do."""
    headers = {"Authorization": f"Bearer {world.tokens[person]}"}
    try:
        async with session.post(world.url + path, json=body, headers=headers) as reply:
            assert reply.status == 200, await reply.text()
    except ClientError:
        await asyncio.sleep(POLL_S)
    return True


def _effects(world: Witness) -> list[tuple[str, str]]:
    query = "select rule, state from effect where is_vendor order by planned_at, round"
    return [(row["rule"], row["state"]) for row in rows(world.database, query)]


def _is_over(world: Witness, story: Story, left: Left) -> bool:
    """Whether the effect is at its end. One that is withdrawn may be planned again in time."""
    mine = [state for rule, state in _effects(world) if rule == story.rule]
    ends = ("verified", "refused", "parked", *(() if left.decides_at else ("withdrawn",)))
    return bool(mine) and mine[-1] in ends


def end_of(world: Witness, story: Story) -> str:
    """How the effect of the story ended."""
    return [state for rule, state in _effects(world) if rule == story.rule][-1]


def _stand(world: Witness) -> str:
    query = "select key, state, reason from effect where state not in ('verified', 'withdrawn', 'refused')"
    left = what_is_left(world.database, world.clock.now())
    return f"{left}; {[tuple(row) for row in rows(world.database, query)]}"
