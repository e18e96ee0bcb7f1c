"""What is made of Xero's readings, by the documents' pay run."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.core.money import Money
from bot.core.resource import MISSING, Known, Line, Snapshot, Unread, Value
from bot.core.workdays import WorkCalendar
from bot.facts import FactInput, facts_of
from bot.facts.gather import gather
from tests.core.calendars import SE, at

NOW = at("2026-11-20T16:00")


def gbp(amount: str) -> Money:
    return Money.of(amount, "GBP")


def run(*payees: str, pay: str = "278.72", **values: Value) -> Snapshot:
    named = {key.replace("_", " "): value for key, value in values.items()}
    lines = tuple(Line(f"slip-{payee}", payee, gbp(pay)) for payee in payees)
    return Snapshot("xero.payrun", "xero-uk", "r", named, NOW, lines)


def fact(name: str, snapshot: Snapshot, *earlier: Snapshot, generation: int = 1) -> Value:
    return facts_of("xero.payrun")[name].compute(FactInput(snapshot, earlier, SE, NOW, generation))


@pytest.mark.parametrize(
    ("reimbursements", "value"),
    [
        pytest.param(
            Known(gbp("12")), Known(False, ("total 278.72 GBP, lines 278.72 GBP",)), id="the documents'"
        ),
        pytest.param(
            Known(gbp("11")), Known(True, ("total 277.72 GBP, lines 278.72 GBP",)), id="beyond them"
        ),
        pytest.param(MISSING, Known(True, ("total 266.72 GBP, lines 278.72 GBP",)), id="without any"),
        pytest.param(Unread("why"), Unread("why"), id="not known"),
    ],
)
def test_the_header_disagrees_with_the_pay_slips_only_beyond_reimbursements(
    reimbursements: Value, value: Value
) -> None:
    snapshot = run("641aa9ab", header_pay=Known(gbp("266.72")), reimbursements=reimbursements)

    assert fact("lines disagree", snapshot) == value


def test_joiners_and_leavers_are_told_by_employee_id() -> None:
    now, last = run("a", "c"), run("a", "b")

    assert fact("first-time payees", now, last) == Known(1, ("payee c",))
    assert fact("missing since last run", now, last) == Known(1, ("payee b",))


POSTED = Known(datetime(2026, 11, 19, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    ("status", "posted", "generation", "value"),
    [
        pytest.param(Known("draft"), MISSING, 1, Known(False), id="a draft"),
        pytest.param(Known("posted"), POSTED, 1, Known(False), id="posted the first time"),
        pytest.param(Known("draft"), MISSING, 2, Known(True, ("open for the 2. time",)), id="seen before"),
        pytest.param(
            Known("draft"),
            POSTED,
            1,
            Known(True, ("a draft with the time at which it was posted",)),
            id="it still says when",
        ),
        pytest.param(Unread("why"), MISSING, 1, Unread("why"), id="unknown"),
    ],
)
def test_was_posted_before(status: Value, posted: Value, generation: int, value: Value) -> None:
    assert fact("was posted before", run(status=status, posted_at=posted), generation=generation) == value


def test_how_often_a_run_was_open_comes_to_its_facts() -> None:
    snapshot = run(status=Known("draft"), posted_at=MISSING)

    values = [gather(snapshot, (), SE, NOW, times).values["was posted before"] for times in (1, 2)]

    assert [isinstance(one, Known) and one.value for one in values] == [False, True]


def test_edited_after_the_approval_deadline() -> None:
    paid = Known(at("2026-11-25T00:00").date())
    deadline = gather(run(pay_date=paid), (), SE, NOW).values["approval deadline"]
    assert isinstance(deadline, Known) and isinstance(deadline.value, datetime)
    edited = [
        Known(deadline.value, ("payee a",)),
        Known(deadline.value.replace(second=deadline.value.second + 1), ("payee a",)),
    ]

    found = [fact("edited after approval deadline", run(pay_date=paid, last_edited=one)) for one in edited]

    assert found == [Known(False, ("payee a",)), Known(True, ("payee a",))]


def test_what_was_never_edited_was_not_edited_late() -> None:
    paid = Known(at("2026-11-25T00:00").date())

    assert fact("edited after approval deadline", run(pay_date=paid, last_edited=MISSING)) == MISSING
    assert fact("edited after approval deadline", run(pay_date=paid, last_edited=Unread("why"))) == Unread(
        "why"
    )
    calendar = WorkCalendar(replace(SE.spec, approval_deadline=None))
    given = FactInput(run(pay_date=paid, last_edited=Known(NOW)), (), calendar, NOW)
    assert facts_of("xero.payrun")["edited after approval deadline"].compute(given) == MISSING
