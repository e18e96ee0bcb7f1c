"""The facts that every vendor's pay run has, by example and on both sides of each edge."""

from dataclasses import replace
from datetime import date, datetime, time

import pytest

from bot.connectors import kinds
from bot.core.resource import MISSING, Known, Snapshot, Unread, Value
from bot.core.workdays import BeforePayDate, WorkCalendar
from bot.facts import FactInput, facts_of
from bot.facts.gather import gather
from bot.rulebook.shared import payruns
from tests.core.calendars import SE, at
from tests.core.calendars import UK as PLAIN_UK

UK = WorkCalendar(replace(PLAIN_UK.spec, approval_deadline=BeforePayDate(3, time(12))))
NOON = at("2026-11-20T12:00")
NO_ANSWER = Unread("no answer")


def run(*, is_open: bool | None = True, **values: Value) -> Snapshot:
    named = {key.replace("_", " "): value for key, value in values.items()}
    return Snapshot("xero.payrun", "here", "1", named, NOON, None, is_open=is_open)


def fact(
    name: str, snapshot: Snapshot, *, calendar: WorkCalendar = UK, now: datetime = NOON, generation: int = 1
) -> Value:
    given = FactInput(snapshot, (), calendar, now, generation)
    return facts_of("xero.payrun")[name].compute(given)


@pytest.mark.parametrize("name", ["still open", "reopened", "holiday pulls a deadline", "paid last month"])
def test_every_vendors_pay_run_has_it_and_no_approval_takes_it_for_a_check(name: str) -> None:
    for kind in payruns(kinds()):
        assert facts_of(kind.name)[name].is_check is False


def test_a_vendor_that_comes_later_has_what_every_vendors_pay_run_has() -> None:
    every = set.intersection(*(set(facts_of(kind.name)) for kind in payruns(kinds())))

    assert every | {"possible duplicates"} == set(facts_of("later.payrun"))
    assert not facts_of("later.calendar")


@pytest.mark.parametrize(
    ("is_open", "status", "says"),
    [
        (True, Known("draft"), Known(True)),
        (False, Known("posted"), Known(False)),
        (None, Known("odd"), Unread("its status says neither that it is open nor that it is closed")),
        (True, NO_ANSWER, NO_ANSWER),
    ],
    ids=["open", "closed", "a word nobody knows", "too old to say"],
)
def test_still_open_is_what_the_status_comes_to(is_open: bool | None, status: Value, says: Value) -> None:
    assert fact("still open", run(is_open=is_open, status=status)) == says


def test_reopened_is_what_was_seen_closed_before() -> None:
    assert fact("reopened", run()) == Known(False)
    assert fact("reopened", run(), generation=2) == Known(True, ("open for the 2. time",))


@pytest.mark.parametrize(
    ("pay_on", "says"),
    [
        pytest.param(date(2026, 12, 18), Known(False), id="an ordinary week"),
        pytest.param(date(2026, 12, 19), Known(False), id="a Saturday alone is no holiday"),
        pytest.param(
            date(2026, 12, 25),
            Known(
                True,
                (
                    "approval deadline Mon 21 Dec instead of Tue 22 Dec",
                    "bank deadline Tue 22 Dec instead of Wed 23 Dec",
                    "effective pay date Thu 24 Dec instead of Fri 25 Dec",
                ),
            ),
            id="Christmas Day is paid on the day before",
        ),
        pytest.param(
            date(2026, 12, 29),
            Known(
                True,
                (
                    "approval deadline Tue 22 Dec instead of Thu 24 Dec",
                    "bank deadline Wed 23 Dec instead of Fri 25 Dec",
                ),
            ),
            id="two holidays before pay day",
        ),
    ],
)
def test_a_holiday_pulls_what_would_else_be_later(pay_on: date, says: Value) -> None:
    assert fact("holiday pulls a deadline", run(pay_date=Known(pay_on))) == says


def test_a_half_day_that_ends_before_the_hour_pulls_too() -> None:
    found = fact("holiday pulls a deadline", run(pay_date=Known(date(2026, 11, 3))), calendar=SE)

    assert found == Known(True, ("bank deadline Fri 30 Oct 14:00 instead of 16:00 in Stockholm",))


def test_a_day_that_the_calendar_closes_itself_pulls_like_a_holiday() -> None:
    closed = WorkCalendar(replace(UK.spec, extra_closed=(date(2026, 12, 16),)))

    found = fact("holiday pulls a deadline", run(pay_date=Known(date(2026, 12, 18))), calendar=closed)

    assert found == Known(
        True,
        (
            "approval deadline Mon 14 Dec instead of Tue 15 Dec",
            "bank deadline Tue 15 Dec instead of Wed 16 Dec",
        ),
    )


def test_without_a_date_nothing_is_pulled_and_unread_stays_unread() -> None:
    assert fact("holiday pulls a deadline", run()) == MISSING
    assert fact("holiday pulls a deadline", run(pay_date=NO_ANSWER)) == NO_ANSWER


@pytest.mark.parametrize(
    ("now", "says"),
    [
        pytest.param("2026-11-30T23:59:59", False, id="its own month"),
        pytest.param("2026-12-01T00:00", True, id="the first instant of the next"),
        pytest.param("2026-12-31T23:59:59", True, id="the last"),
        pytest.param("2027-01-01T00:00", False, id="two months later"),
    ],
)
def test_paid_last_month_is_the_calendar_month_before(now: str, says: bool) -> None:
    on_the_wall = datetime.fromisoformat(now).replace(tzinfo=UK.zone)

    assert fact("paid last month", run(pay_date=Known(date(2026, 11, 30))), now=on_the_wall) == Known(says)


def test_the_year_turns_like_any_month_and_the_effective_date_counts() -> None:
    in_january = datetime(2027, 1, 4, 8, tzinfo=UK.zone)
    moved = run(pay_date=Known(date(2027, 1, 1)))  # New Year's Day is paid on Thu 31 Dec

    assert fact("paid last month", moved, now=in_january) == Known(True)
    assert fact("paid last month", run(), now=in_january) == MISSING
    assert fact("paid last month", run(pay_date=NO_ANSWER), now=in_january) == NO_ANSWER


@pytest.mark.parametrize(
    ("now", "turns"),
    [("2026-11-20T12:00", "2026-12-01T00:00"), ("2026-12-01T00:00", "2027-01-01T00:00")],
    ids=["within a month", "on its first instant"],
)
def test_it_is_asked_again_at_the_turn_of_the_month(now: str, turns: str) -> None:
    gathered = gather(run(pay_date=Known(date(2026, 11, 30))), (), SE, at(now))

    assert gathered.changes["paid last month"] == at(turns)
