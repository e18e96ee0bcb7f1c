"""Alerts are told once from when something is so until it is not, and then that it is over."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from bot.store.effects import State
from tests.databases import Migrated

from .stand import Stand, at, stand

TWO_ERRORS = [("Pay rate missing for Ordinary", "72908"), ("No pay type for Overtime", "72909")]


@pytest.fixture
async def roubler(tmp_path: Path, migrated: Migrated) -> AsyncIterator[Stand]:
    async with stand(tmp_path, "roubler", database=migrated) as made:
        await made.sign()
        await made.after(minutes=1)
        yield made


async def begin(stand: Stand) -> str:
    """A finalised run with two errors, read as they come."""
    run = stand.roubler.add_run(date(2026, 11, 2), date(2026, 11, 15), status="Finalised")
    stand.roubler.set_errors(run, TWO_ERRORS)
    await stand.poll()
    return run


async def test_errors_are_collected_for_ten_minutes_and_told_in_one_mail(roubler: Stand) -> None:
    await begin(roubler)
    await roubler.after(minutes=9, seconds=59)
    early = roubler.subjects("ops")
    await roubler.after(seconds=1)

    assert early == []
    (mail,) = roubler.texts("ops")
    assert "72908" in mail
    assert "72909" in mail
    assert "Pay rate missing for Ordinary" in mail


async def test_what_comes_while_it_waits_is_told_with_it_and_what_comes_later_is_not(roubler: Stand) -> None:
    run = await begin(roubler)
    roubler.roubler.set_errors(run, [*TWO_ERRORS, ("Timesheet is not approved", "72909")])
    await roubler.after(minutes=5)
    await roubler.poll()
    await roubler.after(minutes=6)
    roubler.roubler.set_errors(run, [*TWO_ERRORS, ("Bank account missing", "72908")])
    await roubler.poll()
    await roubler.after(hours=2)

    (mail,) = roubler.texts("ops")
    assert "Timesheet is not approved" in mail


@pytest.mark.parametrize("told", [pytest.param(True, id="told"), pytest.param(False, id="not told yet")])
async def test_a_rule_that_is_switched_off_says_that_it_no_longer_watches_what_it_told_of(
    roubler: Stand, told: bool
) -> None:
    run = await begin(roubler)
    await roubler.after(minutes=11 if told else 5)
    roubler.change_rule("roubler.yaml", "mode: act", "mode: off")
    for _ in range(2):
        await roubler.reload()
        await roubler.after(hours=1)

    ended = [one for one in roubler.texts("ops") if "No longer watched" in one]
    assert len(ended) == told
    assert all(f"About roubler-au/{run} WHAT TO DO" in " ".join(one.split()) for one in ended)


async def test_polling_does_not_tell_twice(roubler: Stand) -> None:
    await begin(roubler)
    await roubler.after(minutes=11)
    for _ in range(5):
        await roubler.poll()
        await roubler.after(minutes=1)

    assert len(roubler.subjects("ops")) == 1


async def test_when_the_errors_are_gone_it_is_said_once(roubler: Stand) -> None:
    run = await begin(roubler)
    await roubler.after(minutes=11)
    roubler.roubler.set_errors(run, [])
    await roubler.poll()
    await roubler.poll()

    told, cleared = roubler.texts("ops")
    assert told != cleared
    assert "Pay rate missing for Ordinary" in cleared


async def test_errors_that_went_before_they_were_told_are_never_mentioned(roubler: Stand) -> None:
    run = await begin(roubler)
    await roubler.after(minutes=5)
    roubler.roubler.set_errors(run, [])
    await roubler.poll()
    await roubler.after(hours=1)

    (alert,) = await roubler.effects("alert")
    assert roubler.subjects("ops") == []
    assert (alert.state, alert.reason) == (State.WITHDRAWN, "cleared before it was told")


async def test_errors_that_come_back_are_told_again(roubler: Stand) -> None:
    run = await begin(roubler)
    await roubler.after(minutes=11)
    roubler.roubler.set_errors(run, [])
    await roubler.poll()
    roubler.roubler.set_errors(run, TWO_ERRORS[:1])
    await roubler.poll()
    await roubler.after(minutes=11)

    assert len(roubler.subjects("ops")) == 3
    assert "72909" not in roubler.texts("ops")[-1]


async def test_grouped_by_connection_two_runs_are_one_mail_and_one_end(
    tmp_path: Path, migrated: Migrated
) -> None:
    async with stand(tmp_path, "roubler", database=migrated) as made:
        made.change_rule("roubler.yaml", "group_by: payrun", "group_by: connection")
        await made.reload()
        await made.sign()
        await made.after(minutes=1)
        first = await begin(made)
        second = made.roubler.add_run(date(2026, 10, 19), date(2026, 11, 1), status="Finalised")
        made.roubler.set_errors(second, TWO_ERRORS[:1])
        await made.poll()
        await made.after(minutes=11)
        told = len(made.subjects("ops"))
        made.roubler.set_errors(first, [])
        await made.poll()
        one_left = len(made.subjects("ops"))
        made.roubler.set_errors(second, [])
        await made.poll()

        assert (told, one_left, len(made.subjects("ops"))) == (1, 1, 2)


async def test_errors_that_were_there_before_the_rule_are_in_the_list_alone(
    tmp_path: Path, migrated: Migrated
) -> None:
    async with stand(tmp_path, "roubler", database=migrated) as made:
        await begin(made)
        await made.sign()
        await made.after(hours=1)

        assert len(made.subjects()) == 1


async def test_a_run_of_the_vendors_own_automation_is_left_alone_and_told_once(
    tmp_path: Path, migrated: Migrated
) -> None:
    begins = at(17, 9)
    async with stand(tmp_path, "staffology", autopilot=True, database=migrated, begins=begins) as made:
        await made.sign()
        await made.until(at(18, 9))
        for _ in range(3):
            await made.poll()
        await made.after(hours=1)

        left = [one for one in await made.effects("tell") if one.args["letter"] == "left_alone"]
        assert made.staffology.ledger.effects("change_state") == []
        assert len(left) == 1
        assert left[0].state is State.VERIFIED
