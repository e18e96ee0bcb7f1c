"""The tests inside rule files, and what they start from."""

from pathlib import Path

import pytest

from bot.core.decide import Verdict
from bot.core.resource import MISSING, Known, Unread
from bot.rulebook import calendars_of_the_year, load
from bot.rulebook.given import given_facts, given_now
from bot.rulebook.rule_tests import decide_given, run_tests
from tests.core.calendars import SE, at
from tests.rules.test_mistakes import SHIPPED
from tests.rules.vocabulary import KINDS, small_vocabulary

WORDS = small_vocabulary()
FIELDS = WORDS.fields["gigapay.payrun"]
FRIDAY = "Fri 13 Nov 2026 15:05"


def values_of(**given: str):
    named = {name.replace("_", " "): text for name, text in given.items()}
    return given_facts("gigapay.payrun", FIELDS, named, SE, given_now(named, SE))[1].values


def test_shipped_rules_in_a_small_vocabulary_pass_their_tests():
    found = load(SHIPPED, vocabulary=WORDS)

    assert {"gigapay-weekly-close", "next-xero-calendar", "staffology-finalise", "roubler-errors"} <= set(
        found.rules
    )
    assert [result for result in run_tests(found) if not result.ok] == []


def test_a_failing_test_says_what_came_instead(tmp_path):
    text = (SHIPPED / "roubler.yaml").read_text().replace("expect: nothing", "expect: act")
    given = text.splitlines().index("      - given: {errors: none}") + 1
    (tmp_path / "roubler.yaml").write_text(text)
    (tmp_path / "calendars.yaml").write_text((SHIPPED / "calendars.yaml").read_text())

    results = run_tests(load(tmp_path, vocabulary=WORDS))

    assert [(result.line, result.expected, result.got) for result in results if not result.ok] == [
        (given, "act", "nothing")
    ]


def test_a_test_without_any_calendar_fails_with_the_reason(tmp_path):
    (tmp_path / "roubler.yaml").write_text((SHIPPED / "roubler.yaml").read_text())

    results = run_tests(load(tmp_path, vocabulary=WORDS))

    assert {result.got for result in results} == {"no calendar to test with"}


def test_a_time_alone_is_on_the_day_of_now():
    assert values_of(now=FRIDAY, last_payout="14:02")["last payout"] == Known(at("2026-11-13T14:02"))


def test_an_example_moment_is_in_the_week_of_now():
    assert values_of(now=FRIDAY)["opened at"] == Known(at("2026-11-09T08:12"))


def test_unknown_missing_and_none():
    found = values_of(now=FRIDAY, cost="unknown", bank_reference="missing", payouts="none")

    assert isinstance(found["cost"], Unread)
    assert (found["bank reference"], found["payouts"]) == (MISSING, Known(0))


def test_the_calendars_dates_are_computed_unless_said():
    assert values_of(now=FRIDAY)["input cut-off"] == Known(at("2026-11-13T15:00"))
    assert values_of(now=FRIDAY, **{"input cut-off": "15:30"})["input cut-off"] == Known(
        at("2026-11-13T15:30")
    )


@pytest.mark.parametrize("kind", list(KINDS))
def test_harmless_examples_make_no_shipped_rule_act(kind):
    found = load(SHIPPED, vocabulary=WORDS)
    watching = [rule for rule in found.rules.values() if rule.watch == kind]

    for rule in watching:
        assert decide_given(rule, {}, WORDS.fields[kind], found.calendars["se"]).verdict is Verdict.NOTHING
    assert watching


def test_now_needs_a_day():
    with pytest.raises(ValueError, match='"now" needs a day and a time'):
        given_now({"now": "15:05"}, SE)


def test_a_calendars_year_is_read_aloud():
    lines = list(calendars_of_the_year(SE, 2026))

    assert lines[:3] == [
        "Thu 1 Jan 2026  closed  New Year's Day",
        "Mon 5 Jan 2026  until 14:00  Twelfth Night (from 2pm)",
        "Tue 6 Jan 2026  closed  Epiphany",
    ]
    assert "Fri 19 Jun 2026  closed  Midsummer Eve" in lines


def test_the_shipped_folder_is_where_it_is_said_to_be():
    assert Path(SHIPPED / "calendars.yaml").is_file()
