"""Expectations: their words, their times, and from when on what comes counts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.came import Came, decide_came
from bot.core.condition import Answer, Block, How
from bot.core.expect import TAKES, Expectation, Per, parse_expectation
from bot.core.rule import Mode, Rule
from bot.core.slots import latest_slots
from bot.core.workdays import IfClosed, WorkCalendar
from tests.core.calendars import AU, SE, SE_SPEC, UK, at, on

LINE = "at least 1 gigapay.payout per week by Thursday 12:00"


def expectation(text: str) -> Expectation:
    return parse_expectation(f"gigapay.payout {text}").expectation


def times(text: str, since: str, count: int, calendar: WorkCalendar = SE) -> list[tuple[str, str]]:
    """The next times with the day on which each begins to count."""
    expected, found = expectation(text), []
    after = at(since, calendar)
    for _ in range(count):
        slot = expected.next_slot(after, calendar)
        begins = expected.begins(slot, calendar)
        assert begins is not None
        found.append((calendar.local(begins).strftime("%Y-%m-%d %H:%M"), slot.name))
        after = slot.due_at
    return found


def test_a_line_says_how_many_of_what_by_when():
    read = parse_expectation(LINE)

    assert (read.kind, read.offset) == ("gigapay.payout", 11)
    assert (read.expectation.at_least, read.expectation.per) == (1, Per.WEEK)
    assert read.expectation.words == "per week by Thursday at 12:00"


def test_without_a_number_it_is_at_least_one():
    assert (
        parse_expectation(LINE.removeprefix("at least 1 ")).expectation == parse_expectation(LINE).expectation
    )


@pytest.mark.parametrize("number", [1, 2, 9999])
def test_the_number_is_the_one_that_is_written(number):
    assert parse_expectation(f"at least {number} a.b per day by 16:00").expectation.at_least == number


FORMS = [
    pytest.param(per, text, id=f"{per} by {text}")
    for per, forms in TAKES.items()
    for text in forms.split("; " if ";" in forms else ", ")
]


@pytest.mark.parametrize(("per", "text"), FORMS)
def test_every_form_that_a_message_names_can_be_read_and_its_words_say_the_same(per, text):
    first = parse_expectation(f"a.b per {per} by {text}").expectation

    assert first.per is per
    assert parse_expectation(f"a.b {first.words}").expectation == first


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a payout each week", "does not say what is to come by when"),
        ("a.b per week", "does not say what is to come by when"),
        ("a.b per year by 16:00", "does not say what is to come by when"),
        ("at least 0 a.b per day by 16:00", "expects nothing"),
        ("a.b per day by Friday 16:00", '"Friday 16:00" is not a time of a day.'),
        ("a.b per day by 16", '"16" is not a time of a day.'),
        ("a.b per day by 25:00", '"25:00" is not a time of a day.'),
        ("a.b per week by 25th 16:00", '"25th 16:00" is not a time of a week.'),
        ("a.b per week by first working day of the month 16:00", "is not a time of a week."),
        ("a.b per month by Friday 16:00", '"Friday 16:00" is not a time of a month.'),
        ("a.b per month by cron 0 8 * * 1", "is not a time of a month."),
        ("a.b per month by 3 working days before pay date 16:00", "is not a time of a month."),
        ("a.b per week by day 16:00", "is not a time of a week."),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_is_known(text, told):
    with pytest.raises(ValueError, match=r"\w") as refused:
        parse_expectation(text)

    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "per week by Thursday 12:00",
            [("2026-11-16 00:00", "2026-11-19 12:00"), ("2026-11-23 00:00", "2026-11-26 12:00")],
            id="a week counts from Monday",
        ),
        pytest.param(
            "per day by 16:00",
            [("2026-11-14 00:00", "2026-11-14 16:00"), ("2026-11-15 00:00", "2026-11-15 16:00")],
            id="a day, also a Saturday",
        ),
        pytest.param(
            "per working day by 16:00",
            [("2026-11-16 00:00", "2026-11-16 16:00"), ("2026-11-17 00:00", "2026-11-17 16:00")],
            id="a working day is no Saturday",
        ),
        pytest.param(
            "per month by 25th 12:00",
            [("2026-11-01 00:00", "2026-11-25 12:00"), ("2026-12-01 00:00", "2026-12-23 12:00")],
            id="a month, off Christmas Day to the day before Christmas Eve",
        ),
        pytest.param(
            "per month by 25th, 3 working days before, 12:00",
            [("2026-11-01 00:00", "2026-11-20 12:00"), ("2026-12-01 00:00", "2026-12-18 12:00")],
            id="working days before a date",
        ),
        pytest.param(
            "per month by last day 12:00",
            [("2026-11-01 00:00", "2026-11-30 12:00"), ("2026-12-01 00:00", "2026-12-30 12:00")],
            id="the last day of any month",
        ),
        pytest.param(
            "per month by last working day 12:00",
            [("2026-11-01 00:00", "2026-11-30 12:00"), ("2026-12-01 00:00", "2026-12-30 12:00")],
            id="the last working day, New Year's Eve being none",
        ),
        pytest.param(
            "per week by first working day 09:00",
            [("2026-11-16 00:00", "2026-11-16 09:00"), ("2026-11-23 00:00", "2026-11-23 09:00")],
            id="the first working day",
        ),
    ],
)
def test_each_span_has_its_time_and_its_beginning(text, expected):
    assert times(text, "2026-11-13 17:00", 2) == expected


@pytest.mark.parametrize(
    ("if_closed", "expected"),
    [
        pytest.param(IfClosed.BEFORE, ("2026-04-06 00:00", "2026-04-07 12:00"), id="not to the week before"),
        pytest.param(IfClosed.AFTER, ("2026-04-06 00:00", "2026-04-07 12:00"), id="to the day after"),
    ],
)
def test_a_closed_monday_never_moves_the_time_out_to_before_its_week(if_closed, expected):
    calendar = WorkCalendar(replace(SE_SPEC, if_closed=if_closed))

    assert times("per week by Monday 12:00", "2026-04-04 09:00", 1, calendar) == [expected]


def test_working_days_before_the_first_stay_in_their_month():
    found = times("per month by 1st, 3 working days before, 12:00", "2026-11-13 17:00", 1)

    assert found == [("2026-12-01 00:00", "2026-12-01 12:00")]


def test_a_time_that_moved_out_behind_its_week_still_belongs_to_it():
    calendar = WorkCalendar(replace(SE_SPEC, if_closed=IfClosed.AFTER))
    found = times("per week by Friday 12:00", "2026-03-30 09:00", 2, calendar)

    assert found == [("2026-03-30 00:00", "2026-04-07 12:00"), ("2026-04-06 00:00", "2026-04-10 12:00")]


def test_a_half_day_brings_the_time_forward_to_its_closing_hour():
    assert times("per week by Thursday 16:00", "2026-03-30 09:00", 1) == [
        ("2026-03-30 00:00", "2026-04-02 14:00")
    ]


def test_the_zone_is_the_work_calendars_own():
    slot = expectation("per week by Thursday 12:00").next_slot(at("2026-11-16 00:00", AU), AU)

    assert slot.due_at == datetime(2026, 11, 19, 1, tzinfo=UTC)
    assert expectation("per week by Thursday 12:00").begins(slot, AU) == datetime(
        2026, 11, 15, 13, tzinfo=UTC
    )


def test_a_week_in_which_the_clock_goes_back_begins_at_its_own_midnight():
    expected = expectation("per week by Sunday 12:00")
    calendar = WorkCalendar(replace(SE_SPEC, if_closed=IfClosed.AFTER))
    slot = expected.next_slot(at("2026-10-20 12:00"), calendar)
    begins = expected.begins(slot, calendar)

    assert slot.name == "2026-10-26 12:00"
    assert begins == datetime(2026, 10, 18, 22, tzinfo=UTC)


def test_a_time_of_other_words_is_none_of_its_own():
    thursday, friday = expectation("per week by Thursday 12:00"), expectation("per week by Friday 12:00")

    assert friday.begins(thursday.next_slot(at("2026-11-16 00:00"), SE), SE) is None


@given(
    st.sampled_from([param.values for param in FORMS]),
    st.sampled_from([SE, UK, AU]),
    st.dates(on("2024-01-01"), on("2030-12-31")),
    st.integers(0, 86_399),
)
def test_times_follow_each_other_and_each_knows_its_beginning(form, calendar, day, second):
    per, text = form
    expected = parse_expectation(f"a.b per {per} by {text}").expectation
    after = calendar.start_of(day) + timedelta(seconds=second)
    found = latest_slots(expected, calendar, after, after + timedelta(days=70), at_most=100)

    assert len(found) >= 1
    for one, following in pairwise(found):
        assert expected.next_slot(one.due_at, calendar) == following
    begins = [expected.begins(one, calendar) for one in found]
    for one, begun in zip(found, begins, strict=True):
        assert begun is not None
        assert after < one.due_at
        assert begun <= one.due_at
    assert sorted(set(begins)) == begins  # no two times count one span


def rule(mode: Mode = Mode.ACT, at_least: int = 2) -> Rule:
    expected = replace(parse_expectation(LINE).expectation, at_least=at_least)
    return Rule(
        id="expected",
        title="Too few",
        watch="gigapay.payout",
        when=Block(How.ALL, ()),
        then=(),
        mode=mode,
        hash="h",
        text="",
        file="a.yaml",
        line=1,
        expect=expected,
    )


@pytest.mark.parametrize(
    ("came", "answer", "saw"),
    [
        pytest.param(Came(0), Answer.YES, "none came", id="none"),
        pytest.param(Came(1), Answer.YES, "1 came", id="one too few"),
        pytest.param(Came(2), Answer.NO, "2 came", id="just enough"),
        pytest.param(Came(1, ("unread",)), Answer.UNKNOWN, "unread", id="perhaps enough"),
        pytest.param(Came(2, ("unread",)), Answer.NO, "2 came", id="enough for certain"),
    ],
)
def test_too_few_is_yes_enough_is_no_and_a_doubt_is_unknown(came, answer, saw):
    decision = decide_came(rule(), came)

    assert (decision.answer, decision.tree.saw) == (answer, saw)


@pytest.mark.parametrize(
    ("mode", "verdict"), [(Mode.ACT, "act"), (Mode.WATCH, "watch"), (Mode.OFF, "nothing")]
)
def test_what_follows_is_the_modes(mode, verdict):
    assert decide_came(rule(mode), Came(0)).verdict == verdict
    assert decide_came(rule(Mode.ACT), Came(0), mode).verdict == verdict
