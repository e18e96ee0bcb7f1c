"""The rules that ship, with the words that the connectors really have."""

import pytest

from bot.actions import general_actions
from bot.connectors import kinds, vendor_actions
from bot.core.decide import Verdict
from bot.core.literal import parse_literal
from bot.rulebook import load, vocabulary
from bot.rulebook.rule_tests import decide_given, run_tests
from tests.rules.test_mistakes import SHIPPED

WORDS = vocabulary(kinds(), vendor_actions(), general_actions())
BOOK = load(SHIPPED, vocabulary=WORDS)


def test_every_shipped_rule_loads():
    assert BOOK.report() == ""
    assert set(BOOK.rules) >= {
        "gigapay-weekly-close",
        "next-xero-calendar",
        "staffology-finalise",
        "roubler-errors",
    }


@pytest.mark.parametrize("result", run_tests(BOOK), ids=lambda result: f"{result.rule}:{result.line}")
def test_a_shipped_rule_passes_its_own_test(result):
    assert result.got == result.expected


@pytest.mark.parametrize("rule", BOOK.rules.values(), ids=lambda rule: rule.id)
def test_a_shipped_rule_gives_advice_and_has_tests(rule):
    assert rule.advice.endswith(".")
    assert len(rule.tests) >= 4


@pytest.mark.parametrize("rule", BOOK.rules.values(), ids=lambda rule: rule.id)
def test_a_shipped_rules_tests_have_a_yes_a_no_and_what_nobody_could_read(rule):
    expected = {test.expect for test in rule.tests}

    assert expected >= {"nothing", "unknown"}
    assert expected & {"act", "ask", "watch"}
    assert any("unknown" in test.given.values() for test in rule.tests)


@pytest.mark.parametrize("rule", BOOK.rules.values(), ids=lambda rule: rule.id)
def test_harmless_examples_make_no_shipped_rule_act(rule):
    decision = decide_given(rule, {}, WORDS.fields[rule.watch], BOOK.calendars["se"])

    assert decision.verdict is Verdict.NOTHING


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, fields in WORDS.fields.items() for name in fields]
)
def test_every_example_is_a_value_of_its_type(kind, name):
    field = WORDS.fields[kind][name]

    if field.example is not None:
        parse_literal(field, field.example)
    assert field.help
