"""What editors are told of rule files: all that is right, and of mistakes those that a schema can see."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from bot.actions import general_actions
from bot.connectors import kinds, vendor_actions
from bot.rulebook import Setup, vocabulary
from bot.rulebook.calendars import KEYS as CALENDAR_KEYS
from bot.rulebook.rule_parts import LIMITS
from bot.rulebook.rule_reader import KEYS
from bot.rulebook.schema import calendars_schema, rules_schema
from bot.rulebook.schema_help import OF_CALENDAR, OF_LIMITS, OF_RULE
from tests.rules.test_mistakes import SETUP, SHIPPED, TESTDATA
from tests.rules.vocabulary import small_vocabulary

MISTAKES = sorted(path for path in TESTDATA.glob("*.yaml") if not path.name.startswith("calendars_"))
SEEN_AT_LEAST = 140


@cache
def shipped() -> Draft202012Validator:
    return Draft202012Validator(
        rules_schema(vocabulary(kinds(), vendor_actions(), general_actions()), Setup())
    )


@cache
def small() -> Draft202012Validator:
    return Draft202012Validator(rules_schema(small_vocabulary(), SETUP, ("se", "uk-bacs", "au-nsw")))


def texts(path: Path) -> Any:
    """A file as an editor's schema sees it: every value that a rule takes is a text."""

    def as_text(value: Any) -> Any:
        match value:
            case dict():
                return {str(key): as_text(one) for key, one in value.items()}
            case list():
                return [as_text(one) for one in value]
            case bool():
                return "yes" if value else "no"
            case None:
                return None
            case _:
                return str(value)

    return as_text(YAML(typ="safe", pure=True).load(path.read_text()))


def is_seen(path: Path) -> bool:
    try:
        return not small().is_valid(texts(path))
    except YAMLError:
        return True  # an editor shows it, with or without a schema


@pytest.mark.parametrize(
    "path",
    sorted(one for one in SHIPPED.glob("*.yaml") if one.name != "calendars.yaml"),
    ids=lambda one: one.stem,
)
def test_every_shipped_rule_is_right_by_the_schema(path: Path) -> None:
    assert [error.message for error in shipped().iter_errors(texts(path))] == []


def test_the_shipped_calendars_are_right_by_theirs() -> None:
    found = Draft202012Validator(calendars_schema()).iter_errors(texts(SHIPPED / "calendars.yaml"))

    assert [error.message for error in found] == []


def test_most_mistakes_are_seen_while_they_are_typed() -> None:
    seen = [path.stem for path in MISTAKES if is_seen(path)]

    assert len(seen) >= SEEN_AT_LEAST, (
        f"{len(seen)} of {len(MISTAKES)}: {[p.stem for p in MISTAKES if p.stem not in seen]}"
    )
    assert {"unknown_field", "unknown_word", "unknown_key", "unknown_mode", "said_greater_than"} <= {*seen}


@pytest.mark.parametrize(
    ("keys", "help"), [(KEYS, OF_RULE), (LIMITS, OF_LIMITS), (CALENDAR_KEYS, OF_CALENDAR)]
)
def test_every_key_has_its_line_of_help(keys: tuple[str, ...], help: dict[str, str]) -> None:
    assert set(help) == set(keys)


@pytest.mark.parametrize(
    "line",
    [
        "Status is OPEN",
        "status is not one of open,  closed",
        "cost is at most SEK 50,000.00",
        "cost is not more than 50 000 SEK",
        "change in net pay is at most 7.5 %",
        "now is after cut-off",
        "cut-off is before Fri 13 Nov 2026 15:00",
        "pay date is in the next 1 working day",
        "pay date is 2026-11-13",
        "last payout was more than 30 minutes ago",
        "last payout is not known",
        "bank reference is anything at all",
        "pay date is ours is no",
    ],
)
def test_a_line_that_the_reader_takes_is_right_by_the_schema(line: str) -> None:
    rule = {
        "id": "a",
        "title": "A",
        "watch": "gigapay.payrun",
        "when": [line],
        "then": "gigapay.close_payrun",
    }

    assert [error.message for error in small().iter_errors({"rules": [rule]})] == []


def test_the_schema_is_one_and_can_be_printed() -> None:
    for schema in (shipped().schema, calendars_schema()):
        Draft202012Validator.check_schema(schema)
        assert json.loads(json.dumps(schema)) == schema


def test_a_field_is_told_with_its_help_and_the_vendors_own_name() -> None:
    (way,) = [
        one
        for one in small().schema["$defs"]["line-of-gigapay.payrun"]["anyOf"]
        if one["title"] == "opened at"
    ]

    assert way["description"] == "when it began (instant; gigapay.payrun: created_at)"


def test_what_the_settings_name_can_be_chosen() -> None:
    properties = small().schema["$defs"]["rule"]["properties"]

    assert properties["ask"]["enum"] == ["ops", "payroll"]
    assert properties["calendar"]["enum"] == ["au-nsw", "se", "uk-bacs"]
    assert "gigapay-se" in json.dumps(properties["connections"])
