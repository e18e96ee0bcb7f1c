"""A removed connection is used no more, whatever the settings say, and nothing of it is lost."""

from json import loads
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.connectors.gigapay.hooks import DOCUMENTED
from bot.core.fault import set_fault_hook
from bot.engine import remove
from bot.engine.approve import NotAllowed, NothingToDecide
from bot.engine.receive import UnknownHook, find_hook
from bot.engine.remove import Removal
from bot.store import access, effects, health
from bot.store.effects import State
from bot.store.tables import audit, credential, effect, look

from .stand import CUT_OFF, JUST_AFTER, Stand, at

ID = "gigapay-se"


async def remove_it(stand: Stand, by: str = "finance-1") -> Removal:
    return await remove.remove_connection(stand.bot, stand.person(by), ID)


def from_us(stand: Stand) -> list[Any]:
    """Every request that reached the vendor, but for what it did by itself."""
    return [one for one in stand.gigapay.ledger.entries if "/" in one["call"] or one.get("by") == "client"]


@pytest.fixture
async def asking(gigapay: Stand) -> Stand:
    """One payrun, and somebody is asked about closing it."""
    gigapay.change_rule("gigapay.yaml", "mode: act", "mode: ask")
    await gigapay.reload()
    await gigapay.weekly()
    await gigapay.until(CUT_OFF + JUST_AFTER)
    assert (await gigapay.effect()).state is State.WAITING
    return gigapay


async def test_what_waits_is_withdrawn_and_those_who_were_asked_are_told(asking: Stand) -> None:
    done = await remove_it(asking)
    await asking.settle()

    assert done.withdrawn == 1
    assert (await asking.effect()).state is State.WITHDRAWN
    assert await asking.askings() and not [one for one in await asking.askings() if one.closed_at is None]
    assert len([one for one in asking.texts("finance-1") if "Its connection was removed." in one]) == 1


async def test_nothing_is_read_or_done_there_afterwards(asking: Stand) -> None:
    await remove_it(asking)
    calls = from_us(asking)
    await asking.poll()
    await asking.until(at(20, 12))

    assert from_us(asking) == calls
    assert asking.closes() == []
    assert await asking.count(look) == 0
    with pytest.raises(UnknownHook):
        find_hook(asking.bot, ID, "Payrun.created")


async def test_it_stays_removed_over_a_start(asking: Stand) -> None:
    await remove_it(asking)

    async with asking.bot.db.read() as tx:
        assert await health.removed(tx) == {ID}


@pytest.mark.parametrize(
    "state", [State.INTENT, State.SENT, State.CONFIRMING, State.UNKNOWN, State.PARKED], ids=str
)
async def test_what_may_be_at_the_vendor_must_be_settled_first(asking: Stand, state: State) -> None:
    async with asking.bot.db.write() as tx:
        await tx.execute(update(effect).where(effect.c.is_vendor.is_(True)).values(state=state))

    with pytest.raises(NothingToDecide, match=r"settle first gigapay\.close_payrun on gigapay-se/"):
        await remove_it(asking)

    assert ID in asking.bot.accounts
    assert (await asking.effect()).state is state


async def test_a_mail_that_is_just_being_made_is_made_first(asking: Stand) -> None:
    async with asking.bot.db.write() as tx:
        await tx.execute(
            update(effect)
            .where(effect.c.is_vendor.is_(False), effect.c.action == "tell")
            .values(state=State.PLANNED, connection=ID)
        )

    with pytest.raises(NothingToDecide, match="Mails about it are being made"):
        await remove_it(asking)


async def test_one_that_is_about_to_call_finds_out_before_the_call(gigapay: Stand) -> None:
    await gigapay.weekly()
    await gigapay.until(CUT_OFF)

    removed: list[Removal] = []

    async def before_intent(point: str) -> None:
        if point == "effect.read":
            set_fault_hook(None)
            removed.append(await remove_it(gigapay))

    set_fault_hook(before_intent)
    try:
        await gigapay.until(CUT_OFF + JUST_AFTER)
    finally:
        set_fault_hook(None)

    assert [one.withdrawn for one in removed] == [1]
    assert gigapay.close_calls() == 0
    assert (await gigapay.effect()).state is State.WITHDRAWN


async def test_only_an_approver_removes(asking: Stand) -> None:
    with pytest.raises(NotAllowed):
        await remove_it(asking, "auditor-1")

    assert ID in asking.bot.accounts
    assert (await asking.effect()).state is State.WAITING


async def test_a_connection_that_is_not_there_is_not_removed(gigapay: Stand) -> None:
    with pytest.raises(NothingToDecide, match=r"^There is no connection none\.$"):
        await remove.remove_connection(gigapay.bot, gigapay.person("finance-1"), "none")


async def test_its_webhooks_are_taken_away_at_the_vendor_and_nobody_elses(asking: Stand) -> None:
    connection = asking.bot.accounts[ID].connection
    await connection.register_hooks(asking.bot.settings.http.public_url)
    await connection.register_hooks("https://another.example.com")

    done = await remove_it(asking)

    assert len(done.hooks) == len(DOCUMENTED)
    left = [str(one["url"]) for one in asking.gigapay.state.webhooks.values()]
    assert len(left) == len(DOCUMENTED) and all(
        url.startswith("https://another.example.com/") for url in left
    )


async def test_a_vendor_that_does_not_let_us_take_them_away_leaves_them_to_a_person(asking: Stand) -> None:
    await asking.gigapay.stop()

    done = await remove_it(asking)

    assert done.hooks == ()
    assert done.left[0].startswith(
        "Take its webhooks to https://payrun.example.com/hooks/gigapay-se/ away at"
    )
    assert ID not in asking.bot.accounts


async def test_what_it_logs_in_with_is_erased(asking: Stand) -> None:
    async with asking.bot.db.write() as tx:
        await access.save_credential(tx, ID, b"sealed", asking.clock.now())
        await access.save_credential(tx, "another", b"sealed", asking.clock.now())
    await remove_it(asking)

    async with asking.bot.db.read() as tx:
        assert [row.connection for row in await tx.execute(select(credential))] == ["another"]


async def test_everything_known_of_it_is_in_a_file_that_only_the_service_can_read(asking: Stand) -> None:
    done = await remove_it(asking)

    rows: list[dict[str, Any]] = [loads(line) for line in done.file.read_text().splitlines()]
    tables = {row["table"] for row in rows}
    assert {"resource", "snapshot", "effect", "approval", "decision", "decision_change", "audit"} <= tables
    assert done.file.stat().st_mode & 0o777 == 0o600
    assert not any("raw" in row for row in rows)
    (deed,) = [row for row in rows if row["table"] == "effect" and row["is_vendor"]]
    assert (deed["state"], deed["reason"]) == ("withdrawn", "its connection was removed")
    assert "removed a connection" in str([row for row in rows if row["table"] == "audit"])


async def test_operations_are_told_and_the_record_says_who_it_was(asking: Stand) -> None:
    await remove_it(asking)
    await asking.settle()

    (mail,) = [" ".join(one.split()) for one in asking.texts("ops") if "gigapay-se was removed" in one]
    assert "Take gigapay-se out of bot.yaml." in mail
    assert "still valid at Gigapay: revoke it there." in mail
    async with asking.bot.db.read() as tx:
        said = [
            (row.actor, loads(row.what_json))
            for row in await tx.execute(
                select(audit).where(audit.c.what_json.contains("removed a connection"))
            )
        ]
    assert said == [
        ("finance-1", {"what": "removed a connection", "connection": ID, "withdrawn": 1}),
    ]


async def test_removing_it_once_more_does_what_was_left_and_withdraws_nothing(asking: Stand) -> None:
    await remove_it(asking)
    await asking.settle()
    mails = len(asking.subjects())
    async with asking.bot.db.write() as tx:
        await access.save_credential(tx, ID, b"sealed", asking.clock.now())

    done = await remove_it(asking)
    await asking.settle()

    assert (done.withdrawn, done.hooks) == (0, ())
    assert done.file.is_file()
    assert await asking.count(credential) == 0
    assert len(asking.subjects()) == mails


async def test_other_connections_go_on(gigapay: Stand) -> None:
    async with gigapay.bot.db.write() as tx:
        await effects.plan(
            tx,
            effects.Plan(
                key="tell:other",
                action="tell",
                connection="another",
                resource="",
                generation=0,
                rule="",
                rule_hash="",
                is_vendor=False,
                not_before=at(30, 8),
                args={},
            ),
            round=1,
            chain="tell:other#1",
            now=gigapay.clock.now(),
            correlation="c",
        )
    await remove_it(gigapay)

    assert [one.state for one in await gigapay.effects("tell") if one.connection == "another"] == [
        State.PLANNED
    ]
