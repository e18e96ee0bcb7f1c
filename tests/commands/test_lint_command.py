"""`payrunbot lint`, and what `check` says of it."""

import json
from pathlib import Path

import pytest

from bot.__main__ import main
from tests.commands.place import write_settings
from tests.commands.test_rules_commands import CALENDARS, RULE

Out = pytest.CaptureFixture[str]
AGAIN = """\
  - id: close-again
    title: Close it as well
    watch: gigapay.payrun
    when: [status is open, payouts is at least 1]
    then: [gigapay.close_payrun]
    mode: ask
"""
SOON = """\
  - id: soon
    title: Closes by itself soon
    watch: gigapay.payrun
    when: [closes by itself at is in the next 2 hours]
    then: {alert: {to: ops}}
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "calendars.yaml").write_text(CALENDARS, "utf-8")
    (folder / "own.yaml").write_text(RULE + SOON, "utf-8")
    return folder


def test_lint_says_nothing_and_succeeds_where_there_is_nothing(rules: Path, capsys: Out) -> None:
    assert main(["lint", str(rules)]) == 0

    assert capsys.readouterr().out == "Lint: nothing. No two rules act on one kind of resource.\n"


def test_lint_and_check_fail_for_what_is_wrong(rules: Path, capsys: Out) -> None:
    (rules / "own.yaml").write_text(RULE + SOON + AGAIN, "utf-8")

    assert main(["lint", str(rules)]) == 1
    lint = capsys.readouterr().out
    assert main(["check", str(rules)]) == 1
    check = capsys.readouterr().out

    assert lint.startswith("rules/own.yaml:2:9  wrong: close and close-again both do gigapay.close_payrun")
    assert lint.endswith(
        "Lint: 1 wrong. 1 pair of rules acts on one kind of resource; proved to have none in common: 0.\n"
    )
    assert lint in check
    assert check.endswith(f"3 rules in {rules}: 1 problem.\n")


def test_what_is_only_to_look_at_fails_nothing(rules: Path, capsys: Out) -> None:
    (rules / "own.yaml").write_text(RULE, "utf-8")

    assert main(["lint", str(rules)]) == 0
    assert "Lint: 1 to look at. " in capsys.readouterr().out
    assert main(["check", str(rules)]) == 0


def test_lint_as_json_has_place_example_and_mend_of_each(rules: Path, capsys: Out) -> None:
    (rules / "own.yaml").write_text(RULE + SOON + AGAIN, "utf-8")

    assert main(["lint", str(rules), "--json"]) == 1

    said = json.loads(capsys.readouterr().out)
    (one,) = said["findings"]
    assert (said["ok"], said["pairs"]) == (False, {"compared": 1, "apart": 0})
    assert (one["kind"], one["level"], one["rules"]) == ("overlap", "wrong", ["close", "close-again"])
    assert (one["file"], one["line"], one["column"]) == ("rules/own.yaml", 2, 9)
    assert one["example"].startswith("status: open, payouts: 1, now: ")


def test_an_absence_that_leaves_nobody_to_approve_is_told_with_its_place_in_the_settings(
    tmp_path: Path, rules: Path, capsys: Out
) -> None:
    one_is_left = ("finance-2@example.com, roles: [approver]", "finance-2@example.com, roles: [viewer]")
    write_settings(tmp_path, rules=rules, people=one_is_left)

    assert main(["lint"]) == 0

    said = capsys.readouterr().out
    assert said.startswith(
        "bot.yaml:6:1  look: Without finance-1 nobody may approve anything\n"
        "    6 | people:\n"
        "      | ^^^^^^^\n"
        "      mend: give another person the role approver, with an up_to that is high enough\n"
    )
