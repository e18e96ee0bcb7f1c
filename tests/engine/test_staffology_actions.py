"""Staffology's other actions through the whole engine: starting the next run, mailing payslips."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sandbox.staffology.server import ACME
from bot.store.approvals import ApprovalState
from bot.store.effects import State
from tests.databases import Migrated

from .stand import Stand, at, stand

START, EMAIL = "staffology.start_next_payrun", "staffology.email_payslips"
RUN, NEXT = "Year2026-Monthly-8-1-0", "Year2026-Monthly-9-1-0"
RULE = """\
rules:
  - id: {id}
    title: {title}
    watch: staffology.payrun
    when: [{when}]
    then: [{action}]
    mode: {mode}
"""


@pytest.fixture
async def staffology(tmp_path: Path, migrated: Migrated) -> AsyncIterator[Stand]:
    """The run of November, and no rules but the one of the test."""
    async with stand(tmp_path, "staffology", database=migrated, begins=at(17, 9)) as made:
        (made.bot.settings.rules / "staffology.yaml").unlink()
        yield made


async def ruled(made: Stand, action: str, when: str, mode: str = "ask") -> None:
    rule = RULE.format(id="one-rule", title="One rule", when=when, action=action, mode=mode)
    made.write_rule("own.yaml", rule)
    await made.reload()
    await made.sign()


async def finalised(made: Stand) -> None:
    made.staffology.finalise(ACME, RUN)
    await made.poll()


async def test_the_next_run_is_started_once_after_approval(staffology: Stand) -> None:
    await ruled(staffology, START, "status is finalised, next run is none")
    before = await staffology.askings()
    await finalised(staffology)
    await staffology.approve()
    await staffology.settle()
    for _ in range(3):
        await staffology.poll()
    done = await staffology.effect(START)

    assert before == []
    assert (done.state, done.request, done.calls) == (State.VERIFIED, {"after": RUN, "next": NEXT}, 1)
    assert [one["target"] for one in staffology.staffology.ledger.effects("start_pay_run")] == [NEXT]


async def test_a_start_of_which_the_reply_was_lost_is_read_back_and_not_sent_again(
    staffology: Stand,
) -> None:
    await ruled(staffology, START, "status is finalised, next run is none")
    await finalised(staffology)
    staffology.staffology.faults.add("lose_reply", call="start_pay_run")
    await staffology.approve()
    await staffology.settle()

    assert (await staffology.effect(START)).state is State.VERIFIED
    assert len(staffology.staffology.ledger.effects("start_pay_run")) == 1


async def test_a_start_that_never_reached_the_vendor_is_for_a_person(staffology: Stand) -> None:
    await ruled(staffology, START, "status is finalised, next run is none")
    await finalised(staffology)
    staffology.staffology.faults.add("drop_before", call="start_pay_run")
    await staffology.approve()
    await staffology.settle()
    await staffology.quarantine()
    await staffology.quarantine()
    parked = await staffology.effect(START)

    assert (parked.state, parked.calls) == (State.PARKED, 1)
    assert staffology.staffology.ledger.effects("start_pay_run") == []


async def test_a_year_end_task_that_came_up_after_the_question_is_asked_about_again(
    staffology: Stand,
) -> None:
    await ruled(staffology, START, "status is finalised, next run is none")
    await finalised(staffology)
    (schedule,) = staffology.staffology.state[ACME].schedules.values()
    staffology.staffology.set_year_end_tasks(ACME, schedule, ["Give P60s"])
    await staffology.approve()
    await staffology.settle()
    stopped = (await staffology.effects(START))[0]
    await staffology.until(at(17, 10))
    before, again = await staffology.askings()

    assert (stopped.state, stopped.reason) == (State.WITHDRAWN, "it has changed since it was shown")
    assert (before.state, before.round) == (ApprovalState.APPROVED, 1)
    assert (again.state, again.round) == (ApprovalState.OPEN, 2)
    assert again.shown["asked"]["difference"]["others"] == ["year-end tasks 1, was 0"]
    assert staffology.staffology.ledger.effects("start_pay_run") == []


async def test_payslips_are_mailed_once_after_approval(staffology: Stand) -> None:
    await ruled(
        staffology, EMAIL, "status is finalised, negative net pay is none, pay date is after Tue 17 Nov 2026"
    )
    await finalised(staffology)
    await staffology.approve()
    await staffology.settle()
    for _ in range(3):
        await staffology.poll()
    done = await staffology.effect(EMAIL)

    assert (done.state, done.calls) == (State.VERIFIED, 1)
    assert staffology.staffology.state[ACME].payslips_mailed == [RUN] * 8


async def test_payslips_of_which_some_were_not_mailed_are_for_a_person(staffology: Stand) -> None:
    """One has no address: after half an hour and the quarantine nobody can tell."""
    employer = staffology.staffology.state[ACME]
    employer.entries[max(employer.runs)][0]["personalDetails"]["email"] = None
    await ruled(
        staffology, EMAIL, "status is finalised, negative net pay is none, pay date is after Tue 17 Nov 2026"
    )
    await finalised(staffology)
    await staffology.approve()
    await staffology.settle()
    await staffology.after(minutes=31)
    await staffology.quarantine()

    assert (await staffology.effect(EMAIL)).state is State.PARKED
    assert len(staffology.staffology.ledger.effects("email_payslips")) == 1
