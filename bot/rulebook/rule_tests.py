"""The tests in the rule files: each starts from harmless values and says what differs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.core.came import Came, decide_came
from bot.core.condition import Answer
from bot.core.decide import Decision, decide
from bot.core.expect import Expectation
from bot.core.explain import as_lines
from bot.core.resource import Field
from bot.core.rule import Rule, RuleTest
from bot.core.workdays import WorkCalendar
from bot.rulebook import Rulebook
from bot.rulebook.expectations import CAME, given_came
from bot.rulebook.given import CALENDAR, given_facts, given_now
from bot.rulebook.setup import Setup


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

    def reasons(self) -> list[str]:
        """What kept the rule from saying yes, and for what a person would be asked."""
        if self.decision is None:
            return []
        lines = [line for line in as_lines(self.decision.tree) if line.answer is not Answer.YES]
        lines += [line for node in self.decision.reasons for line in as_lines(node)]
        return [f"{line.text}: {line.answer}" + (f", saw {line.saw}" if line.saw else "") for line in lines]


def calendars_of(setup: Setup) -> dict[str, str]:
    """A vendor's work calendar: that of its first connection."""
    found: dict[str, str] = {}
    for one in (setup.connections or {}).values():
        found.setdefault(one.vendor, one.calendar)
    return found


def tested(rulebook: Rulebook, setup: Setup) -> Rulebook:
    """The rulebook with what its rules' own tests say against them: such a rule is not put in force."""
    failed: dict[str, tuple[str, ...]] = {}
    for one in run_tests(rulebook, calendars_of(setup)):
        if not one.ok:
            seen = "".join(f"; {line}" for line in one.reasons())
            said = f"{one.rule}: its test expects {one.expected}, and got {one.got}{seen}"
            failed[one.rule] = (*failed.get(one.rule, ()), f"{one.file}:{one.line}  {said}")
    return replace(rulebook, failed=failed)


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
    calendar = calendar_for(rule, test.given, rulebook, calendar_of)
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
    """What a rule decides about the harmless examples with `given` in their place.

    A rule with `expect` is given how many came; without a word enough of them did.
    """
    if rule.expect is not None:
        return _counted(rule, rule.expect, given, calendar)
    now = given_now(given, calendar)
    _, facts = given_facts(rule.watch, fields, given, calendar, now)
    return decide(rule, facts, now)


def _counted(rule: Rule, expect: Expectation, given: Mapping[str, str], calendar: WorkCalendar) -> Decision:
    count = given_came(given.get(CAME, str(expect.at_least)))
    came = Came(0, ("the test says so",)) if count is None else Came(count)
    return decide_came(rule, came)


def calendar_for(
    rule: Rule, given: Mapping[str, str], rulebook: Rulebook, calendar_of: Mapping[str, str]
) -> WorkCalendar | None:
    """The work calendar of one test, by what it is given; None where there is none at all."""
    vendor = rule.watch.partition(".")[0]
    for name in (given.get(CALENDAR), rule.calendar, calendar_of.get(vendor)):
        if name is not None:
            return rulebook.calendars.get(name)
    return next(iter(rulebook.calendars.values()), None)
