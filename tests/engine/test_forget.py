"""Somebody who is forgotten is in nothing that is kept, and nobody else is touched."""

from json import loads
from typing import Any

import pytest
from sqlalchemy import Table, select, update

from bot.core.resource import Unread
from bot.engine import forget
from bot.engine.approve import NotAllowed, NothingToDecide
from bot.engine.case import load_case
from bot.engine.forget import Forgotten
from bot.store.tables import (
    approval,
    approval_answer,
    audit,
    decision,
    decision_change,
    effect,
    inbox,
    mail,
    resource,
    snapshot,
)

from .stand import CUT_OFF, JUST_AFTER, Stand, at

WHO, ANOTHER = "1041", "1042"
KEPT = (resource, snapshot, effect, approval, approval_answer, decision, decision_change)


async def rows(stand: Stand, table: Table) -> list[Any]:
    async with stand.bot.db.read() as tx:
        return list((await tx.execute(select(table))).all())


async def stands_in(stand: Stand, payee: str) -> list[str]:
    """In which columns of which tables a payee is named."""
    naming = (f'"payee":"{payee}"', f"payee {payee}", f"employee {payee}")
    found = []
    for table in KEPT:
        for row in await rows(stand, table):
            found += [
                f"{table.name}.{name}"
                for name, value in row._mapping.items()
                if any(one in str(value) for one in naming)
            ]
    return sorted(set(found))


async def forget_them(stand: Stand, who: str = WHO, **more: str) -> Forgotten:
    return await forget.forget(stand.bot, stand.person("finance-1"), who, **more)


@pytest.fixture
async def paid(gigapay: Stand) -> Stand:
    """A payrun of three that was asked about, approved, closed and paid."""
    gigapay.change_rule("gigapay.yaml", "mode: act", "mode: ask")
    await gigapay.reload()
    payrun = await gigapay.weekly()
    await gigapay.until(CUT_OFF + JUST_AFTER)
    await gigapay.approve()
    await gigapay.settle()
    gigapay.gigapay.pay(payrun)
    await gigapay.until(at(20, 8))
    await gigapay.poll()
    return gigapay


async def test_they_are_taken_out_of_everything_and_nobody_else_is(paid: Stand) -> None:
    before = await stands_in(paid, ANOTHER)
    assert {"resource.snapshot_json", "effect.lines_json", "approval.shown_json"} <= set(before)
    assert await stands_in(paid, WHO)

    done = await forget_them(paid)

    assert await stands_in(paid, WHO) == []
    assert await stands_in(paid, ANOTHER) == before
    assert set(done.counted) >= {"readings", "actions", "questions"}


async def test_the_totals_stay_and_the_run_says_that_lines_were_erased(paid: Stand) -> None:
    (before,) = await rows(paid, resource)
    await forget_them(paid)

    async with paid.bot.db.read() as tx:
        case = await load_case(paid.bot, tx, before.id)
    assert case is not None
    assert str(case.money("net pay")).replace("\u00a0", " ") == "4 880.00 SEK"
    assert sorted(line.payee for line in case.lines) == ["1042", "1043"]
    assert case.value("possible duplicates") == Unread("lines of it were erased")


async def test_what_is_not_at_its_end_is_left_and_named(paid: Stand) -> None:
    (before,) = await rows(paid, resource)
    async with paid.bot.db.write() as tx:
        await tx.execute(update(resource).values(is_open=True))

    done = await forget_them(paid)

    assert done.counted == {}
    assert done.left[0] == f"gigapay-se/{before.vendor_id} is not at its end: run this again when it is."
    assert "resource.snapshot_json" in await stands_in(paid, WHO)


async def test_mails_that_name_them_lose_their_bodies(paid: Stand) -> None:
    naming = {row.message_id for row in await rows(paid, mail) if forget._names(row.raw, WHO)}
    await forget_them(paid)

    assert {row.message_id for row in await rows(paid, mail) if not row.raw} == naming


async def test_webhooks_that_hold_them_lose_their_bodies_once_nobody_needs_them(paid: Stand) -> None:
    (run,) = await rows(paid, resource)
    bodies = {
        "theirs": (b'{"employee": "1041"}', "sorted", "[]"),
        "as a number": (b'{"payouts": [{"employee": 1041}]}', "sorted", "[]"),
        "no JSON": (b"employee=1041", "unparsed", "[]"),
        "another's": (b'{"employee": "1042", "amount": "1041.00"}', "sorted", "[]"),
        "not sorted yet": (b'{"employee": "1041"}', "new", "[]"),
        "of another run": (b'{"employee": "1041"}', "sorted", f'[["gigapay.payrun","{run.vendor_id}"]]'),
    }
    async with paid.bot.db.write() as tx:
        for name, (raw, state, about) in bodies.items():
            await tx.execute(
                inbox.insert().values(
                    connection="gigapay-se",
                    event="Payout.created",
                    dedupe_key=name,
                    received_at=paid.clock.now(),
                    delivered_at=paid.clock.now(),
                    deliveries=1,
                    headers_redacted="{}",
                    raw=raw,
                    sha256="s",
                    signature="verified",
                    about_json=about,
                    state=state,
                    correlation="c",
                )
            )

    done = await forget_them(paid)

    left = {row.dedupe_key for row in await rows(paid, inbox) if row.raw is not None}
    assert left == {"another's", "not sorted yet"}
    assert done.counted["webhooks"] == 4
    assert done.left[0] == "1 stored webhooks are about runs that are not at their end."


async def test_doing_it_again_finds_nothing(paid: Stand) -> None:
    await forget_them(paid)
    before = [await rows(paid, table) for table in (*KEPT, mail, inbox)]

    done = await forget_them(paid)

    assert done.counted == {}
    assert [await rows(paid, table) for table in (*KEPT, mail, inbox)] == before


async def test_the_record_says_that_it_was_done_and_not_to_whom(paid: Stand) -> None:
    await forget_them(paid)
    await forget_them(paid, ANOTHER)
    await forget_them(paid)

    said = [
        loads(row.what_json)
        for row in await rows(paid, audit)
        if "had somebody forgotten" in row.what_json and row.actor == "finance-1"
    ]
    assert said[0]["who"] == said[2]["who"] != said[1]["who"]
    assert not any(WHO in str({**one, "counted": {}}) for one in said)
    assert said[0]["counted"]["readings"] > 0


async def test_only_one_connections_are_touched_where_one_is_named(paid: Stand) -> None:
    before = await stands_in(paid, WHO)
    async with paid.bot.db.write() as tx:
        await tx.execute(update(resource).values(connection="another"))

    await forget_them(paid, connection="gigapay-se")

    assert await stands_in(paid, WHO) == before
    with pytest.raises(NothingToDecide):
        await forget_them(paid, connection="none")


async def test_somebody_nobody_knows_is_nothing_to_erase(paid: Stand) -> None:
    before = [await rows(paid, table) for table in (*KEPT, mail)]

    assert (await forget_them(paid, "104")).counted == {}

    assert [await rows(paid, table) for table in (*KEPT, mail)] == before


async def test_only_an_approver_has_somebody_forgotten(paid: Stand) -> None:
    with pytest.raises(NotAllowed):
        await forget.forget(paid.bot, paid.person("auditor-1"), WHO)

    assert await stands_in(paid, WHO)
