"""What the settings no longer keep is erased, and nothing that anything still needs."""

from datetime import datetime, timedelta
from json import loads
from typing import Any

import pytest
from sqlalchemy import Table, func, select, update

from bot.core.resource import Unread
from bot.engine import keep
from bot.engine.case import load_case
from bot.store import effects, resources
from bot.store.effects import State
from bot.store.tables import (
    approval,
    approval_answer,
    audit,
    decision_change,
    effect,
    inbox,
    mail,
    occurrence,
    resource,
    snapshot,
)

from .stand import CUT_OFF, JUST_AFTER, Stand, at

KEEP = timedelta(days=400)
SEVEN_YEARS = timedelta(days=7 * 366)


async def later(stand: Stand, moment: datetime) -> None:
    """Erase as it is done at this moment, without living through all the days before it."""
    stand.clock.go_to(moment)
    await keep.keep_once(stand.bot)


async def rows(stand: Stand, table: Table) -> list[Any]:
    async with stand.bot.db.read() as tx:
        return list((await tx.execute(select(table))).all())


async def payees(stand: Stand) -> list[str]:
    """In which columns of which tables the id of a payee still stands."""
    found = []
    for table in (resource, snapshot, effect, approval):
        for row in await rows(stand, table):
            found += [
                f"{table.name}.{name}" for name, value in row._mapping.items() if '"1041"' in str(value)
            ]
    return sorted(set(found))


async def counted(stand: Stand) -> list[dict[str, int]]:
    """What the record says was erased, run by run."""
    said = [loads(row.what_json) for row in await rows(stand, audit)]
    return [one["counted"] for one in said if one["what"] == "erased what the settings no longer keep"]


@pytest.fixture
async def paid(gigapay: Stand) -> Stand:
    """A payrun of Friday the 13th that was asked about, approved, closed and paid."""
    gigapay.change_rule("gigapay.yaml", "mode: act", "mode: ask")
    await gigapay.reload()
    payrun = await gigapay.weekly()
    await gigapay.until(CUT_OFF + JUST_AFTER)
    await gigapay.approve()
    await gigapay.settle()
    gigapay.gigapay.pay(payrun)
    await gigapay.until(at(20, 8))
    await gigapay.poll()
    assert (await gigapay.effect()).state is State.VERIFIED
    assert await payees(gigapay) == [
        "approval.shown_json",
        "effect.lines_json",
        "resource.snapshot_json",
        "snapshot.snapshot_json",
    ]
    return gigapay


async def ends_on(stand: Stand) -> datetime:
    """When the period of the closed payrun was over."""
    async with stand.bot.db.read() as tx:
        day = (await tx.execute(select(func.min(resource.c.ends_on)))).scalar_one()
    return datetime.fromisoformat(f"{day}T00:00:00+00:00")


@pytest.mark.parametrize(
    ("after", "is_left"),
    [
        pytest.param(KEEP, True, id="on the last day they are kept"),
        pytest.param(KEEP + timedelta(days=1), False, id="the day after"),
    ],
)
async def test_lines_of_a_run_at_its_end_are_erased_everywhere_after_their_time(
    paid: Stand, after: timedelta, is_left: bool
) -> None:
    await later(paid, await ends_on(paid) + after)

    assert bool(await payees(paid)) is is_left


async def test_the_totals_of_a_run_stay_and_its_facts_say_that_lines_were_erased(paid: Stand) -> None:
    before = (await rows(paid, resource))[0]
    await later(paid, await ends_on(paid) + KEEP + timedelta(days=1))

    async with paid.bot.db.read() as tx:
        case = await load_case(paid.bot, tx, before.id)
    assert case is not None and case.snapshot.is_erased
    assert str(case.money("net pay")) == "4 880.00 SEK".replace(" ", "\u00a0")
    assert case.value("possible duplicates") == Unread("lines of it were erased")
    assert case.lines == ()


async def test_a_run_that_is_not_at_its_end_keeps_its_lines_however_old(paid: Stand) -> None:
    async with paid.bot.db.write() as tx:
        await tx.execute(update(resource).values(is_open=True))
    await later(paid, await ends_on(paid) + 3 * KEEP)

    assert "resource.snapshot_json" in await payees(paid)
    assert "snapshot.snapshot_json" in await payees(paid)


@pytest.mark.parametrize("state", [one for one in State if one not in effects.ENDED])
async def test_a_run_with_something_under_way_keeps_its_lines(paid: Stand, state: State) -> None:
    async with paid.bot.db.write() as tx:
        await tx.execute(update(effect).where(effect.c.is_vendor.is_(True)).values(state=state))
    await later(paid, await ends_on(paid) + 3 * KEEP)

    assert "resource.snapshot_json" in await payees(paid)


async def test_the_bodies_of_webhooks_are_erased_after_their_time_and_what_they_were_about_is_not(
    paid: Stand,
) -> None:
    async with paid.bot.db.write() as tx:
        for number, (state, days) in enumerate((("sorted", 90), ("sorted", 91), ("new", 91))):
            received = paid.clock.now() - timedelta(days=days)
            await tx.execute(
                inbox.insert().values(
                    connection="gigapay-se",
                    event="Payrun.created",
                    dedupe_key=f"d{number}",
                    received_at=received,
                    delivered_at=received,
                    deliveries=1,
                    headers_redacted='{"date":"today"}',
                    raw=b"a body",
                    sha256="s",
                    signature="verified",
                    about_json='[["gigapay.payrun","1"]]',
                    state=state,
                    correlation="c",
                )
            )
    await keep.keep_once(paid.bot)

    left = {row.dedupe_key: (row.raw, row.headers_redacted) for row in await rows(paid, inbox)}
    kept = (b"a body", '{"date":"today"}')
    assert left == {"d0": kept, "d1": (None, "{}"), "d2": kept}
    assert {row.about_json for row in await rows(paid, inbox)} == {'[["gigapay.payrun","1"]]'}


async def test_the_bodies_of_mails_are_erased_and_who_got_them_is_not(paid: Stand) -> None:
    before = await rows(paid, mail)
    assert before and all(row.raw for row in before)
    await later(paid, await ends_on(paid) + KEEP + timedelta(days=10))

    after = await rows(paid, mail)
    assert [row.raw for row in after] == [b""] * len(before)
    assert {(row.message_id, row.recipient, row.subject, row.state) for row in after} == {
        (row.message_id, row.recipient, row.subject, row.state) for row in before
    }


async def test_after_years_what_was_decided_is_erased_and_the_keys_that_keep_it_done_are_not(
    paid: Stand,
) -> None:
    before = {(row.key, row.round, row.state, row.done_by) for row in await rows(paid, effect)}
    await later(paid, await ends_on(paid) + SEVEN_YEARS + timedelta(days=15))

    assert await rows(paid, decision_change) == []
    assert await rows(paid, approval) == []
    assert await rows(paid, approval_answer) == []
    after = await rows(paid, effect)
    assert {(row.key, row.round, row.state, row.done_by) for row in after} == before
    assert {(row.request_json, row.lines_json, row.reason) for row in after} == {("{}", "[]", "erased")}


async def test_nothing_is_done_again_after_everything_was_erased(paid: Stand) -> None:
    calls, mails = paid.close_calls(), len(paid.subjects())
    await later(paid, await ends_on(paid) + SEVEN_YEARS + timedelta(days=15))
    paid.gigapay.advance()
    await paid.poll()

    assert paid.close_calls() == calls
    closing = [one for one in paid.subjects()[mails:] if "2859272" in one]
    assert closing == []


async def test_what_was_erased_is_counted_in_one_line_of_numbers_and_only_once(paid: Stand) -> None:
    lines_before = await paid.count(audit)
    await later(paid, await ends_on(paid) + KEEP + timedelta(days=10))
    first = await counted(paid)
    await later(paid, paid.clock.now() + timedelta(days=1))

    assert len(first) == 1 and await counted(paid) == first
    assert await paid.count(audit) == lines_before + 1
    assert set(first[0]) == {"pay runs", "readings", "actions", "questions", "mails"}
    assert all(isinstance(count, int) and count > 0 for count in first[0].values())


async def test_it_is_due_once_a_day(gigapay: Stand) -> None:
    first = (await rows(gigapay, occurrence))[0].due_at
    await gigapay.until(first + timedelta(days=1) - timedelta(microseconds=1))
    assert [row.due_at for row in await rows(gigapay, occurrence)] == [first]
    await gigapay.until(first + timedelta(days=1))

    assert [row.due_at for row in await rows(gigapay, occurrence)] == [first + timedelta(days=1)]


async def test_it_goes_through_more_than_a_batch(gigapay: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.store.keeping.BATCH", 2)
    old = gigapay.clock.now() - timedelta(days=100)
    async with gigapay.bot.db.write() as tx:
        for number in range(7):
            await tx.execute(
                inbox.insert().values(
                    connection="gigapay-se",
                    event="Payrun.created",
                    dedupe_key=f"d{number}",
                    received_at=old,
                    delivered_at=old,
                    deliveries=1,
                    headers_redacted="{}",
                    raw=b"a body",
                    sha256="s",
                    signature="verified",
                    about_json="[]",
                    state="sorted",
                    correlation="c",
                )
            )
    await keep.keep_once(gigapay.bot)

    assert await counted(gigapay) == [{"webhooks": 7}]


async def test_an_erased_run_that_is_listed_as_before_stays_erased(paid: Stand) -> None:
    await later(paid, await ends_on(paid) + KEEP + timedelta(days=10))
    before = (await rows(paid, resource))[0]
    async with paid.bot.db.write() as tx:
        found = await resources.get(tx, before.id)
        assert found is not None
        saved = await resources.save(tx, found.snapshot, now=paid.clock.now(), correlation="again")

    assert not saved.has_changed
    assert saved.resource.snapshot.is_erased
