"""docs/rules-library.md has one row for each shipped rule, and it says what the file says."""

import re
from pathlib import Path

import pytest

from bot.core.rule import Rule
from tests.rules.test_mistakes import SHIPPED
from tests.rules.test_shipped import BOOK

PAGE = (Path(SHIPPED).parent / "docs" / "rules-library.md").read_text()
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if "| `" in line]
BY_ID = {row[0].strip("`"): row for row in ROWS}


def for_whom(rule: Rule) -> str:
    """`ops → payroll-lead`, as the page says it."""
    groups = list(dict.fromkeys(step.args["to"] for step in rule.then if "to" in step.args))
    told = ", ".join(groups) or "who may approve"
    return f"{told} → {rule.escalate.to}" if rule.escalate else told


def test_each_rule_has_one_row() -> None:
    assert sorted(row[0].strip("`") for row in ROWS) == sorted(BOOK.rules)


@pytest.mark.parametrize("rule", BOOK.rules.values(), ids=lambda rule: rule.id)
def test_a_row_says_what_the_rule_does_for_whom_and_in_which_mode(rule: Rule) -> None:
    _, title, whom, mode, first = BY_ID[rule.id]

    assert (title, whom, mode) == (rule.title, for_whom(rule), rule.mode.value)
    assert first


@pytest.mark.parametrize("rule", BOOK.rules.values(), ids=lambda rule: rule.id)
def test_a_rule_stands_under_the_heading_that_names_its_file(rule: Rule) -> None:
    section = next(part for part in PAGE.split("\n## ") if f"| `{rule.id}` |" in part)

    assert f"`{rule.file.rpartition('/')[2]}`" in section


def test_every_file_is_named_and_no_other() -> None:
    named = {f"{name}.yaml" for name in re.findall(r"`([a-z-]+)\.yaml`", PAGE)}

    assert named == {path.name for path in SHIPPED.glob("*.yaml")}
