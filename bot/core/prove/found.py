"""What is asked of the proof, and the three things that it may say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.answer import answer
from bot.core.condition import Answer, Condition
from bot.core.resource import Value
from bot.core.workdays import WorkCalendar


@dataclass(frozen=True, slots=True)
class Wanted:
    """One condition, with the answers of which it must have one."""

    condition: Condition
    answers: frozenset[Answer]


@dataclass(frozen=True, slots=True)
class Example:
    """A resource, and the moment it is looked at, that has the wanted answers.

    A field that is not named may have any value.
    """

    values: Mapping[str, Value]
    now: datetime


@dataclass(frozen=True, slots=True)
class Impossible:
    """Proved: there is no such resource."""


@dataclass(frozen=True, slots=True)
class CannotTell:
    """Neither an example nor a proof. `why` is a sentence for an operator, without its full stop."""

    why: str


Found = Example | Impossible | CannotTell


def yes(condition: Condition) -> Wanted:
    return Wanted(condition, frozenset({Answer.YES}))


def not_yes(condition: Condition) -> Wanted:
    return Wanted(condition, frozenset({Answer.NO, Answer.UNKNOWN}))


def no(condition: Condition) -> Wanted:
    return Wanted(condition, frozenset({Answer.NO}))


def not_no(condition: Condition) -> Wanted:
    return Wanted(condition, frozenset({Answer.YES, Answer.UNKNOWN}))


def holds(example: Example, wanted: Sequence[Wanted], calendar: WorkCalendar) -> bool:
    """Whether the evaluator that decides about pay runs says so, too."""
    return all(
        answer(one.condition, example.values, calendar, example.now).answer in one.answers for one in wanted
    )
