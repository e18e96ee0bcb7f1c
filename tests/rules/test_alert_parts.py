"""What a rule says of an alert that lasts is read, kept with its version, and part of its hash."""

from dataclasses import replace
from pathlib import Path

from bot.core.rule import Rule
from bot.rulebook import Setup, load
from tests.rules.test_mistakes import SETUP, SHIPPED
from tests.rules.vocabulary import small_vocabulary

RULE = """rules:
  - id: told
    title: Tell operations of a paid payrun
    watch: gigapay.payrun
    when: [status is paid]
    then: {alert: {to: ops}}
    remind: every working day at 09:00
    escalate: {after: 4 working hours, to: payroll}
"""


def told(folder: Path, text: str = RULE, setup: Setup = SETUP) -> Rule:
    rules = folder / "rules"
    rules.mkdir(exist_ok=True)
    (rules / "calendars.yaml").write_text((SHIPPED / "calendars.yaml").read_text())
    (rules / "a.yaml").write_text(text)
    found = load(rules, vocabulary=small_vocabulary(), setup=setup)
    assert found.report() == ""
    return found.rules["told"]


def test_its_times_and_its_escalation_are_read(tmp_path: Path) -> None:
    rule = told(tmp_path)

    assert rule.remind is not None and rule.remind.times == "every working day at 09:00"
    assert rule.escalate is not None
    assert (rule.escalate.after.words, rule.escalate.to) == ("4 working hours", "payroll")


def test_every_is_said_or_left_out(tmp_path: Path) -> None:
    assert told(tmp_path, RULE.replace("every working", "working")).remind == told(tmp_path).remind


def test_by_a_cron_line_it_is_said_so(tmp_path: Path) -> None:
    rule = told(tmp_path, RULE.replace("every working day at 09:00", "cron 0 9 * * 1-5"))

    assert rule.remind is not None and rule.remind.times == "by cron 0 9 * * 1-5"


def test_who_is_in_the_group_that_it_is_passed_on_to_is_part_of_the_rule(tmp_path: Path) -> None:
    known = SETUP.groups or {}
    others = replace(SETUP, groups={**known, "payroll": ("payroll-2",)})

    assert told(tmp_path, setup=others).hash != told(tmp_path).hash
