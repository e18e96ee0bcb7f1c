import pytest

from bot.core.grammar import parse_claim
from bot.core.rule import Mode, Rule
from bot.facts import facts_of


@pytest.fixture
def small_rule() -> Rule:
    """A rule about a Gigapay payrun that asks for a fact made of the lines."""
    fields = {name: fact.field for name, fact in facts_of("gigapay.payrun").items()}
    when = parse_claim("possible duplicates is none", fields, "gigapay.payrun")
    return Rule("a-rule", "A rule", "gigapay.payrun", when, (), Mode.WATCH, "hash", "", "rules/a.yaml", 1)
