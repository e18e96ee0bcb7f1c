"""Working days, cut-offs and deadlines, with the holidays of 2026."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from bot.core.workdays import IfClosed, MonthlyCutOff, WorkCalendar, early_close
from tests.core.calendars import AU, SE, SE_SPEC, UK, at, on


@pytest.mark.parametrize(
    ("day", "closes"),
    [
        pytest.param("2026-11-20", time(17), id="an ordinary Friday"),
        pytest.param("2026-11-21", None, id="a Saturday"),
        pytest.param("2026-04-02", time(14), id="Maundy Thursday closes at two"),
        pytest.param("2026-04-03", None, id="Good Friday"),
        pytest.param("2026-06-18", time(14), id="the day before Midsummer Eve"),
        pytest.param("2026-06-19", None, id="Midsummer Eve, de facto"),
        pytest.param("2026-10-30", time(14), id="All Saints' Eve"),
        pytest.param("2026-12-23", time(14), id="the day before Christmas Eve"),
        pytest.param("2026-12-24", None, id="Christmas Eve"),
        pytest.param("2026-12-31", None, id="New Year's Eve"),
    ],
)
def test_a_swedish_day_closes_at_its_own_hour(day, closes):
    assert SE.closes_at(on(day)) == closes


def test_an_hour_of_ones_own_replaces_that_of_the_half_days():
    calendar = WorkCalendar(replace(SE_SPEC, half_days_close=time(13)))

    assert calendar.closes_at(on("2026-10-30")) == time(13)


def test_a_day_closed_by_the_calendar_is_no_working_day():
    calendar = WorkCalendar(replace(SE_SPEC, extra_closed=(on("2026-06-05"),)))

    assert not calendar.is_working(on("2026-06-05"))
    assert calendar.is_working(on("2026-06-04"))


@pytest.mark.parametrize(
    ("name", "closes"),
    [
        pytest.param("Maundy Thursday (from 2pm)", time(14), id="two in the afternoon"),
        pytest.param("Noon (from 12pm)", time(12), id="twelve pm is noon"),
        pytest.param("Something (from 13:30)", time(13, 30), id="an hour without am or pm"),
        pytest.param("One (from 2pm); Two (from 1pm)", time(13), id="the earlier of two"),
        pytest.param("One (from 2pm); Two", None, id="half here and whole there is whole"),
        pytest.param("Christmas Day", None, id="a whole day"),
    ],
)
def test_a_half_day_is_known_by_its_name(name, closes):
    assert early_close(name) == closes


def test_uk_bank_holidays_are_closed():
    assert not UK.is_working(on("2026-12-28"))
    assert UK.is_working(on("2026-12-29"))
    assert UK.working_days_before(on("2026-12-29"), 1) == on("2026-12-24")


@pytest.mark.parametrize(
    ("if_closed", "moved"),
    [
        pytest.param(IfClosed.BEFORE, "2026-11-20", id="before"),
        pytest.param(IfClosed.AFTER, "2026-11-23", id="after"),
        pytest.param(IfClosed.NEAREST, "2026-11-23", id="nearest to a Sunday is Monday"),
    ],
)
def test_a_date_on_a_closed_day_moves(if_closed, moved):
    calendar = WorkCalendar(replace(SE_SPEC, if_closed=if_closed))

    assert calendar.move(on("2026-11-22")) == on(moved)
    assert calendar.move(on("2026-11-19")) == on("2026-11-19")


def test_nearest_is_before_when_both_are_as_near():
    calendar = WorkCalendar(replace(SE_SPEC, if_closed=IfClosed.NEAREST, extra_closed=(on("2026-11-18"),)))

    assert calendar.move(on("2026-11-18")) == on("2026-11-17")


@pytest.mark.parametrize(
    ("opened", "cut_off"),
    [
        pytest.param("2026-11-16T08:12", "2026-11-20T15:00", id="this week's"),
        pytest.param("2026-11-20T15:00", "2026-11-20T15:00", id="on it is still this one"),
        pytest.param("2026-11-20T15:00:01", "2026-11-27T15:00", id="a second later is the next"),
        pytest.param("2026-10-26T08:00", "2026-10-30T14:00", id="a half day brings it forward"),
        pytest.param("2026-10-30T14:00:01", "2026-11-06T15:00", id="past the half day's"),
        pytest.param("2026-03-30T08:00", "2026-04-02T14:00", id="Good Friday's is on Thursday, a half day"),
        pytest.param("2026-12-21T08:00", "2026-12-23T14:00", id="Christmas Day's is two days earlier"),
    ],
)
def test_the_weekly_cut_off_is_the_first_at_or_after(opened, cut_off):
    assert SE.next_cut_off("input", at(opened)) == at(cut_off)


@pytest.mark.parametrize(
    ("opened", "cut_off"),
    [
        pytest.param(
            "2026-11-02T08:00", "2026-11-20T12:00", id="three working days before Wednesday the 25th"
        ),
        pytest.param("2026-11-20T12:00:01", "2026-12-18T12:00", id="the next month's, before Christmas"),
        pytest.param("2026-12-20T08:00", "2027-01-20T12:00", id="over the year's end"),
    ],
)
def test_a_monthly_cut_off_counts_back_from_the_moved_day(opened, cut_off):
    calendar = WorkCalendar(replace(SE_SPEC, cut_offs={"input": MonthlyCutOff(25, 3, time(12))}))

    assert calendar.next_cut_off("input", at(opened)) == at(cut_off)


def test_the_31st_is_the_last_day_of_any_month():
    calendar = WorkCalendar(replace(SE_SPEC, cut_offs={"input": MonthlyCutOff(31, 0, time(12))}))

    assert calendar.next_cut_off("input", at("2026-02-10T08:00")) == at("2026-02-27T12:00")


def test_a_name_without_a_cut_off_has_none():
    assert SE.next_cut_off("expenses", at("2026-11-16T08:00")) is None


def test_our_pay_date_and_its_deadlines_follow_the_cut_off():
    pay_date = SE.own_pay_date(at("2026-11-20T15:00"), None)

    assert pay_date == on("2026-11-26")
    assert SE.bank_deadline(pay_date) == at("2026-11-24T16:00")
    assert SE.approval_deadline(pay_date) == at("2026-11-23T12:00")


def test_our_pay_date_is_not_pulled_before_the_cut_off_by_the_holiday_that_moved_it():
    """Fri 25 Dec is closed, so the cut-off is on Wed 23 Dec; the money is still for the week after."""
    cut_off = SE.next_cut_off("input", at("2026-12-21T08:00"))
    pay_date = SE.own_pay_date(cut_off, None)

    assert (cut_off, pay_date) == (at("2026-12-23T14:00"), on("2026-12-31"))
    assert SE.move(pay_date) == on("2026-12-30")
    assert SE.bank_deadline(SE.move(pay_date)) > cut_off


def test_our_pay_date_may_follow_the_period_end():
    assert AU.own_pay_date(None, on("2026-11-15")) == on("2026-11-25")
    assert AU.own_pay_date(None, None) is None


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        pytest.param("2026-11-20T12:00", "2026-11-20T12:00", id="now"),
        pytest.param("2026-11-20T17:00", "2026-11-23T08:00", id="after closing on Friday"),
        pytest.param("2026-12-23T14:00", "2026-12-28T08:00", id="over Christmas"),
    ],
)
def test_the_next_working_time(now, opens):
    assert SE.next_working_time(at(now)) == at(opens)


def test_working_time_is_counted_over_night_and_weekend():
    assert SE.working_time_between(at("2026-11-20T16:00"), at("2026-11-23T09:30")) == timedelta(hours=2.5)


def test_five_in_the_evening_and_eight_in_the_morning_are_the_same_work():
    since, hour = at("2026-11-19T16:00"), timedelta(hours=1)

    assert SE.when_worked(since, hour, at_last=False) == at("2026-11-19T17:00")
    assert SE.when_worked(since, hour, at_last=True) == at("2026-11-20T08:00")


def test_a_minute_that_the_clock_skips_is_the_first_that_exists():
    assert SE.instant(on("2026-03-29"), time(2, 30)) == at("2026-03-29T03:00")


def test_an_hour_that_comes_twice_is_its_first_coming():
    assert SE.instant(on("2026-10-25"), time(2, 30)).isoformat() == "2026-10-25T00:30:00+00:00"


def test_a_day_of_the_clock_change_is_as_long_as_it_is():
    assert SE.end_of(on("2026-03-29")) - SE.start_of(on("2026-03-29")) == timedelta(hours=23)
    assert SE.end_of(on("2026-10-25")) - SE.start_of(on("2026-10-25")) == timedelta(hours=25)
