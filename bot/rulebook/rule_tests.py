"""The tests in the rule files: each starts from harmless values and says what differs."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.core.decide import Decision, decide
from bot.core.resource import Field
from bot.core.rule import Rule, RuleTest
from bot.core.workdays import WorkCalendar
from bot.rulebook import Rulebook
from bot.rulebook.given import CALENDAR, given_facts, given_now


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test's outcome. `decision` is None when the test itself can't be run."""

    __test__ = False

    rule: str
    file: str
    line: int
    expected: str
    got: str
    decision: Decision | None

    @property
    def ok(self) -> bool:
        return self.expected == self.got


def run_tests(rulebook: Rulebook, calendar_of: Mapping[str, str] | None = None) -> tuple[TestResult, ...]:
    """Run every test of every rule, in the rule's own mode.

    `calendar_of` gives a vendor's work calendar. A test may name its own, then the
    rule's counts, then the vendor's; else it is the first of calendars.yaml.
    """
    return tuple(
        _result(rule, test, rulebook, calendar_of or {})
        for rule in rulebook.rules.values()
        for test in rule.tests
    )


def _result(rule: Rule, test: RuleTest, rulebook: Rulebook, calendar_of: Mapping[str, str]) -> TestResult:
    calendar = _calendar(rule, test, rulebook, calendar_of)
    if calendar is None:
        return TestResult(rule.id, rule.file, test.line, test.expect, "no calendar to test with", None)
    try:
        decision = decide_given(rule, test.given, rulebook.vocabulary.fields[rule.watch], calendar)
    except ValueError as error:
        return TestResult(rule.id, rule.file, test.line, test.expect, str(error), None)
    return TestResult(rule.id, rule.file, test.line, test.expect, decision.verdict.value, decision)


def decide_given(
    rule: Rule, given: Mapping[str, str], fields: Mapping[str, Field], calendar: WorkCalendar
) -> Decision:
    """What a rule decides about the harmless examples with `given` in their place."""
    now = given_now(given, calendar)
    snapshot, facts = given_facts(rule.watch, fields, given, calendar, now)
    return decide(rule, snapshot, facts, now)


def _calendar(
    rule: Rule, test: RuleTest, rulebook: Rulebook, calendar_of: Mapping[str, str]
) -> WorkCalendar | None:
    vendor = rule.watch.partition(".")[0]
    for name in (test.given.get(CALENDAR), rule.calendar, calendar_of.get(vendor)):
        if name is not None:
            return rulebook.calendars.get(name)
    return next(iter(rulebook.calendars.values()), None)
