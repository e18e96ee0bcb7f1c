"""A length of time ends where a person with that work calendar says it does."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.core.lapse import Lapse, parse_lapse
from bot.core.workdays import CalendarSpec, WorkCalendar

STOCKHOLM = ZoneInfo("Europe/Stockholm")
SE = WorkCalendar(CalendarSpec("se", "Europe/Stockholm", "SE", categories=("public", "bank", "de_facto")))


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=STOCKHOLM).astimezone(UTC)


@pytest.mark.parametrize(
    ("since", "words", "ends"),
    [
        pytest.param(at(13, 9, 10), "4 working hours", at(13, 13, 10), id="within one day"),
        pytest.param(at(13, 15), "4 working hours", at(16, 10), id="over a weekend"),
        pytest.param(at(14, 11), "4 working hours", at(16, 12), id="begun on a Saturday"),
        pytest.param(
            at(13, 13), "4 working hours", at(13, 17), id="to the closing hour, not the next morning"
        ),
        pytest.param(
            at(30, 12, month=10), "4 working hours", at(2, 10), id="a half day that closes at 14:00"
        ),
        pytest.param(at(13, 14), "2 working days", at(17, 14), id="the same time of the second day after"),
        pytest.param(at(14, 11), "1 working day", at(16, 11), id="a Saturday is followed by Monday"),
        pytest.param(at(13, 15), "90 minutes", at(13, 16, 30), id="minutes by the clock"),
        pytest.param(at(13, 15), "1 hour", at(13, 16), id="an hour"),
        pytest.param(at(13, 15), "2 days", at(15, 15), id="days by the clock"),
        pytest.param(at(13, 15), "1 week", at(20, 15), id="a week"),
    ],
)
def test_it_ends_by_the_work_calendar(since: datetime, words: str, ends: datetime) -> None:
    assert parse_lapse(words).end(since, SE) == ends


@pytest.mark.parametrize("words", ["1 minute", "4 working hours", "1 working day", "12 weeks"])
def test_its_words_are_read_back_as_the_same(words: str) -> None:
    assert parse_lapse(words).words == words


def test_blanks_and_capitals_do_not_matter() -> None:
    assert parse_lapse("4  Working  Hours") == Lapse(4, "working hour")


@pytest.mark.parametrize(
    "words", ["0 hours", "4", "hours", "-4 hours", "4 hour ago", "4 secondss", "٤ hours", ""]
)
def test_what_is_no_length_of_time_is_refused_with_examples(words: str) -> None:
    with pytest.raises(ValueError, match="is not a length of time such as 4 working hours"):
        parse_lapse(words)


@pytest.mark.parametrize(
    ("most", "more", "says"),
    [
        (
            "60 working days",
            "61 working days",
            "61 working days is longer than anybody waits: at most 60 working days",
        ),
        ("400 working hours", "401 working hours", "at most 400 working hours"),
        ("90 days", "91 days", "at most 90 days"),
    ],
)
def test_the_longest_is_taken_and_one_more_is_refused(most: str, more: str, says: str) -> None:
    assert parse_lapse(most).end(at(13, 9), SE) > at(13, 9)
    with pytest.raises(ValueError, match=says):
        parse_lapse(more)
