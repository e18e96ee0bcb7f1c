"""Cases that nobody wrote: each rule at, over and under its own numbers, and with what is not known.

They hold for every rule, so that no rule can pass by its author's forgetfulness:

- a line answers at its edges as its words say;
- what nobody has read never acts, nor what is in another currency, nor what is not
  there, unless the line asks for just that;
- at `ask_above` is still at once; a cent more asks, and so does an amount that nobody knows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from bot.core.answer import answer
from bot.core.condition import Answer, Block, Claim, Condition, Empty, HasValue, How, claims
from bot.core.decide import AMOUNTS, Facts, Verdict, decide
from bot.core.money import Money
from bot.core.resource import MISSING, Known, Snapshot, Type, Value
from bot.core.rule import NO_LIMITS, Limits, Mode, Rule
from bot.core.workdays import WorkCalendar
from bot.rulebook import Rulebook
from bot.rulebook.edges import NOBODY_READ_IT, value_edges
from bot.rulebook.given import given_facts, given_now
from bot.rulebook.rule_tests import calendar_for
from bot.rulebook.time_edges import time_edges

CENT = Decimal("0.01")
_FOREIGN = Known(Money(Decimal(1), "XTS"))
"""In a currency that no rule names: the code is kept for tests."""


@dataclass(frozen=True, slots=True)
class Boundary:
    """One generated case. `about` says what was put in place of what."""

    rule: str
    file: str
    line: int
    about: str
    expected: str
    got: str

    @property
    def ok(self) -> bool:
        return self.expected == self.got


@dataclass(frozen=True, slots=True)
class _Yes:
    """A moment at which the rule says yes, by one of its own tests."""

    rule: Rule
    snapshot: Snapshot
    facts: Facts
    now: datetime

    def with_(self, **changed: Value) -> "_Yes":
        return replace(self, facts=replace(self.facts, values={**self.facts.values, **changed}))

    def verdict(self, limits: Limits = NO_LIMITS) -> Verdict:
        rule = replace(self.rule, limits=limits)
        return decide(rule, self.facts, self.now, Mode.ACT).verdict

    def people(self, limits: Limits) -> int:
        rule = replace(self.rule, limits=limits)
        return decide(rule, self.facts, self.now, Mode.ACT).people_needed


def run_boundaries(rulebook: Rulebook, calendar_of: Mapping[str, str]) -> tuple[Boundary, ...]:
    """Every generated case of every rule. `calendar_of` gives a vendor's work calendar."""
    return tuple(
        Boundary(rule.id, rule.file, rule.line, about, expected, got)
        for rule in rulebook.rules.values()
        if rule.expect is None  # asked about a number alone, which its own tests give
        for about, expected, got in _cases(rule, rulebook, calendar_of)
    )


def _cases(rule: Rule, rulebook: Rulebook, calendar_of: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    calendar = calendar_for(rule, {}, rulebook, calendar_of)
    if calendar is None:
        return
    now = given_now({}, calendar)
    for condition in (rule.when, *rule.limits.ask_when):
        for claim in claims(condition):
            yield from _of_line(claim, calendar, now)
    yes = _yes(rule, rulebook, calendar_of)
    if yes is not None:
        yield from _of_rule(yes)
        yield from _of_limits(yes)


def _of_line(claim: Claim, calendar: WorkCalendar, now: datetime) -> Iterator[tuple[str, str, str]]:
    for edge in (*value_edges(claim, calendar), *time_edges(claim, calendar, now)):
        got = answer(claim, edge.values, calendar, edge.now or now).answer
        yield f"{claim.text}; {edge.about}", edge.right.value, got.value


def _yes(rule: Rule, rulebook: Rulebook, calendar_of: Mapping[str, str]) -> _Yes | None:
    for test in rule.tests:
        calendar = calendar_for(rule, test.given, rulebook, calendar_of)
        if calendar is None:
            continue
        now = given_now(test.given, calendar)
        fields = rulebook.vocabulary.fields[rule.watch]
        snapshot, facts = given_facts(rule.watch, fields, test.given, calendar, now)
        if answer(rule.when, facts.values, calendar, now).answer is Answer.YES:
            return _Yes(rule, snapshot, facts, now)
    return None


def _needed(condition: Condition) -> Iterator[Claim]:
    """The lines without which there is no yes: those in no `any` and no `not`."""
    match condition:
        case Claim():
            yield condition
        case Block(How.ALL, parts):
            for part in parts:
                yield from _needed(part)
        case Block():
            return


def _of_rule(yes: _Yes) -> Iterator[tuple[str, str, str]]:
    for claim in _needed(yes.rule.when):
        name, test = claim.field.name, claim.test
        if name == "now":
            continue
        about = f"as in its own test, but {name}"
        yield f"{about} unknown", "unknown", yes.with_(**{name: NOBODY_READ_IT}).verdict()
        if isinstance(test, Empty | HasValue):
            wants_none = isinstance(test, Empty) is not claim.negated
        else:
            wants_none = False
            if claim.field.type is Type.MONEY:
                yield f"{about} in another currency", "unknown", yes.with_(**{name: _FOREIGN}).verdict()
        if not wants_none:
            yield f"{about} missing", "nothing", yes.with_(**{name: MISSING}).verdict()


def _of_limits(yes: _Yes) -> Iterator[tuple[str, str, str]]:
    limits = yes.rule.limits
    name = next((one for one in AMOUNTS if one in yes.facts.values), AMOUNTS[0])
    for key, limit in (("ask_above", limits.ask_above), ("two_people_above", limits.two_people_above)):
        if limit is None:
            continue
        only = Limits(ask_above=limit) if key == "ask_above" else Limits(two_people_above=limit)
        more = Money(limit.amount + CENT, limit.currency)
        cases: tuple[tuple[str, Value, bool], ...] = (
            (limit.plain(), Known(limit), False),
            (more.plain(), Known(more), True),
            ("in another currency", _FOREIGN, True),
            ("unknown", NOBODY_READ_IT, True),
            ("missing", MISSING, True),
        )
        for about, value, over in cases:
            one = yes.with_(**{name: value})
            if one.verdict() is not Verdict.ACT:
                continue  # the conditions ask about the amount, too, and say no or unknown already
            said = f"{key} {limit.plain()}; {name} {about}"
            yield said, "ask" if over else "act", one.verdict(only)
            if key == "two_people_above":
                yield f"{said}; people", "2" if over else "1", str(one.people(only))
