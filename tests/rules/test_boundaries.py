"""Generated cases: they hold for every good rule, and find an evaluator that is wrong by a hair."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.core.answer import answer as right
from bot.core.condition import Answer, Claim, Given, Op
from bot.core.grammar import parse_claim
from bot.rulebook import Rulebook, load
from bot.rulebook.boundaries import Boundary, run_boundaries
from bot.rulebook.edges import value_edges
from bot.rulebook.time_edges import time_edges
from tests.core.calendars import SE, UK, at
from tests.rules.test_mistakes import SHIPPED
from tests.rules.vocabulary import small_vocabulary

WORDS = small_vocabulary()
CALENDARS = (SHIPPED / "calendars.yaml").read_text()
RULE = """rules:
  - id: a-rule
    title: Close it
    watch: gigapay.payrun
    when: [{line}, status is open]
    then: gigapay.close_payrun
    mode: act
    {rest}
    tests:
      - given: {{now: Fri 13 Nov 2026 12:00, status: open, cost: 900 SEK, payouts: 3, last payout: 09:00}}
        expect: act
"""
WHEN = at("2026-11-11T12:00")


def book(tmp_path: Path, line: str = "payouts is at least 1", rest: str = "advice: None.") -> Rulebook:
    (tmp_path / "calendars.yaml").write_text(CALENDARS)
    (tmp_path / "a.yaml").write_text(RULE.format(line=line, rest=rest))
    found = load(tmp_path, vocabulary=WORDS)
    assert found.report() == ""
    return found


def fallen(found: Rulebook) -> list[Boundary]:
    return [one for one in run_boundaries(found, {}) if not one.ok]


def edges(line: str, kind: str = "gigapay.payrun") -> list[tuple[str, str]]:
    claim = parse_claim(line, WORDS.fields[kind], kind)
    assert isinstance(claim, Claim)
    made = (*value_edges(claim, SE), *time_edges(claim, SE, WHEN))
    return [(edge.about, edge.right.value) for edge in made]


def test_the_shipped_rules_hold_in_every_generated_case() -> None:
    found = load(SHIPPED, vocabulary=WORDS)
    made = run_boundaries(found, {})

    assert [one for one in made if not one.ok] == []
    assert set(Counter(one.rule for one in made)) == {
        rule.id for rule in found.rules.values() if rule.expect is None
    }
    assert len(made) >= 100


def test_an_amount_is_tried_at_it_a_cent_over_a_cent_under_unknown_missing_and_in_another_currency() -> None:
    assert edges("cost is at most 50 000 SEK") == [
        ("cost unknown", "unknown"),
        ("cost missing", "no"),
        ("cost 49 999.99 SEK", "yes"),
        ("cost 50 000.00 SEK", "yes"),
        ("cost 50 000.01 SEK", "no"),
        ("cost 50 000.00 EUR", "unknown"),
    ]


@pytest.mark.parametrize(
    ("line", "rights"),
    [
        ("payouts is at least 5", ["no", "yes", "yes"]),
        ("payouts is more than 5", ["no", "no", "yes"]),
        ("payouts is less than 5", ["yes", "no", "no"]),
        ("payouts is 5", ["no", "yes", "no"]),
        ("payouts is not at most 5", ["no", "no", "yes"]),
        ("payouts is not 5", ["yes", "no", "yes"]),
    ],
)
def test_each_way_to_compare_has_its_own_edge(line: str, rights: list[str]) -> None:
    assert [right for about, right in edges(line)[2:]] == rights


@pytest.mark.parametrize(
    ("line", "missing"),
    [
        ("bank reference is missing", "yes"),
        ("bank reference is not missing", "no"),
        ("bank reference is known", "no"),
        ("bank reference is not known", "yes"),
        ("payouts is none", "yes"),
        ("status is not open", "no"),
    ],
)
def test_what_is_not_there_is_no_but_where_the_line_asks_for_it(line: str, missing: str) -> None:
    (right,) = [right for about, right in edges(line) if about.endswith(" missing")]

    assert right == missing


def test_a_status_is_tried_in_each_of_its_words() -> None:
    assert edges("status is one of open, paid")[2:] == [
        ("status open", "yes"),
        ("status paid", "yes"),
        ("status closed", "no"),
    ]


def test_an_instant_is_tried_at_it_a_second_before_and_a_second_after() -> None:
    assert edges("now is after input cut-off") == [
        ("now 2026-11-11 11:59:59", "no"),
        ("now 2026-11-11 12:00:00", "no"),
        ("now 2026-11-11 12:00:01", "yes"),
        ("input cut-off unknown", "unknown"),
        ("input cut-off missing", "no"),
    ]


def test_working_days_are_tried_on_a_holiday_too() -> None:
    tried = edges("bank deadline is in the next 2 working days")[2:]

    assert [right for _, right in tried] == ["no", "yes", "no"] * 2
    assert tried[1][0] == "bank deadline 2026-11-12 22:59:59+00:00 at Wed 2026-11-11 12:00"
    assert tried[4][0] == "bank deadline 2026-12-29 22:59:59+00:00 at Thu 2026-12-24 12:00"


def test_hours_of_work_are_counted_back_over_nights_and_weekends(tmp_path: Path) -> None:
    line = "last payout was more than 20 working hours ago"

    (future, exactly) = edges(line)[-1], edges(line)[3]

    assert future == ("last payout in the future", "unknown")
    assert exactly == ("last payout 2026-11-09 13:30:00+00:00", "no")
    assert fallen(book(tmp_path, line.replace("20", "1"))) == []


def test_limits_are_tried_at_the_amount_a_cent_over_and_where_nobody_knows_it(tmp_path: Path) -> None:
    found = book(tmp_path, rest="limits: {ask_above: 20 000 SEK, two_people_above: 100 000 SEK}")
    made = [one for one in run_boundaries(found, {}) if "_above" in one.about]

    assert [(one.about, one.expected) for one in made[:5]] == [
        ("ask_above 20 000.00 SEK; cost 20 000.00 SEK", "act"),
        ("ask_above 20 000.00 SEK; cost 20 000.01 SEK", "ask"),
        ("ask_above 20 000.00 SEK; cost in another currency", "ask"),
        ("ask_above 20 000.00 SEK; cost unknown", "ask"),
        ("ask_above 20 000.00 SEK; cost missing", "ask"),
    ]
    assert [one.expected for one in made if one.about.endswith("people")] == ["1", "2", "2", "2", "2"]
    assert all(one.ok for one in made)


def test_of_each_line_that_is_needed_what_nobody_read_never_acts(tmp_path: Path) -> None:
    made = [one for one in run_boundaries(book(tmp_path), {}) if one.about.startswith("as in its own test")]

    assert [(one.about, one.expected, one.got) for one in made] == [
        ("as in its own test, but payouts unknown", "unknown", "unknown"),
        ("as in its own test, but payouts missing", "nothing", "nothing"),
        ("as in its own test, but status unknown", "unknown", "unknown"),
        ("as in its own test, but status missing", "nothing", "nothing"),
    ]


def test_a_line_in_any_or_not_is_not_needed(tmp_path: Path) -> None:
    made = run_boundaries(book(tmp_path, "{any: [payouts is at least 1, status is closed]}"), {})

    assert not [one for one in made if "but payouts" in one.about]


WRONG: dict[str, tuple[str, str]] = {
    "at most is less than": ("cost is at most 900 SEK", "compared"),
    "a foreign amount is no": ("cost is at most 900 SEK", "currency"),
    "unknown is no": ("payouts is at least 1", "unknown"),
    "a second early": ("last payout was more than 30 minutes ago", "second"),
}


@pytest.mark.parametrize("wrong", list(WRONG))
def test_an_evaluator_that_is_wrong_by_a_hair_is_found(
    wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line, how = WRONG[wrong]
    found = book(tmp_path, line)

    def broken(one: Any, values: Any, calendar: Any, now: Any) -> Given:
        if how == "second":
            return right(one, values, calendar, now + timedelta(seconds=1))
        if how == "compared" and isinstance(one, Claim) and getattr(one.test, "op", None) is Op.AT_MOST:
            one = replace(one, test=replace(one.test, op=Op.LESS_THAN))
        given = right(one, values, calendar, now)
        stands_for_no = given.answer is Answer.UNKNOWN and (how == "unknown" or "currency" in given.why)
        return Given(Answer.NO) if how in ("unknown", "currency") and stands_for_no else given

    monkeypatch.setattr("bot.rulebook.boundaries.answer", broken)

    assert fallen(found) != []


def test_calendars_without_holidays_have_no_case_of_one() -> None:
    claim = parse_claim(
        "pay date is in the next 2 working days", WORDS.fields["xero.calendar"], "xero.calendar"
    )
    assert isinstance(claim, Claim)

    bare = replace(UK, spec=replace(UK.spec, country=None, extra_closed=()))

    assert len(list(time_edges(claim, bare, WHEN))) == 3
