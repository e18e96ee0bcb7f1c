"""docs/rules.md: each of its examples is read without a problem, and nothing of the language is left out."""

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot.actions import general_actions
from bot.connectors import kinds, vendor_actions
from bot.core.condition import (
    Ago,
    Claim,
    Compared,
    Empty,
    HasValue,
    How,
    OneOf,
    Op,
    Ordered,
    Unit,
    Within,
    claims,
)
from bot.core.expect import Per, parse_expectation
from bot.core.guard import Guards
from bot.core.literal import parse_date, parse_money, parse_percent, parse_wall
from bot.core.money import Money
from bot.core.resource import Type
from bot.core.rule import IfMissed, Mode, Rule
from bot.core.slots import Days, parse_schedule
from bot.rulebook import ConnectionSetup, Rulebook, Setup, load, vocabulary
from bot.rulebook.calendars import KEYS as CALENDAR_KEYS
from bot.rulebook.rule_parts import EXPECTATIONS, LIMITS
from bot.rulebook.rule_reader import KEYS
from bot.rulebook.rule_tests import run_tests
from tests.docs.follow import DOCS
from tests.rules.test_mistakes import SHIPPED

PAGE = (DOCS / "rules.md").read_text()
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
WORDS = vocabulary(kinds(), vendor_actions(), general_actions())
GUARDS = Guards(per_action={currency: Money.of(1_000_000, currency) for currency in ("SEK", "GBP", "AUD")})
SETUP = Setup(
    groups={name: (f"{name}@example.com",) for name in ("payroll", "payroll-lead", "finance", "ops")},
    templates=frozenset(path.name for path in (SHIPPED.parent / "templates").iterdir() if path.is_dir()),
    connections={
        "gigapay-se": ConnectionSetup("gigapay", "se", None, GUARDS),
        "xero-uk": ConnectionSetup("xero", "uk-bacs", "GBP", GUARDS),
        "staffology-acme": ConnectionSetup("staffology", "uk-bacs", "GBP", GUARDS),
        "roubler-au": ConnectionSetup("roubler", "au-nsw", "AUD", GUARDS),
    },
    targets=frozenset({"ledger"}),
)
MISSING = {
    "id": "id: example",
    "title": "title: An example",
    "watch": "watch: gigapay.payrun",
    "when": "when: [status is open]",
    "then": "then: gigapay.close_payrun",
}
"""What a part of a rule is completed with."""


def whole(block: str) -> tuple[str, str]:
    """The example as a rule file, and the calendars beside it."""
    calendars = (SHIPPED / "calendars.yaml").read_text()
    if block.startswith("calendars:"):
        own = re.sub(r"^calendars:\n", "", block)
        return whole("mode: watch\n")[0], calendars + own.replace("  se:\n", "  another:\n")
    if block.startswith("rules:"):
        return block, calendars
    if named := re.match(r"# when, of an? (\S+)\n", block):
        lines = block[named.end() :].replace("\n", "\n  ")
        block = f"watch: {named[1]}\nwhen:\n  {lines}\nthen: {{alert: {{to: payroll}}}}\n"
    has = {line.partition(":")[0] for line in block.splitlines()}
    missing = [
        text for key, text in MISSING.items() if key not in has and not (key == "watch" and "expect" in has)
    ]
    if "expect" in has and "when" not in has:
        missing.remove(MISSING["when"])
    rule = [*missing, *block.splitlines()]
    return "rules:\n  - " + "\n    ".join(rule) + "\n", calendars


def read(block: str, folder: Path) -> Rulebook:
    rules, calendars = whole(block)
    (folder / "calendars.yaml").write_text(calendars)
    (folder / "example.yaml").write_text(rules)
    return load(folder, vocabulary=WORDS, setup=SETUP)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> list[Rulebook]:
    return [read(block, tmp_path_factory.mktemp("example")) for block in BLOCKS]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.splitlines()[0])
def test_an_example_is_read_without_a_problem_and_passes_its_tests(block: str, tmp_path: Path) -> None:
    book = read(block, tmp_path)

    assert book.report() == ""
    assert len(book.rules) == 1
    assert [one for one in run_tests(book) if not one.ok] == []


def every_key(value: Any) -> Iterator[str]:
    match value:
        case dict():
            yield from value
            for one in value.values():
                yield from every_key(one)
        case list():
            for one in value:
                yield from every_key(one)


@cache
def keys() -> frozenset[str]:
    return frozenset(key for block in BLOCKS for key in every_key(YAML(typ="safe", pure=True).load(block)))


@pytest.mark.parametrize("key", sorted({*KEYS, *LIMITS, *CALENDAR_KEYS, *How, "given"}))
def test_every_key_has_an_example(key: str) -> None:
    assert key in keys()


def rules(books: list[Rulebook]) -> list[Rule]:
    return [rule for book in books for rule in book.rules.values()]


def all_claims(books: list[Rulebook]) -> list[Claim]:
    return [claim for rule in rules(books) for claim in claims(rule.when)]


def test_every_type_of_word_and_every_way_to_ask_has_an_example(books: list[Rulebook]) -> None:
    asked = all_claims(books)
    tests = [one.test for one in asked]

    assert {one.field.type for one in asked} == set(Type)
    assert {type(one) for one in tests} == {Empty, HasValue, OneOf, Compared, Ordered, Within, Ago}
    assert {one.op for one in tests if isinstance(one, Compared)} == set(Op)
    assert {one.after for one in tests if isinstance(one, Ordered)} == {True, False}
    assert {one.unit for one in tests if isinstance(one, Within)} == set(Unit) - {Unit.WORKING_HOURS}
    assert {one.unit for one in tests if isinstance(one, Ago)} == set(Unit) - {Unit.WORKING_DAYS}
    assert {one.more for one in tests if isinstance(one, Ago)} == {True, False}
    assert {one.negated for one in asked} == {True, False}


def test_every_action_and_mode_has_an_example(books: list[Rulebook]) -> None:
    done = {step.action for rule in rules(books) for step in rule.then}

    assert done == {*WORDS.vendor_actions, *WORDS.general_actions}
    assert {rule.mode for rule in rules(books)} == set(Mode)


@pytest.mark.parametrize("word", [*Mode, *EXPECTATIONS, *IfMissed, *WORDS.kinds, *WORDS.vendor_actions, *Per])
def test_every_word_of_a_closed_list_is_named(word: str) -> None:
    assert re.search(rf"(`|\b){re.escape(word)}(`|\b)", PAGE)


def cells(heading: str, column: int) -> list[str]:
    """What stands between backticks in a column of the table below a heading."""
    section = PAGE.partition(f"\n{heading}\n")[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    return [text for row in rows[2:] for text in re.findall(r"`([^`]+)`", row[column])]


def test_the_set_times_of_the_table_are_read_and_are_all_there_are() -> None:
    written = cells("## At set times", 0)
    said = [text for text in written if text != "every"]

    assert [parse_schedule(text).words for text in said]
    assert {day for day in Days if any(text.startswith(f"{day} ") for text in said)} == set(Days)


def test_the_times_of_an_expectation_are_read() -> None:
    section = PAGE.partition("\n## What should come\n")[2]
    rows = re.findall(r"^\| (`.+?) \| (`.+?) \|$", section, re.MULTILINE)
    lines = [
        f"gigapay.payout per {per} by {by}"
        for left, right in rows
        for per in re.findall(r"`([^`]+)`", left)
        for by in re.findall(r"`([^`]+)`", right)
    ]

    assert {parse_expectation(line).expectation.per for line in lines} == set(Per)


READERS: dict[str, Callable[[str], Any]] = {
    "amount": parse_money,
    "percentage": parse_percent,
    "date": parse_date,
    "moment": parse_wall,
}


@pytest.mark.parametrize("what", READERS)
def test_values_are_read_as_the_table_says_and_the_others_are_refused(what: str) -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| {what} |"))
    right, wrong = (re.findall(r"`([^`]+)`", cell) for cell in row.strip("|").split("|")[1:])

    assert [READERS[what](text) for text in right]
    for text in wrong:
        with pytest.raises(ValueError):
            READERS[what](text)
