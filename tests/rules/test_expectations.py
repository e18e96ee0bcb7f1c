"""Rules with `expect` as they are read: what they count, and what their tests come to."""

from pathlib import Path

import pytest

from bot.core.condition import Block, How, names
from bot.core.rule import Rule
from bot.rulebook import load
from bot.rulebook.expectations import given_came
from bot.rulebook.rule_tests import run_tests
from tests.rules.test_mistakes import SETUP, SHIPPED
from tests.rules.vocabulary import small_vocabulary

RULE = """\
rules:
  - id: payouts-expected
    title: No payout this week
    expect: at least 2 gigapay.payout per week by Thursday 12:00
    then: {alert: {to: payroll}}
    mode: act
"""


def read(tmp_path: Path, text: str) -> tuple[Rule, list[tuple[str, str]]]:
    """The one rule of a file, with what each of its tests expected and got."""
    (tmp_path / "calendars.yaml").write_text((SHIPPED / "calendars.yaml").read_text())
    (tmp_path / "a.yaml").write_text(text)
    book = load(tmp_path, vocabulary=small_vocabulary(), setup=SETUP)
    assert book.report() == ""
    (rule,) = book.rules.values()
    return rule, [(one.expected, one.got) for one in run_tests(book)]


def test_it_counts_a_kind_that_no_rule_watches(tmp_path: Path) -> None:
    rule, _ = read(tmp_path, RULE)

    assert (rule.watch, rule.every, rule.is_at_times) == ("gigapay.payout", None, True)
    assert rule.expect is not None
    assert (rule.expect.at_least, rule.expect.words) == (2, "per week by Thursday at 12:00")


def test_without_when_everything_of_the_kind_counts(tmp_path: Path) -> None:
    rule, _ = read(tmp_path, RULE)

    assert rule.when == Block(How.ALL, ())


def test_when_narrows_by_the_words_of_what_is_counted(tmp_path: Path) -> None:
    rule, _ = read(tmp_path, RULE + "    when: [cost is at least 5 SEK]\n")

    assert names(rule.when) == {"cost"}


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(RULE.replace("at least 2", "at least 3"), id="how many"),
        pytest.param(RULE.replace("Thursday", "Friday"), id="by when"),
        pytest.param(RULE + "    when: [cost is at least 5 SEK]\n", id="what counts"),
    ],
)
def test_the_hash_covers_what_is_expected(tmp_path: Path, other: str) -> None:
    first, _ = read(tmp_path, RULE)
    second, _ = read(tmp_path, other)

    assert first.hash != second.hash


@pytest.mark.parametrize(
    ("came", "got"),
    [("none", "act"), ("1", "act"), ("2", "nothing"), ("3", "nothing"), ("unknown", "unknown")],
)
def test_a_test_gives_how_many_came(tmp_path: Path, came: str, got: str) -> None:
    _, results = read(tmp_path, RULE + f"    tests: [{{given: {{came: {came}}}, expect: act}}]\n")

    assert results == [("act", got)]


def test_a_rule_that_only_watches_answers_so(tmp_path: Path) -> None:
    text = RULE.replace("mode: act", "mode: watch") + "    tests: [{given: {came: 0}, expect: watch}]\n"

    assert read(tmp_path, text)[1] == [("watch", "watch")]


@pytest.mark.parametrize("text", ["-1", "1.5", "many", "10000", "²"])
def test_how_many_came_is_a_whole_number(text: str) -> None:
    with pytest.raises(ValueError, match="is not how many came"):
        given_came(text)
