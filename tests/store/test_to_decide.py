"""What a changed rule is to be asked about is marked at once, and taken one by one, longest marked first."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Select, select, text, update
from sqlalchemy.dialects import sqlite

from bot.core.resource import Known, Snapshot
from bot.store import decisions, due, resources, to_decide
from bot.store.database import Database, Tx
from bot.store.tables import resource

from .conftest import NOW

PAYRUN, PAYOUT = "gigapay.payrun", "gigapay.payout"
HERE = {"gigapay-se": [PAYRUN]}


async def save(
    tx: Tx, key: str, *, kind: str = PAYRUN, connection: str = "gigapay-se", live: bool = True
) -> str:
    snapshot = Snapshot(kind, connection, key, {"status": Known("open")}, NOW, is_open=True, is_live=live)
    return (await resources.save(tx, snapshot, now=NOW, correlation="c")).resource.id


async def mark(tx: Tx, ids: Collection[str], since: datetime) -> None:
    await tx.execute(update(resource).where(resource.c.id.in_(ids)).values(decide_since=since))


async def marked(tx: Tx) -> dict[str, datetime]:
    rows = await tx.execute(select(resource.c.id, resource.c.decide_since))
    return {row.id: row.decide_since for row in rows if row.decide_since is not None}


async def answer(tx: Tx, rule: str, about: str, says: str) -> None:
    await decisions.keep(
        tx,
        rule=rule,
        resource=about,
        rule_hash="h",
        answer=says,
        verdict="nothing",
        tree={},
        now=NOW,
        next_at=None,
        correlation="c",
    )


async def test_only_what_a_rule_watches_is_marked_and_what_it_answered_about_before(db: Database) -> None:
    async with db.write() as tx:
        watched, answered = await save(tx, "1"), await save(tx, "2", kind=PAYOUT)
        await save(tx, "3", kind=PAYOUT)
        await save(tx, "4", connection="gigapay-no")
        await answer(tx, "changed", answered, "no")
        await to_decide.mark(tx, HERE, ["changed"], NOW)

        assert await marked(tx) == {watched: NOW, answered: NOW}


async def test_what_is_gone_is_not_marked(db: Database) -> None:
    async with db.write() as tx:
        await resources.set_gone(tx, await save(tx, "1"), NOW)
        await to_decide.mark(tx, HERE, [], NOW)

        assert await marked(tx) == {}


async def test_what_waits_already_keeps_its_place(db: Database) -> None:
    async with db.write() as tx:
        one, other = await save(tx, "1"), await save(tx, "2")
        await mark(tx, [one], NOW)
        await to_decide.mark(tx, HERE, [], NOW + timedelta(hours=1))

        assert await marked(tx) == {one: NOW, other: NOW + timedelta(hours=1)}


async def test_only_the_yes_of_that_rule_and_connection_is_marked(db: Database) -> None:
    async with db.write() as tx:
        yes, no, other = await save(tx, "1"), await save(tx, "2"), await save(tx, "3")
        elsewhere = await save(tx, "4", connection="gigapay-no")
        for about, rule, says in (
            (yes, "mine", "yes"),
            (no, "mine", "no"),
            (other, "another", "yes"),
            (elsewhere, "mine", "yes"),
        ):
            await answer(tx, rule, about, says)
        await to_decide.mark_yes(tx, "mine", "gigapay-se", NOW)

        assert await marked(tx) == {yes: NOW}
        assert await decisions.yes_at(tx, "mine", "gigapay-se") == (yes,)


async def test_the_longest_marked_come_first_but_after_all_that_can_still_change(db: Database) -> None:
    async with db.write() as tx:
        new, old = await save(tx, "1"), await save(tx, "2")
        closed = await save(tx, "0", live=False)
        await mark(tx, [new], NOW)
        await mark(tx, [old], NOW - timedelta(hours=1))
        await mark(tx, [closed], NOW - timedelta(hours=2))

        assert await to_decide.first(tx, at_most=9) == (old, new, closed)
        assert await to_decide.first(tx, at_most=2) == (old, new)


async def test_a_mark_is_taken_once(db: Database) -> None:
    async with db.write() as tx:
        one = await save(tx, "1")
        await mark(tx, [one], NOW)
        before = await to_decide.any_at(tx, "gigapay-se"), await to_decide.any_at(tx, "gigapay-no")
        taken = [await to_decide.take(tx, one) for _ in range(2)]

        assert before == (True, False)
        assert taken == ["gigapay-se", None]
        assert not await to_decide.any_at(tx, "gigapay-se")


async def test_what_is_marked_is_due_whatever_the_clock_says(db: Database) -> None:
    async with db.write() as tx:
        found = []
        for live in (True, False):
            one = await save(tx, str(live), live=live)
            before = (await due.due(tx, NOW)).to_decide
            await mark(tx, [one], NOW + timedelta(days=1))
            after = await due.due(tx, NOW)
            found.append((before, after.to_decide, after.first_at(NOW)))
            await to_decide.take(tx, one)

        assert found == [(False, True, NOW), (False, True, NOW)]


async def test_looking_for_marks_reads_no_other_resource(file_db: Database) -> None:
    """Asked at every tick, of a table that may hold a hundred thousand."""
    is_marked = select(resource.c.id).where(to_decide.IS_MARKED)
    at_one = select(resource.c.id).where(
        resource.c.connection == "gigapay-se", resource.c.decide_since.is_not(None)
    )
    async with file_db.read() as tx:
        plans = [await plan_of(tx, query) for query in (is_marked, at_one)]

    assert all("SCAN resource" not in plan and "decide_since>?" in plan for plan in plans), plans


async def plan_of(tx: Tx, query: Select[tuple[str]]) -> str:
    plain = query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
    return "\n".join(row.detail for row in await tx.execute(text(f"EXPLAIN QUERY PLAN {plain}")))
