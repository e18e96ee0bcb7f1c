"""Rules about connections: decided by what the service knows of itself, and told like any other."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.connectors.budget import Purpose, Span
from bot.core.connection import KIND
from bot.core.resource import MISSING, Known, Unread, Value
from bot.core.watched import CONNECTION
from bot.engine import approve, payruns
from bot.engine.connection_health import as_of_now, id_of, news_of
from bot.sandbox.gigapay.desk import sign
from bot.store import call_use, decisions, health, news, resources
from bot.store.decisions import Kept
from bot.store.tables import snapshot as history
from tests.databases import Migrated

from .place import HOOK_SECRET
from .stand import BEGINS, CUT_OFF, OPENED, Stand, at, stand

SECOND = timedelta(seconds=1)
TITLE = "A connection needs a look, Connection gigapay-se"


@pytest.fixture
async def often(tmp_path: Path, migrated: Migrated) -> AsyncIterator[Stand]:
    """Gigapay, polled every half hour."""
    async with stand(tmp_path, "gigapay", database=migrated, poll="30m") as made:
        yield made


def rule(when: str, then: str = "alert: {to: ops, when_cleared: notice}", **more: str) -> str:
    said = "".join(f"    {key}: {value}\n" for key, value in more.items())
    return (
        "rules:\n  - id: health\n    title: A connection needs a look\n    watch: connection\n"
        f"    when: [{when}]\n    then: {{{then}}}\n    mode: act\n{said}"
    )


async def put(stand: Stand, text: str) -> None:
    stand.write_rule("health.yaml", text)
    await stand.reload()
    assert stand.bot.problems == ()
    await stand.sign()


async def kept(stand: Stand) -> Kept:
    async with stand.bot.db.read() as tx:
        found = await decisions.get(tx, "health", id_of("gigapay-se"))
    assert found is not None
    return found


async def value(stand: Stand, name: str) -> Value:
    async with stand.bot.db.read() as tx:
        return (await as_of_now(stand.bot, tx, stand.bot.accounts["gigapay-se"])).values[name]


async def look_at(stand: Stand, payrun: str) -> None:
    """Have one payrun read, and no list."""
    async with stand.bot.db.write() as tx:
        await news.ask_to_look(
            tx,
            connection="gigapay-se",
            kind="gigapay.payrun",
            key=payrun,
            due_at=stand.clock.now(),
            correlation="test",
        )
    await stand.settle()


def told(stand: Stand) -> list[str]:
    return [one for one in stand.subjects("ops") if "needs a look" in one]


async def test_a_failing_connection_is_told_once_and_once_more_when_it_works(often: Stand) -> None:
    await put(often, rule("failures in a row is at least 3"))
    often.gigapay.faults.add("status", call="*", code=503, times=None)
    await often.after(hours=2)
    while_down = told(often)
    often.gigapay.faults.clear()
    await often.after(hours=2)

    assert while_down == [TITLE]
    assert told(often) == [TITLE, f"Over: {TITLE}"]


@pytest.mark.parametrize("field", list(KIND.fields))
async def test_every_declared_word_has_a_value_that_is_read(often: Stand, field: str) -> None:
    assert not isinstance(await value(often, field), Unread)


async def test_a_connection_that_works_says_when_it_was_read_and_what_it_has(often: Stand) -> None:
    await often.weekly()

    assert await value(often, "status") == Known("working")
    assert await value(often, "last poll") == Known(OPENED)
    assert await value(often, "open pay runs") == Known(1)
    assert await value(often, "first deadline") == Known(CUT_OFF)
    assert await value(often, "webhook expected") == Known(True)
    assert await value(often, "failing since") == MISSING
    assert await value(often, "paused by") == MISSING


async def test_its_calls_left_are_what_its_budget_has_room_for(often: Stand) -> None:
    before = await value(often, "calls left today")
    async with often.bot.db.write() as tx:
        day = next(one for one in often.bot.calls.allowed("gigapay-se").windows() if one.name == "day")
        span = Span("day", Purpose.LOOKS, day.start_of(often.clock.now()))
        used = await call_use.counted(tx, "gigapay-se")
        await call_use.count(tx, "gigapay-se", used, {**used, str(span): used[str(span)] + 7})

    after = await value(often, "calls left today")
    assert isinstance(before, Known)
    assert isinstance(after, Known)
    assert int(str(before.value)) - int(str(after.value)) == 7


async def test_a_pause_is_seen_at_once_and_its_end_by_itself(often: Stand) -> None:
    await put(often, rule("status is paused"))
    payroll, until = often.person("payroll-1"), often.clock.now() + timedelta(minutes=10)
    await approve.pause(often.bot, payroll, "*", reason="holiday", until=until)
    await often.settle()
    paused = (await kept(often)).answer, await value(often, "status"), await value(often, "paused by")
    await often.until(until - SECOND)
    still = (await kept(often)).answer
    await often.until(until)

    assert paused == ("yes", Known("paused"), Known("payroll-1"))
    assert still == "yes"
    assert (await kept(often)).answer == "no"
    assert told(often) == [TITLE, f"Over: {TITLE}"]


async def test_resumed_is_no_longer_paused(often: Stand) -> None:
    await put(often, rule("status is paused"))
    payroll = often.person("payroll-1")
    await approve.pause(often.bot, payroll, "gigapay-se", reason="holiday")
    await often.settle()
    await approve.resume(often.bot, payroll, "gigapay-se")
    await often.settle()

    assert (await kept(often)).answer == "no"


async def test_a_rest_shows_as_resting_and_after_it_as_failing(often: Stand) -> None:
    await put(often, rule("status is resting"))
    now = often.clock.now()
    async with often.bot.db.write() as tx:
        rest = {"rest_until": now + timedelta(seconds=30), "rests": 1}
        await health.set_health(tx, "gigapay-se", failing_since=now, failures=3, **rest)
        await news_of(often.bot, tx, "gigapay-se")
    often.gigapay.faults.add("status", call="*", code=503, times=None)
    await often.settle()
    first = await kept(often)
    often.clock.go_to(now + timedelta(seconds=29))
    last = await value(often, "status")
    often.clock.go_to(now + timedelta(seconds=30))

    assert (first.answer, first.next_at) == ("yes", now + timedelta(seconds=30))
    assert last == Known("resting")
    assert await value(often, "status") == Known("failing")


async def test_silence_is_told_when_time_alone_has_made_it_long(often: Stand) -> None:
    """A webhook came at noon; by noon three days later it was not more than three days ago."""
    payrun = often.add_payouts("1450.00")
    await often.poll()
    async with often.bot.db.write() as tx:
        await health.set_health(tx, "gigapay-se", hook_at=BEGINS)
    await put(often, rule("last webhook was more than 3 days ago"))
    await often.until(BEGINS + timedelta(days=3))
    before = told(often)
    await often.after(seconds=1)
    late = told(often)
    body = json.dumps(often.gigapay.state.payruns[payrun]).encode()
    signature = sign(HOOK_SECRET, int(often.clock.now().timestamp()), body)
    await often.hook("Payrun.created", body, {"Gigapay-Signature": signature})
    await often.settle()

    assert (before, late) == ([], [TITLE])
    assert told(often) == [TITLE, f"Over: {TITLE}"]


async def test_a_poll_is_seen_at_once(often: Stand) -> None:
    async with often.bot.db.write() as tx:
        await health.set_health(tx, "gigapay-se", listed_at=BEGINS - timedelta(hours=4))
    await put(often, rule("last poll was more than 3 hours ago"))
    before = (await kept(often)).answer
    await often.poll()

    assert before == "yes"
    assert (await kept(often)).answer == "no"


async def test_a_pay_run_that_is_opened_or_deleted_is_seen_at_once(often: Stand) -> None:
    await put(often, rule("open pay runs is at least 1"))
    before = (await kept(often)).answer
    payrun = often.add_payouts("1450.00")
    await look_at(often, payrun)
    opened = (await kept(often)).answer
    often.gigapay.state.delete(payrun, often.clock.now())
    await often.after(seconds=10)
    await look_at(often, payrun)

    assert (before, opened) == ("no", "yes")
    assert (await kept(often)).answer == "no"


async def test_a_connection_that_could_never_be_read_is_told_of_all_the_same(
    tmp_path: Path, migrated: Migrated
) -> None:
    """Nothing of it was ever read whole, so that rules about its pay runs have not begun."""
    async with stand(tmp_path, "gigapay", database=migrated, poll="30m") as made:
        async with made.bot.db.write() as tx:
            await health.set_health(tx, "gigapay-se", synced_at=None, listed_at=None)
        made.gigapay.faults.add("status", call="*", code=503, times=None)
        await put(made, rule("failures in a row is at least 3"))
        await made.after(hours=2)

        assert told(made) == [TITLE]


async def test_what_was_so_when_the_rule_was_signed_is_told_as_one_list(often: Stand) -> None:
    await approve.pause(often.bot, often.person("payroll-1"), "*", reason="holiday")
    await put(often, rule("status is paused"))
    await often.after(hours=1)

    assert told(often) == []
    assert len([one for one in often.texts("ops") if "Connection gigapay-se" in one]) == 1


async def test_the_mail_says_how_it_does_and_leads_to_the_connections(often: Stand) -> None:
    await put(often, rule("status is paused"))
    await approve.pause(often.bot, often.person("payroll-1"), "*", reason="holiday")
    await often.settle()

    (mail,) = [one for one in often.texts("ops") if "needs a look" in one]
    assert "payroll-1" in mail
    assert "https://payrun.example.com/connections" in mail
    assert "/payruns/" not in mail


async def test_a_mail_of_such_a_rule_says_the_same(often: Stand) -> None:
    await put(often, rule("status is paused", "send_mail: {template: notice, to: ops}"))
    await approve.pause(often.bot, often.person("payroll-1"), "*", reason="holiday")
    await often.settle()

    (mail,) = [one for one in often.texts("ops") if "A connection needs a look." in one]
    assert "payroll-1" in mail


async def test_a_rule_at_set_times_lists_connections_as_they_are_then(often: Stand) -> None:
    await put(
        often,
        rule(
            "status is paused",
            "send_mail: {template: scheduled, to: ops}",
            every="day at 14:00",
        ),
    )
    await often.until(at(13, 14) - SECOND)
    await approve.pause(often.bot, often.person("payroll-1"), "*", reason="holiday")
    await often.until(at(13, 14))
    await often.after(minutes=6)

    (mail,) = [one for one in often.texts("ops") if "EVERY DAY AT 14:00" in one]
    assert "Connection gigapay-se" in mail
    assert "status is paused" in mail


async def test_it_is_no_pay_run_and_its_past_is_not_kept(often: Stand) -> None:
    await put(often, rule("status is failing"))
    await often.after(hours=3)

    async with often.bot.db.read() as tx:
        listed = (await payruns.payruns_json(often.bot, tx, None))["payruns"]
        rows = await resources.all_of(tx, kind_ends=CONNECTION)
        past = (await tx.execute(select(history).where(history.c.resource == id_of("gigapay-se")))).all()
        looked = await news.any_to_read(tx, "gigapay-se")
    assert [one["ref"] for one in listed] == []
    assert [one.ref for one in rows] == ["gigapay-se/gigapay-se"]
    assert past == []
    assert not looked


async def test_without_a_rule_about_it_there_is_nothing_to_decide(often: Stand) -> None:
    await often.sign()
    await often.after(hours=3)

    async with often.bot.db.read() as tx:
        assert await resources.all_of(tx, kind_ends=CONNECTION) == ()


async def test_a_connection_that_a_rule_does_not_name_is_not_asked_about(
    tmp_path: Path, migrated: Migrated
) -> None:
    async with stand(tmp_path, "gigapay", "roubler", database=migrated, poll="30m") as made:
        await put(made, rule("status is paused", connections="[roubler-au]"))
        await approve.pause(made.bot, made.person("payroll-1"), "*", reason="holiday")
        await made.settle()

        assert told(made) == ["A connection needs a look, Connection roubler-au"]
