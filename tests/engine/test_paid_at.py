"""An action that asks whoever approves for a time: a Roubler run that was paid elsewhere."""

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from json import loads
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.engine import approve
from bot.engine.approve import NotGiven
from bot.engine.ask import asked_from_json
from bot.engine.confirm import SOMEBODY_ELSE
from bot.store import approvals
from bot.store.approvals import ApprovalState
from bot.store.effects import State
from bot.store.tables import audit
from tests.databases import Migrated

from .stand import Stand, at, stand

MARK = "roubler.mark_processed"
RULE = """\
rules:
  - id: roubler-paid
    title: Record that a Roubler run was paid
    watch: roubler.payrun
    when: [status is finalised]
    then: [roubler.mark_processed, send_mail: {to: finance, template: payrun_closed}]
    limits: {two_people_above: 1 AUD}
    mode: ask
"""
TWO_PEOPLE = "    limits: {two_people_above: 1 AUD}\n"
BEGINS = at(16, 12)
PAID = at(16, 15)


@pytest.fixture
async def roubler(
    tmp_path: Path, migrated: Migrated, request: pytest.FixtureRequest
) -> AsyncIterator[tuple[Stand, str]]:
    """A run that was finalised at noon, and the rule that asks when it was paid; it is 16:00."""
    async with stand(tmp_path, "roubler", database=migrated, begins=at(13, 12)) as made:
        rule = RULE if getattr(request, "param", 1) > 1 else RULE.replace(TWO_PEOPLE, "")
        made.write_rule("paid.yaml", rule)
        await made.reload()
        await made.sign()
        await made.until(BEGINS)
        run = made.roubler.add_run(date(2026, 11, 2), date(2026, 11, 15))
        await made.poll()
        await made.until(at(16, 16))
        yield made, run


async def yes(made: Stand, paid: datetime | None, person: str = "finance-1") -> str:
    asked = await made.asked()
    return await approve.approve(
        made.bot, made.person(person), asked.id, channel="test", checks=approve.checks_of(asked), at=paid
    )


async def test_a_run_is_marked_as_paid_once_at_the_time_that_was_approved(roubler: tuple[Stand, str]) -> None:
    made, run = roubler
    await yes(made, PAID)
    await made.after(minutes=10)
    for _ in range(3):
        await made.poll()

    done = await made.effect(MARK)
    (call,) = made.roubler.ledger.effects("process_pay_run")
    snapshot = await made.snapshot("roubler-au", run)
    assert (call["target"], call["processed_at"]) == (run, "2026-11-16T14:00:00Z")
    assert (done.state, done.calls, done.request["processedAt"]) == (
        State.VERIFIED,
        1,
        "2026-11-16T14:00:00Z",
    )
    assert snapshot.instant("processed at") == PAID


async def test_the_mail_says_who_gave_which_time(roubler: tuple[Stand, str]) -> None:
    made, _ = roubler
    await yes(made, PAID)
    await made.after(minutes=10)

    (mail,) = [one for one in made.texts("finance-1") if "read it back" in one]
    assert "finance-1 approved at 16:00 with “Paid at” Mon 16 Nov 15:00" in " ".join(mail.split())


async def test_the_question_says_what_is_to_be_given(roubler: tuple[Stand, str]) -> None:
    made, _ = roubler
    asked = asked_from_json((await made.asked()).shown["asked"])

    assert asked.asks_for == "Paid at"
    assert any(
        "Paid at. When the money was paid" in " ".join(mail.split()) for mail in made.texts("finance-1")
    )


@pytest.mark.parametrize(
    ("paid", "says"),
    [
        pytest.param(None, "“Paid at” is missing. When the money was paid", id="missing"),
        pytest.param(at(16, 16, 0, 1), "“Paid at” is still to come: Mon 16 Nov 16:00.", id="still to come"),
        pytest.param(
            at(16, 11, 59, 59),
            "before the pay run's “finalised at”, Mon 16 Nov 12:00",
            id="before it was final",
        ),
    ],
)
async def test_a_yes_without_a_time_that_can_be_is_refused_and_nothing_is_decided(
    roubler: tuple[Stand, str], paid: datetime | None, says: str
) -> None:
    made, _ = roubler
    with pytest.raises(NotGiven) as caught:
        await yes(made, paid)
    await made.after(minutes=10)

    assert says in str(caught.value)
    assert (await made.asked()).answers == ()
    assert made.roubler.ledger.effects("process_pay_run") == []


@pytest.mark.parametrize("paid", [BEGINS, at(16, 16)])
async def test_the_times_at_the_edge_are_taken(roubler: tuple[Stand, str], paid: datetime) -> None:
    made, _ = roubler

    assert (await yes(made, paid)).startswith("You approved it.")


async def test_the_time_is_in_the_permanent_record(roubler: tuple[Stand, str]) -> None:
    made, _ = roubler
    await yes(made, PAID)
    async with made.bot.db.read() as tx:
        rows = (
            await tx.execute(select(audit.c.what_json).where(audit.c.what_json.contains("approved")))
        ).all()
        (kept,) = await approvals.listed(tx, ApprovalState.APPROVED)

    said = [loads(row.what_json) for row in rows]
    assert [one["given_at"] for one in said if one["what"] == "approved"] == [PAID.isoformat()]
    assert kept.given_at == PAID


@pytest.mark.parametrize("roubler", [2], indirect=True)
async def test_the_second_of_two_says_the_same_time_or_no(roubler: tuple[Stand, str]) -> None:
    made, _ = roubler
    await yes(made, PAID)
    with pytest.raises(NotGiven, match="finance-1 gave Mon 16 Nov 15:00 as “Paid at”: give the same"):
        await yes(made, PAID + timedelta(minutes=1), "finance-2")
    await made.after(minutes=1)
    before = made.roubler.ledger.effects("process_pay_run")
    await yes(made, PAID, "finance-2")
    await made.after(minutes=10)

    assert before == []
    assert len(made.roubler.ledger.effects("process_pay_run")) == 1


@pytest.mark.parametrize(
    "changed", [{"finalisedAt": "2026-11-16T14:30:00.000Z"}, {"errors": [{"message": "x", "employee": None}]}]
)
async def test_a_run_that_was_changed_meanwhile_is_asked_about_anew(
    roubler: tuple[Stand, str], changed: dict[str, object]
) -> None:
    made, run = roubler
    await made.after(hours=1)
    await yes(made, PAID)
    made.roubler.state.runs[run].update(changed)
    await made.after(hours=1)

    assert made.roubler.ledger.effects("process_pay_run") == []
    assert [one.state for one in await made.askings()] == [ApprovalState.APPROVED, ApprovalState.OPEN]


async def test_a_marking_that_nobody_can_confirm_is_for_a_person_after_one_call(
    roubler: tuple[Stand, str],
) -> None:
    made, _ = roubler
    made.roubler.faults.add("drop_before", call="process_pay_run")
    await yes(made, PAID)
    await made.settle()
    await made.quarantine()
    await made.quarantine()

    parked = await made.effect(MARK)
    assert (parked.state, parked.calls) == (State.PARKED, 1)


async def test_a_marking_whose_answer_was_lost_is_settled_by_reading_back(roubler: tuple[Stand, str]) -> None:
    made, _ = roubler
    made.roubler.faults.add("lose_reply", call="process_pay_run")
    await yes(made, PAID)
    await made.after(minutes=5)

    assert (await made.effect(MARK)).state is State.VERIFIED
    assert len([one for one in made.roubler.ledger.entries if one["call"] == "process_pay_run"]) == 1


async def test_a_run_that_a_person_marked_meanwhile_is_not_marked_again(roubler: tuple[Stand, str]) -> None:
    made, run = roubler
    made.roubler.process(run, "2026-11-16T13:00:00.000Z")
    await yes(made, PAID)
    await made.after(minutes=5)

    done = await made.effect(MARK)
    assert (done.state, done.done_by) == (State.VERIFIED, SOMEBODY_ELSE)
    assert [one["by"] for one in made.roubler.ledger.entries if one["effect"]][-1:] == ["person"]


async def test_another_time_than_was_approved_is_told_to_a_person(roubler: tuple[Stand, str]) -> None:
    """Somebody marks it with a time of their own while our call is on its way."""
    made, run = roubler
    made.roubler.faults.add("drop_before", call="process_pay_run")
    await yes(made, PAID)
    await made.settle()
    made.roubler.process(run, "2026-11-16T13:00:00.000Z")
    await made.quarantine()

    assert (await made.effect(MARK)).state is State.VERIFIED
    told = [" ".join(one.split()) for one in made.texts()]
    assert any(
        "Roubler shows it paid at 2026-11-16T13:00:00Z, not at 2026-11-16T14:00:00Z" in one for one in told
    )
