"""Deciding: a rule, a resource as it was read, the time; nothing else goes in.

The same function serves live, tests, "why?" and the replaying of old snapshots. What
the engine adds (guards, adoption, approvals) can only make a verdict more careful.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from bot.core.condition import Answer, earliest
from bot.core.explain import Node, explain
from bot.core.money import CurrencyMismatch, Money
from bot.core.resource import Known, Missing, Unread, Value
from bot.core.rule import NO_LIMITS, Mode, Rule
from bot.core.seen import round_money, seen
from bot.core.sentence import field_title
from bot.core.words import lower, say
from bot.core.workdays import WorkCalendar

AMOUNTS = ("cost", "net pay")
"""The fields that a rule's amounts are about: the first that the resource has."""


class Verdict(StrEnum):
    """What follows from an answer in the mode the rule has now."""

    NOTHING = "nothing"
    UNKNOWN = "unknown"
    WATCH = "watch"
    ASK = "ask"
    ACT = "act"


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a condition may ask about one resource, read or worked out.

    `changes` names the values that time alone changes, with the instant.
    """

    values: Mapping[str, Value]
    calendar: WorkCalendar
    changes: Mapping[str, datetime] = field(default_factory=dict)


class Asked(NamedTuple):
    """Which rule was asked, of what, and when: all that the explanation of its answer is made of."""

    rule: Rule
    facts: Facts
    now: datetime


class Decision(NamedTuple):
    """A rule's answer about one resource at one instant, with its reasons.

    `reasons` are the lines for which a person is asked although the rule would act.
    `wait_until` is the next working time where the rule keeps to it, None for at once.
    """

    answer: Answer
    verdict: Verdict
    next_at: datetime | None
    why: Asked | Node
    reasons: tuple[Node, ...] = ()
    people_needed: int = 1
    wait_until: datetime | None = None

    @property
    def tree(self) -> Node:
        """Every line of the answer, in words. Made when it is asked for: few decisions are."""
        if isinstance(self.why, Node):
            return self.why
        rule, facts, now = self.why
        return explain(rule.when, facts.values, facts.calendar, now)


def decide(rule: Rule, facts: Facts, now: datetime, mode: Mode | None = None) -> Decision:
    """Answer every condition of a rule about one resource: yes, no or unknown.

    The whole tree can be asked for, so that "why not?" can be answered months later.
    `mode` is the one in force where that is narrower than the file's. Deciding twice on
    the same gives equal decisions.
    """
    given = rule.answering(facts.values, facts.calendar, now)
    verdict = verdict_of(given.answer, mode or rule.mode)
    next_at = earliest(given.until, *_value_changes(rule, facts, now)) if facts.changes else given.until
    decided = Decision(given.answer, verdict, next_at, Asked(rule, facts, now))
    if verdict is Verdict.ASK or verdict is Verdict.ACT:
        return _limited(decided, rule, facts, now)
    return decided


def gone(decided: Decision) -> Decision:
    """What a decision becomes about what is no longer at the vendor: nothing is done to it."""
    why = Node(Answer.NO, say("it is still there at the vendor"))
    return decided._replace(answer=Answer.NO, why=why, verdict=Verdict.NOTHING, next_at=None)


def verdict_of(given: Answer, mode: Mode) -> Verdict:
    """What an answer comes to in a mode, before any limit has been asked."""
    if mode is Mode.OFF or given is Answer.NO:
        return Verdict.NOTHING
    return Verdict.UNKNOWN if given is Answer.UNKNOWN else _OF_YES[mode]


_OF_YES = {Mode.WATCH: Verdict.WATCH, Mode.ASK: Verdict.ASK, Mode.ACT: Verdict.ACT}


def _value_changes(rule: Rule, facts: Facts, now: datetime) -> list[datetime]:
    return [at for name, at in facts.changes.items() if name in rule.names and at > now]


def _limited(decided: Decision, rule: Rule, facts: Facts, now: datetime) -> Decision:
    """A yes, made as careful as the rule's own limits want it."""
    limits = rule.limits
    if limits is NO_LIMITS:
        return decided
    asked = [explain(condition, facts.values, facts.calendar, now) for condition in limits.ask_when]
    reasons = [node for node in asked if node.answer is not Answer.NO]
    if limits.ask_above is not None:
        over = above(limits.ask_above, facts, now)
        reasons += [over] if over.answer is not Answer.NO else []
    people = 1
    if limits.two_people_above is not None:
        over = above(limits.two_people_above, facts, now)
        if over.answer is not Answer.NO:
            people = 2
            reasons.append(over)
    wait = facts.calendar.next_working_time(now) if limits.only_during_working_hours else now
    return decided._replace(
        next_at=earliest(decided.next_at, *(node.until for node in asked)),
        verdict=Verdict.ASK if reasons else decided.verdict,
        reasons=tuple(reasons),
        people_needed=people,
        wait_until=wait if wait > now else None,
    )


def above(limit: Money, facts: Facts, now: datetime) -> Node:
    """Whether the amount is above a limit; an amount nobody knows is not "no"."""
    name = next((name for name in AMOUNTS if name in facts.values), AMOUNTS[0])
    text = say("{name} is above {limit}", name=lower(field_title(name)), limit=round_money(limit))
    match facts.values.get(name):
        case Known(Money() as amount) as value:
            saw = seen(value, facts.calendar, now)
            try:
                return Node(Answer.YES if limit < amount else Answer.NO, text, saw)
            except CurrencyMismatch:
                return Node(Answer.UNKNOWN, text, say("{amount} is in another currency", amount=saw))
        case Unread(why):
            return Node(Answer.UNKNOWN, text, why)
        case Missing() | Known() | None:
            return Node(Answer.UNKNOWN, text, say("no amount is known"))
