"""A folder of rules, whole: what stands, what is refused, what a version is made of."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.rule import Mode
from bot.rulebook import Rulebook, Setup, load, parse_rule_text
from bot.rulebook.document import MOST_BYTES, read
from tests.rules.test_mistakes import GUARDS, SETUP, SHIPPED
from tests.rules.vocabulary import small_vocabulary

CALENDARS = (SHIPPED / "calendars.yaml").read_text()
RULE = """rules:
  - id: a-rule
    title: Close it
    watch: gigapay.payrun
    when:
      - status is open   # why not
      - possible duplicates is none
    then: gigapay.close_payrun
    mode: act
    tests:
      - given: {status: paid}
        expect: nothing
"""
TWO = (
    RULE
    + """
  # the second
  - id: another
    title: Another
    watch: roubler.payrun
    when: [errors is at least 1]
    then: {alert: {to: ops}}
"""
)


def book(tmp_path: Path, text: str = RULE, calendars: str = CALENDARS, setup: Setup = SETUP) -> Rulebook:
    folder = tmp_path / "rules"
    folder.mkdir(exist_ok=True)
    (folder / "calendars.yaml").write_text(calendars)
    (folder / "a.yaml").write_text(text)
    return load(folder, vocabulary=small_vocabulary(), setup=setup)


def test_a_broken_rule_leaves_the_others_of_its_file_standing(tmp_path):
    found = book(tmp_path, TWO.replace("status is open", "status is opne"))

    assert set(found.rules) == {"another"}
    assert len(found.problems) == 1


def test_a_broken_file_leaves_the_other_files_standing(tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "b.yaml").write_text("rules: [")

    found = book(tmp_path)

    assert set(found.rules) == {"a-rule"}
    assert [problem.file for problem in found.problems] == ["rules/b.yaml"]


def test_problems_of_all_files_come_at_once_in_order(tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "b.yaml").write_text("rules: {}\n")

    found = book(tmp_path, TWO.replace("status is", "state is").replace("errors is", "error is"))

    assert [(problem.file, problem.line) for problem in found.problems] == [
        ("rules/a.yaml", 6),
        ("rules/a.yaml", 18),
        ("rules/b.yaml", 1),
    ]


def test_a_file_too_large_or_too_deep_is_answered():
    large = read("a.yaml", "#" * (MOST_BYTES + 1))
    deep = read("a.yaml", "[" * 5000)

    assert [problem.message for problem in large.problems] == ["the file is larger than 1 MB"]
    assert [problem.message for problem in deep.problems] == ["the file is nested too deeply to be read"]


def test_a_folder_without_rules_says_so(tmp_path):
    found = load(tmp_path / "nowhere", vocabulary=small_vocabulary())

    assert [problem.message for problem in found.problems] == [
        "there is no rule file (*.yaml) in this folder"
    ]


def test_yaml_keeps_its_hands_off_words_and_times(tmp_path):
    text = RULE.replace("status is open   # why not", "bank reference is on").replace(
        "- given: {status: paid}", "- given: {now: 2026-11-13 12:30, cost: 020000.10 SEK}"
    )

    found = book(tmp_path, text)

    assert found.report() == ""
    assert found.rules["a-rule"].tests[0].given == {"now": "2026-11-13 12:30", "cost": "020000.10 SEK"}


def test_a_rule_without_a_mode_watches(tmp_path):
    assert book(tmp_path, RULE.replace("    mode: act\n", "")).rules["a-rule"].mode is Mode.WATCH


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("status is open", "status is paid", id="a condition"),
        pytest.param("mode: act", "mode: ask", id="the mode"),
        pytest.param("    mode: act", "    mode: act\n    limits: {at_most: 1 per day}", id="a limit"),
    ],
)
def test_what_changes_an_answer_changes_the_hash(tmp_path, before, after):
    assert hash_of(book(tmp_path, RULE.replace(before, after))) != hash_of(book(tmp_path))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("   # why not", "", id="a comment"),
        pytest.param("rules:\n", "rules:\n\n# hello\n", id="where it stands"),
        pytest.param("expect: nothing", "expect: act", id="a test"),
    ],
)
def test_what_changes_no_answer_keeps_the_hash(tmp_path, before, after):
    assert hash_of(book(tmp_path, RULE.replace(before, after))) == hash_of(book(tmp_path))


def test_the_calendar_of_its_connection_is_part_of_a_rule(tmp_path):
    other_se = CALENDARS.replace("Friday 15:00 ", "Friday 14:00 ")
    other_uk = CALENDARS.replace("pay date 17:00", "pay date 16:30")

    assert hash_of(book(tmp_path, calendars=other_se)) != hash_of(book(tmp_path))
    assert hash_of(book(tmp_path, calendars=other_uk)) == hash_of(book(tmp_path))


def test_the_group_it_tells_is_part_of_a_rule(tmp_path):
    groups = {**SETUP.groups, "ops": ("somebody@example.com",)}
    other = book(tmp_path, TWO, setup=replace(SETUP, groups=groups))
    same = book(tmp_path, TWO)

    assert other.rules["another"].hash != same.rules["another"].hash
    assert other.rules["a-rule"].hash == same.rules["a-rule"].hash


def test_the_version_of_its_facts_is_part_of_a_rule(tmp_path):
    words = small_vocabulary()
    newer = replace(
        words, fact_versions={kind: dict.fromkeys(all_, 2) for kind, all_ in words.fact_versions.items()}
    )
    book(tmp_path, TWO)

    found = load(tmp_path / "rules", vocabulary=newer, setup=SETUP)

    assert found.rules["a-rule"].hash != book(tmp_path, TWO).rules["a-rule"].hash
    assert found.rules["another"].hash == book(tmp_path, TWO).rules["another"].hash


def test_versions_that_differ_in_the_mode_alone_share_their_basis(tmp_path):
    act, ask = book(tmp_path), book(tmp_path, RULE.replace("mode: act", "mode: ask"))

    assert act.bases == ask.bases
    assert book(tmp_path, RULE.replace("status is open", "status is paid")).bases != act.bases


@pytest.mark.parametrize("name", ["a-rule", "another"])
def test_a_stored_rule_reads_back_as_the_version_it_was(tmp_path, name):
    found = book(tmp_path, TWO)
    stored = found.rules[name]

    again, problems = parse_rule_text(
        stored.text, found.calendars_text, vocabulary=small_vocabulary(), setup=SETUP, file=stored.file
    )

    assert problems == ()
    assert again is not None
    assert (again.hash, again.when, again.then) == (stored.hash, stored.when, stored.then)
    assert again.text == stored.text


def test_a_rule_in_brackets_is_stored_as_well(tmp_path):
    inside = "id: a-rule, title: A, watch: roubler.payrun, when: errors is none, then: {alert: {to: ops}}"
    text = f"rules: [{{{inside}}}]\n"
    found = book(tmp_path, text)

    again, _ = parse_rule_text(
        found.rules["a-rule"].text, found.calendars_text, vocabulary=small_vocabulary(), setup=SETUP
    )

    assert again is not None
    assert again.hash == found.rules["a-rule"].hash


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_a_rule_is_the_same_by_whatever_sign_its_lines_end(end, tmp_path):
    folder = tmp_path / "rules"
    before = book(tmp_path, TWO).rules
    (folder / "a.yaml").write_bytes(TWO.replace("\n", end).encode())

    found = load(folder, vocabulary=small_vocabulary(), setup=SETUP)

    assert found.report() == ""
    assert {id: (rule.hash, rule.text) for id, rule in found.rules.items()} == {
        id: (rule.hash, rule.text) for id, rule in before.items()
    }


def test_a_stored_rule_that_no_longer_fits_says_why():
    again, problems = parse_rule_text("id: a-rule\n", CALENDARS, vocabulary=small_vocabulary())

    assert again is None
    assert problems[0].message == 'a rule needs "title"'


def test_what_is_not_checked_is_said(tmp_path):
    assert book(tmp_path).skipped == ()
    assert len(book(tmp_path, setup=Setup()).skipped) == 4


def test_a_guard_in_some_currency_is_needed_where_the_runs_say_theirs(tmp_path):
    connection = SETUP.connections["gigapay-se"]
    bare = {"gigapay-se": replace(connection, guards=replace(GUARDS, per_action={}))}

    found = book(tmp_path, setup=replace(SETUP, connections=bare))

    assert [problem.message for problem in found.problems] == [
        "gigapay.close_payrun on gigapay-se has no guard: guards.per_action has no amount at all"
    ]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(
    at=st.integers(min_value=0, max_value=len(TWO)),
    length=st.integers(min_value=0, max_value=12),
    instead=st.text(alphabet="abc:-[]{}#'\"&*!|> \n\t0,é", max_size=6),
)
def test_no_slip_of_the_keyboard_loses_a_rule_silently(tmp_path, at, length, instead):
    found = book(tmp_path, TWO[:at] + instead + TWO[at + length :])

    assert found.problems or len(found.rules) == 2


def hash_of(found: Rulebook) -> str:
    assert found.report() == ""
    return found.rules["a-rule"].hash
