"""Claims: each row to one worker, and a worker that lost its lease can write nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.store import effects, mails, news
from bot.store.database import Database, Tx
from bot.store.effects import FenceLost, Plan, State
from bot.store.mails import MailState, Ready

from .conftest import LEASE, NOW

ROWS, WORKERS = 200, 8


def planned(key: str, **more: Any) -> Plan:
    given: dict[str, Any] = {
        "key": key,
        "action": "gigapay.close_payrun",
        "connection": "gigapay-se",
        "resource": "gigapay.payrun:gigapay-se/1",
        "generation": 1,
        "rule": "r",
        "rule_hash": "h",
        "is_vendor": True,
        "not_before": NOW,
        "args": {},
    }
    return Plan(**{**given, **more})


async def plan(tx: Tx, key: str, *, chain: str = "", **more: Any) -> None:
    await effects.plan(tx, planned(key, **more), round=1, chain=chain or f"{key}#1", now=NOW, correlation="c")


async def add_effects(tx: Tx) -> None:
    for number in range(ROWS):
        await plan(tx, f"e{number:03d}")


async def add_looks(tx: Tx) -> None:
    for number in range(ROWS):
        await news.ask_to_look(
            tx, connection="a", kind="k", key=f"l{number:03d}", due_at=NOW, correlation="c"
        )


async def add_mails(tx: Tx) -> None:
    for number in range(ROWS):
        await queue(tx, f"<m{number:03d}>")


async def queue(tx: Tx, message_id: str) -> None:
    ready = Ready(message_id, "a@example.com", "t", "s", b"raw")
    await mails.queue(tx, [ready], cause=message_id, now=NOW, correlation="c")


async def claim_effect(tx: Tx) -> str | None:
    held = await effects.claim(tx, now=NOW, wall=NOW, lease=LEASE)
    return held.key if held else None


async def claim_look(tx: Tx) -> str | None:
    held = await news.claim_look(tx, now=NOW, wall=NOW, lease=LEASE)
    return held.key if held else None


async def claim_mail(tx: Tx) -> str | None:
    held = await mails.claim(tx, now=NOW, wall=NOW, lease=LEASE)
    return held.message_id if held else None


@pytest.mark.parametrize(
    ("add", "claim"),
    [
        pytest.param(add_effects, claim_effect, id="effects"),
        pytest.param(add_looks, claim_look, id="looks"),
        pytest.param(add_mails, claim_mail, id="mails"),
    ],
)
async def test_eight_workers_take_two_hundred_rows_each_once(
    db: Database, add: Callable[[Tx], Awaitable[None]], claim: Callable[[Tx], Awaitable[str | None]]
) -> None:
    async with db.write() as tx:
        await add(tx)
    taken: list[str] = []

    async def work() -> None:
        while True:
            async with db.write() as tx:
                key = await claim(tx)
            if key is None:
                return
            taken.append(key)

    await asyncio.gather(*(work() for _ in range(WORKERS)))

    assert len(taken) == ROWS
    assert len(set(taken)) == ROWS


async def test_a_worker_whose_effect_was_taken_over_can_write_nothing(db: Database) -> None:
    async with db.write() as tx:
        await plan(tx, "e")
        late = await effects.claim(tx, now=NOW, wall=NOW, lease=LEASE)
        after = NOW + LEASE + timedelta(microseconds=1)
        taker = await effects.claim(tx, now=NOW, wall=after, lease=LEASE)
    assert late is not None and taker is not None

    async with db.write() as tx:
        with pytest.raises(FenceLost, match="e#1"):
            await effects.write(tx, late, state=State.VERIFIED)
        await effects.write(tx, taker, state=State.INTENT)
        found = await effects.latest(tx, "e")

    assert found is not None
    assert (found.state, found.fence, found.attempts) == (State.INTENT, 2, 2)


async def test_a_lease_is_held_to_its_last_microsecond(db: Database) -> None:
    async with db.write() as tx:
        await plan(tx, "e")
        await effects.claim(tx, now=NOW, wall=NOW, lease=LEASE)

        assert await effects.claim(tx, now=NOW, wall=NOW + LEASE, lease=LEASE) is None


async def test_a_worker_whose_mail_was_taken_over_cannot_start_its_content(db: Database) -> None:
    async with db.write() as tx:
        await queue(tx, "<m>")
        late = await mails.claim(tx, now=NOW, wall=NOW, lease=LEASE)
        taker = await mails.claim(tx, now=NOW, wall=NOW + 2 * LEASE, lease=LEASE)
    assert late is not None and taker is not None

    async with db.write() as tx:
        with pytest.raises(FenceLost):
            await mails.start_data(tx, late, now=NOW, until=NOW + LEASE, repeat=False)
        await mails.settle(tx, taker, state=MailState.ACCEPTED, outcome="OK", now=NOW)
        found = await mails.get(tx, "<m>")

    assert found is not None and found.state is MailState.ACCEPTED


async def test_a_look_that_was_taken_over_is_not_forgotten_by_the_late_worker(db: Database) -> None:
    async with db.write() as tx:
        await news.ask_to_look(tx, connection="a", kind="k", key="1", due_at=NOW, correlation="c")
        late = await news.claim_look(tx, now=NOW, wall=NOW, lease=LEASE)
        taker = await news.claim_look(tx, now=NOW, wall=NOW + 2 * LEASE, lease=LEASE)
        assert late is not None and taker is not None
        await news.finish_look(tx, late, again_at=NOW)

        assert await news.any_to_read(tx, "a")


async def test_news_during_a_reading_is_read_once_more(db: Database) -> None:
    async with db.write() as tx:
        await news.ask_to_look(tx, connection="a", kind="k", key="1", due_at=NOW, correlation="c")
        taken = await news.claim_look(tx, now=NOW, wall=NOW, lease=LEASE)
        assert taken is not None
        await news.ask_to_look(tx, connection="a", kind="k", key="1", due_at=NOW, correlation="c2")
        await news.finish_look(tx, taken, again_at=NOW + timedelta(seconds=5))

        early = await news.claim_look(tx, now=NOW + timedelta(seconds=4), wall=NOW, lease=LEASE)
        again = await news.claim_look(tx, now=NOW + timedelta(seconds=5), wall=NOW, lease=LEASE)

    assert early is None
    assert again is not None and again.correlation == "c2"


async def test_an_effect_in_quarantine_waits_for_the_wall_clock_alone(db: Database) -> None:
    ends = NOW + timedelta(minutes=10)
    async with db.write() as tx:
        await plan(tx, "e")
        held = await effects.claim(tx, now=NOW, wall=NOW, lease=LEASE)
        assert held is not None
        await effects.write(tx, held, release=True, state=State.UNKNOWN, quarantine_until=ends)
        days_later = NOW + timedelta(days=3)

        before = await effects.claim(tx, now=days_later, wall=ends - timedelta(microseconds=1), lease=LEASE)
        after = await effects.claim(tx, now=days_later, wall=ends, lease=LEASE)

    assert before is None
    assert after is not None


async def test_a_link_waits_until_the_one_before_it_is_verified(db: Database) -> None:
    async with db.write() as tx:
        await plan(tx, "first", chain="c#1")
        await plan(tx, "second", chain="c#1", after="first", position=1, is_vendor=False)
        first = await effects.claim(tx, now=NOW, wall=NOW, lease=LEASE)
        assert first is not None and first.key == "first"
        assert await effects.claim(tx, now=NOW, wall=NOW, lease=LEASE) is None

        await effects.write(tx, first, release=True, state=State.VERIFIED)
        second = await effects.claim(tx, now=NOW, wall=NOW, lease=LEASE)

    assert second is not None and second.key == "second"


async def test_another_action_of_the_resource_is_seen_under_way(db: Database) -> None:
    async with db.write() as tx:
        await plan(tx, "one")
        await plan(tx, "other")
        one = await effects.claim(tx, now=NOW, wall=NOW, lease=LEASE)
        other = await effects.claim(tx, now=NOW, wall=NOW, lease=LEASE)
        assert one is not None and other is not None
        before = await effects.others_under_way(tx, other)
        await effects.write(tx, one, state=State.INTENT)

        assert not before
        assert await effects.others_under_way(tx, other)
        assert not await effects.others_under_way(tx, one)
