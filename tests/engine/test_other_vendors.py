"""Actions that a person settles when nobody knows, and those of the other vendors."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.engine import approve
from bot.store.effects import State
from tests.databases import Migrated

from .stand import Stand, at, stand

FINALISE = "staffology.finalise_payrun"


@pytest.fixture
async def staffology(tmp_path: Path, migrated: Migrated) -> AsyncIterator[Stand]:
    """The run of November, of which the bank deadline is Wednesday the 18th at 17:00 in London."""
    async with stand(tmp_path, "staffology", database=migrated, begins=at(17, 9)) as made:
        await made.sign()
        yield made


async def finalise_calls(made: Stand) -> list[str]:
    return [one["reply"] for one in made.staffology.ledger.entries if one["call"] == "change_state"]


async def test_a_run_is_finalised_once_after_approval(staffology: Stand) -> None:
    await staffology.until(at(18, 9))
    before = await finalise_calls(staffology)
    await staffology.approve()
    await staffology.until(at(18, 12))
    for _ in range(3):
        await staffology.poll()

    done = await staffology.effect(FINALISE)
    assert before == []
    assert len(staffology.staffology.ledger.effects("change_state")) == 1
    assert done.state is State.VERIFIED


async def test_a_finalise_that_nobody_can_confirm_is_for_a_person_after_one_call(staffology: Stand) -> None:
    await staffology.until(at(18, 9))
    staffology.staffology.faults.add("drop_before", call="change_state")
    await staffology.approve()
    await staffology.until(at(18, 10))
    unknown = await staffology.effect(FINALISE)
    await staffology.quarantine()
    await staffology.quarantine()

    parked = await staffology.effect(FINALISE)
    assert unknown.state is State.UNKNOWN
    assert (parked.state, parked.calls) == (State.PARKED, 1)
    assert len(await finalise_calls(staffology)) == 1
    assert len(staffology.subjects("ops")) == 1


async def test_a_finalise_said_yes_to_and_never_seen_is_unknown_after_its_time(staffology: Stand) -> None:
    """A quarter of an hour of reading back, then the quarantine, then a person."""
    await staffology.until(at(18, 9))
    staffology.staffology.faults.add("unchanged_for", call="change_state", reads=10_000)
    await staffology.approve()
    await staffology.until(at(18, 9, 14))
    confirming = await staffology.effect(FINALISE)
    await staffology.until(at(18, 9, 17))
    unknown = await staffology.effect(FINALISE)
    await staffology.quarantine()

    assert confirming.state is State.CONFIRMING
    assert unknown.state is State.UNKNOWN
    assert (await staffology.effect(FINALISE)).state is State.PARKED
    assert len(await finalise_calls(staffology)) == 1


async def test_a_person_who_says_again_is_asked_again_before_the_second_finalise(staffology: Stand) -> None:
    await staffology.until(at(18, 9))
    staffology.staffology.faults.add("drop_before", call="change_state")
    await staffology.approve()
    await staffology.settle()
    await staffology.quarantine()
    parked = await staffology.effect(FINALISE)
    await approve.settle(
        staffology.bot, staffology.person("finance-1"), parked.resource, what="again", comment="not there"
    )
    await staffology.until(at(18, 10))
    calls = await finalise_calls(staffology)
    await staffology.approve()
    await staffology.until(at(18, 11))

    assert len(calls) == 1
    assert len(staffology.staffology.ledger.effects("change_state")) == 1


async def test_the_next_xero_calendar_is_made_once_however_often_it_is_polled(
    tmp_path: Path, migrated: Migrated
) -> None:
    async with stand(tmp_path, "xero", database=migrated, begins=at(2, 8)) as made:
        await made.sign()
        await made.until(at(2, 9))
        (calendar,) = made.xero.state.calendars
        made.xero.draft_pay_run(calendar, made.xero.usual_slips("Fortnightly", 6), roll=False)
        await made.poll()
        while not await made.askings():
            await made.after(hours=6)
        await made.approve()
        await made.settle()
        for _ in range(5):
            await made.after(minutes=2)
            await made.poll()

        assert len(made.xero.ledger.effects("create_calendar")) == 1
        assert len(made.xero.state.calendars) == 2
