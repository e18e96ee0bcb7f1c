"""What is due on which day, what holidays move, and what does not go together."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.core.agenda import (
    Clash,
    Due,
    What,
    collisions,
    merged,
    named_between,
    of_calendar,
    of_pay_date,
    plain_name,
)

from .calendars import SE, UK


def due(what: What, at: datetime | date, *, usual: datetime | date | None = None, group: str = "a") -> Due:
    return Due(what, at, usual if usual is not None else at, SE, "Gigapay", group)


def local(day: int, hour: int, minute: int = 0, month: int = 12) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo("Europe/Stockholm")).astimezone(UTC)


def test_a_week_without_holidays_has_each_deadline_where_it_always_is() -> None:
    found = list(
        of_calendar(SE, date(2026, 11, 20), date(2026, 11, 26), whose="Gigapay", has_own_pay_dates=True)
    )

    assert sorted((one.on, str(one.what)) for one in found) == [
        (date(2026, 11, 20), "cut-off"),
        (date(2026, 11, 23), "approval"),
        (date(2026, 11, 24), "bank"),
        (date(2026, 11, 26), "pay date"),
    ]
    assert [one.moved_from for one in found] == [None] * 4


def test_a_vendor_that_gives_pay_dates_has_none_of_ours() -> None:
    found = of_calendar(SE, date(2026, 11, 16), date(2026, 11, 29), whose="Xero", has_own_pay_dates=False)

    assert {one.what for one in found} == {What.CUT_OFF}


def test_a_cut_off_on_a_holiday_says_where_it_came_from() -> None:
    found = of_calendar(SE, date(2026, 12, 21), date(2026, 12, 27), whose="Gigapay", has_own_pay_dates=False)
    (cut_off,) = found

    assert cut_off.at == local(23, 14)  # Christmas Eve is closed, and the day before a half day
    assert cut_off.usual == local(25, 15)
    assert (cut_off.is_moved, cut_off.came_from_on) == (True, date(2026, 12, 25))


@pytest.mark.parametrize(
    ("pay_on", "on", "moved", "came_from"),
    [
        pytest.param(date(2026, 11, 27), date(2026, 11, 27), False, None, id="a working day"),
        pytest.param(date(2026, 11, 28), date(2026, 11, 27), False, date(2026, 11, 28), id="a Saturday"),
        pytest.param(date(2026, 12, 25), date(2026, 12, 24), True, date(2026, 12, 25), id="Christmas Day"),
    ],
)
def test_a_pay_date_off_a_weekend_is_no_work_of_a_holiday(
    pay_on: date, on: date, moved: bool, came_from: date | None
) -> None:
    paid = next(one for one in of_pay_date(UK, pay_on, whose="Xero", group="x") if one.what is What.PAY_DATE)

    assert (paid.on, paid.is_moved, paid.came_from_on) == (on, moved, came_from)


def test_a_bank_deadline_before_christmas_counts_working_days_only() -> None:
    (bank,) = [one for one in of_pay_date(UK, date(2026, 12, 29), whose="Xero", group="x") if one.instant]

    assert bank.at == datetime(2026, 12, 23, 17, tzinfo=UTC)  # the 25th and the 28th are closed
    assert bank.usual == datetime(2026, 12, 25, 17, tzinfo=UTC)


def test_a_yes_that_is_due_while_lines_may_be_added_collides_with_the_cut_off() -> None:
    approval, cut_off = due(What.APPROVAL, local(18, 12)), due(What.CUT_OFF, local(18, 15))
    (found,) = collisions([cut_off, approval], [])

    assert (found.clash, found.dues) == (Clash.BEFORE_CUT_OFF, (approval, cut_off))
    assert collisions([cut_off, due(What.APPROVAL, local(18, 15))], []) == ()
    assert collisions([cut_off, due(What.APPROVAL, local(18, 12), group="b")], []) == ()


def test_two_weeks_on_one_day_collide_only_where_a_holiday_has_moved_one() -> None:
    one = due(What.BANK, local(21, 16))
    pulled = due(What.BANK, local(21, 16), usual=local(29, 16), group="b")

    assert [found.clash for found in collisions([one, pulled], [])] == [Clash.ONE_DAY]
    assert collisions([one, due(What.BANK, local(21, 16), group="b")], []) == ()
    assert collisions([one, due(What.BANK, local(22, 16), usual=local(29, 16), group="b")], []) == ()


@pytest.mark.parametrize(
    ("at", "collides"),
    [
        pytest.param(local(24, 11), True, id="on a closed day"),
        pytest.param(local(23, 14, 1), True, id="after a half day's end"),
        pytest.param(local(23, 14), False, id="as a half day ends"),
        pytest.param(local(22, 18), False, id="in the evening of a whole day"),
        pytest.param(local(26, 11), False, id="on a weekend, as always"),
    ],
)
def test_a_deadline_when_those_who_decide_are_off_is_told(at: datetime, collides: bool) -> None:
    bank = Due(What.BANK, at, at, UK, "Xero", "x")

    assert bool(collisions([bank], [SE])) is collides
    assert collisions([bank], []) == ()


def test_what_a_vendor_does_by_itself_is_held_against_the_runs_own_calendar() -> None:
    by_itself = due(What.BY_ITSELF, local(24, 0))

    assert [one.clash for one in collisions([by_itself], [UK])] == [Clash.NOBODY_WORKS]


def test_a_due_of_a_known_run_is_not_there_twice_and_takes_its_week_along() -> None:
    cut_off, pay = (
        due(What.CUT_OFF, local(18, 15), group="week"),
        due(What.PAY_DATE, date(2026, 12, 23), group="week"),
    )
    of_run = due(What.CUT_OFF, local(18, 15), group="run")
    found = merged([of_run], [cut_off, pay])

    assert [(one.what, one.group) for one in found] == [(What.CUT_OFF, "run"), (What.PAY_DATE, "run")]


def test_the_holidays_between_two_days_are_named_once_and_plainly() -> None:
    named = named_between(SE, date(2026, 12, 31), date(2026, 12, 23))

    assert "Christmas Eve" in named
    assert len(named) == len(set(named))
    assert not any("(" in one for one in named)
    assert plain_name("Maundy Thursday (from 2pm); Maundy Thursday") == "Maundy Thursday"


def test_weeks_ahead_end_with_the_last_day() -> None:
    first, last = date(2026, 11, 16), date(2026, 11, 16) + timedelta(weeks=26)
    found = list(of_calendar(SE, first, last, whose="Gigapay", has_own_pay_dates=True))

    assert all(first <= one.on <= last for one in found)
    assert sum(one.what is What.CUT_OFF for one in found) in (26, 27)
