import json
from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.commands.check import check
from bot.rulebook.boundaries import Boundary
from tests.commands.place import ENVIRON, REPO, write_settings

Out = pytest.CaptureFixture[str]

CALENDARS = """\
calendars:
  se:
    zone: Europe/Stockholm
    holidays: {country: SE, categories: [public, bank, de_facto]}
    input_cut_off: Friday 15:00
  far:
    zone: Pacific/Kiritimati
"""
RULE = """\
rules:
  - id: close
    title: Close it
    watch: gigapay.payrun
    when: [status is open]
    then: [gigapay.close_payrun, {send_mail: {template: payrun_closed, to: payroll}}]
    mode: ask
    tests:
      - given: {status: open}
        expect: ask
      - given: {status: paid}
        expect: nothing
"""


class At:
    """A clock that stands at one instant."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    wall = now


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "calendars.yaml").write_text(CALENDARS, "utf-8")
    (folder / "own.yaml").write_text(RULE, "utf-8")
    return folder


def test_check_reads_each_rule_back_with_its_mode_and_place(rules: Path, capsys: Out) -> None:
    assert main(["check", str(rules)]) == 0

    said = capsys.readouterr()
    assert "close (ask), rules/own.yaml:2\n" in said.out
    assert (
        "For each Gigapay payrun, when status is open: close it, then mail payrun_closed to payroll; "
        "done after a person approves." in said.out
    )
    assert said.out.endswith("1 rule in " + str(rules) + ": nothing is wrong.\n")
    assert said.err == ""


def test_check_reads_back_in_swedish_when_asked_to(rules: Path, capsys: Out) -> None:
    assert main(["check", str(rules), "--language", "sv"]) == 0

    assert (
        "För varje payrun i Gigapay, när statusen är öppen: stäng den, "
        "sedan mejla payrun_closed till payroll; görs när en person har godkänt." in capsys.readouterr().out
    )


def test_check_takes_the_year_from_its_clock_and_each_calendars_own_zone(rules: Path, capsys: Out) -> None:
    new_year_in_kiritimati = At(datetime(2025, 12, 31, 12, tzinfo=UTC))

    check(Namespace(folder=str(rules), config=None, language=None, json=False), new_year_in_kiritimati)

    said = capsys.readouterr().out
    assert "work calendar se, 2025\n  Wed 1 Jan 2025  closed" in said
    assert "Thu 17 Apr 2025  until 14:00  Maundy Thursday" in said
    assert "work calendar far, 2026\n  no closed or half days besides weekends\n" in said


def test_check_without_settings_says_what_it_did_not_check(rules: Path, capsys: Out) -> None:
    (rules / "own.yaml").write_text(RULE.replace("to: payroll", "to: nobody"), "utf-8")

    assert main(["check"]) == 0

    assert "Not checked, for want of settings: that the groups exist; " in capsys.readouterr().out


def test_check_with_settings_checks_what_needs_them(tmp_path: Path, rules: Path, capsys: Out) -> None:
    (rules / "own.yaml").write_text(RULE.replace("to: payroll", "to: nobody"), "utf-8")
    write_settings(tmp_path, rules=rules)

    assert main(["check"]) == 1

    said = capsys.readouterr().out
    assert "Not checked" not in said
    assert "rules/own.yaml:6:" in said and "nobody" in said
    assert f"0 rules in {rules}: 1 problem.\n" in said


def test_check_prints_problems_as_the_rulebook_reports_them(rules: Path, capsys: Out) -> None:
    (rules / "own.yaml").write_text(RULE.replace("status is open]", "csot is known]"), "utf-8")

    assert main(["check"]) == 1

    assert (
        'rules/own.yaml:5:12  "csot" is not something a gigapay.payrun has. Did you mean "cost"?\n'
        "    5 |     when: [csot is known]\n"
        "      |            ^^^^\n" in capsys.readouterr().out
    )


def test_check_tells_wrong_settings_and_wrong_rules_together(
    tmp_path: Path, rules: Path, capsys: Out
) -> None:
    (rules / "own.yaml").write_text(RULE.replace("status is open]", "csot is known]"), "utf-8")
    write_settings(tmp_path, rules=rules, zone=("Europe/Stockholm", "Europe/Stokholm"))

    assert main(["check"]) == 1

    said = capsys.readouterr()
    assert '"csot" is not something a gigapay.payrun has' in said.out
    assert "Europe/Stokholm" in said.err


def test_check_for_programs_says_the_same(rules: Path, capsys: Out) -> None:
    (rules / "two.yaml").write_text(RULE.replace("id: close", "id: other").replace("open]", "opne]"), "utf-8")

    assert main(["check", "--json"]) == 1

    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is False
    assert [(one["id"], one["mode"], one["file"], one["line"]) for one in found["rules"]] == [
        ("close", "ask", "rules/own.yaml", 2)
    ]
    assert [one["file"] for one in found["problems"]] == ["rules/two.yaml"]
    assert [one["name"] for one in found["calendars"]] == ["se", "far"]
    assert len(found["skipped"]) == 4


@pytest.mark.parametrize("command", ["check", "test"])
def test_a_folder_that_is_not_there_is_told(command: str, capsys: Out) -> None:
    assert main([command, "rulez"]) == 1

    assert capsys.readouterr().err == "There is no folder rulez: name the rules' folder.\n"


@pytest.mark.parametrize("command", ["check", "test"])
def test_the_shipped_rules_are_right_with_and_without_settings(
    command: str, tmp_path: Path, capsys: Out
) -> None:
    assert main([command, str(REPO / "rules")]) == 0

    write_settings(
        tmp_path,
        currencies=(
            "connections:",
            "connections:\n  - {id: roubler-au, vendor: roubler, calendar: au-nsw, currency: AUD, "
            "region: au, client_id: env:HOOK, client_secret: env:HOOK, company_id: '9'}",
        ),
    )
    assert main([command]) == 0

    assert not [value for value in ENVIRON.values() if value in "".join(capsys.readouterr())]


def test_tests_that_hold_are_counted(rules: Path, capsys: Out) -> None:
    assert main(["test"]) == 0

    assert capsys.readouterr().out == "2 tests in the files, 7 generated: 0 failed.\n"


def test_a_test_that_fails_is_shown_in_two_columns_with_the_line_that_stood_in_the_way(
    rules: Path, capsys: Out
) -> None:
    (rules / "own.yaml").write_text(RULE.replace("expect: nothing", "expect: ask"), "utf-8")

    assert main(["test"]) == 1

    assert capsys.readouterr().out == (
        "rules/own.yaml:11  close\n"
        "expected  got\n"
        "ask       nothing\n"
        "          status is open: no, saw paid\n"
        "\n"
        "2 tests in the files, 7 generated: 1 failed.\n"
    )


def test_a_rule_that_cannot_be_read_is_no_test_that_held(rules: Path, capsys: Out) -> None:
    (rules / "two.yaml").write_text(RULE.replace("id: close", "id: other").replace("open]", "opne]"), "utf-8")

    assert main(["test", "--json"]) == 1

    found = json.loads(capsys.readouterr().out)
    assert [one["ok"] for one in found["tests"]] == [True, True]
    assert found["problems"][0].startswith("rules/two.yaml:5:22")


def test_a_generated_case_that_fails_is_shown_with_what_was_put_in_place(
    rules: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = Boundary("close", "rules/own.yaml", 2, "status is open; status paid", "no", "yes")
    monkeypatch.setattr("bot.commands.rule_tests.run_boundaries", lambda book, calendars: (wrong,))

    assert main(["test"]) == 1

    assert capsys.readouterr().out == (
        "rules/own.yaml:2  close, generated: status is open; status paid\n"
        "expected  got\n"
        "no        yes\n"
        "\n"
        "2 tests in the files, 1 generated: 1 failed.\n"
    )


def test_generated_cases_are_there_for_programs(rules: Path, capsys: Out) -> None:
    assert main(["test", "--json"]) == 0

    made = json.loads(capsys.readouterr().out)["generated"]
    assert len(made) == 7
    assert made[0] == {
        "rule": "close",
        "file": "rules/own.yaml",
        "line": 2,
        "about": "status is open; status unknown",
        "expected": "unknown",
        "got": "unknown",
        "ok": True,
    }


def test_the_schema_is_made_for_the_settings(tmp_path: Path, rules: Path, capsys: Out) -> None:
    write_settings(tmp_path, rules=rules)

    assert main(["schema"]) == 0

    schema = json.loads(capsys.readouterr().out)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$defs"]["rule"]["properties"]["calendar"]["enum"] == ["far", "se"]


def test_the_calendars_have_a_schema_of_their_own(capsys: Out) -> None:
    assert main(["schema", "--calendars"]) == 0

    assert "calendars" in json.loads(capsys.readouterr().out)["properties"]


def test_a_schema_is_not_made_of_settings_that_cannot_be_read(
    tmp_path: Path, rules: Path, capsys: Out
) -> None:
    write_settings(tmp_path, rules=rules, zone=("Europe/Stockholm", "Europe/Stokholm"))

    assert main(["schema"]) == 1

    said = capsys.readouterr()
    assert said.out == ""
    assert "Europe/Stokholm" in said.err


def test_check_says_of_which_vendors_a_word_is_none(rules: Path, capsys: Out) -> None:
    (rules / "own.yaml").write_text(
        "rules:\n  - id: any\n    title: Any\n    watch: payrun\n    when: [status is posted]\n"
        "    then: {alert: {to: ops}}\n",
        "utf-8",
    )

    assert main(["check", str(rules)]) == 0

    noted = [line for line in capsys.readouterr().out.splitlines() if "Note:" in line]
    assert noted == [
        '  Note: "status is posted": no gigapay.payrun, roubler.payrun or staffology.payrun is ever posted, '
        "so of these it is no."
    ]
