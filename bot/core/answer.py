"""Answering a condition about one resource.

A condition is made into one function, once, and that is called for each resource: what a
rule says is the same each time. Nothing is put into words here but why an answer is
unknown; `explain` does that for the few decisions that somebody asks about.

A claim about what the vendor says is not there is no, also with "not" in it, except
`is missing` and `is none`. A claim about what nobody could read is unknown.
"""

import operator
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, assert_never

from bot.core import answer_time, words
from bot.core.condition import (
    Ago,
    Answer,
    Block,
    Claim,
    Compared,
    Condition,
    Empty,
    Given,
    HasValue,
    How,
    OneOf,
    Op,
    Ordered,
    Within,
)
from bot.core.money import CurrencyMismatch, Money
from bot.core.resource import MISSING, Known, Missing, Scalar, Unread, Value
from bot.core.words import say
from bot.core.workdays import WorkCalendar

Values = Mapping[str, Value]
Answering = Callable[[Values, WorkCalendar, datetime], Given]
"""Answers one condition: of a resource's values, deadlines and facts by name, and of the time.

`now` is a field of every resource and need not be among the values.
"""
_AboutKnown = Callable[[Any, Values, WorkCalendar, datetime], Given]
"""Answers one claim about a value that is known."""

_IN_ORDER: Mapping[Op, Callable[[Any, Any], bool]] = {
    Op.AT_MOST: operator.le,
    Op.AT_LEAST: operator.ge,
    Op.MORE_THAN: operator.gt,
    Op.LESS_THAN: operator.lt,
}
_YES, _NO, _UNKNOWN = Given(Answer.YES), Given(Answer.NO), Given(Answer.UNKNOWN)
_OTHER = {Answer.YES: Answer.NO, Answer.NO: Answer.YES, Answer.UNKNOWN: Answer.UNKNOWN}


def answer(condition: Condition, values: Values, calendar: WorkCalendar, now: datetime) -> Given:
    """Answer a condition once. Who asks it often keeps its `answering`."""
    return answering(condition)(values, calendar, now)


def answering(condition: Condition) -> Answering:
    """The function that answers a condition."""
    match condition:
        case Claim():
            return _claim(condition)
        case Block(how, parts):
            return combined(how, tuple(answering(part) for part in parts))


def combined(how: How, parts: tuple[Answering, ...]) -> Answering:
    """The three-valued all, any and not.

    All of nothing is yes. While one "no" decides an `all`, it stays no until every
    "no" in it may have changed; so with "yes" and `any`. What is decided for ever is
    not asked any further.
    """
    if how is How.NOT:
        return _flipped(*parts)
    decisive, otherwise = (_NO, _YES) if how is How.ALL else (_YES, _NO)
    decides, leaves_open = decisive.answer, Answer.UNKNOWN

    def answered(values: Values, calendar: WorkCalendar, now: datetime) -> Given:
        result = otherwise
        last: datetime | None = None
        soonest: datetime | None = None
        for part in parts:
            said, until, _ = part(values, calendar, now)
            if said is decides:
                if until is None:
                    return decisive
                if last is None or until > last:
                    last = until
            elif said is leaves_open:
                result = _UNKNOWN
            if until is not None and (soonest is None or until < soonest):
                soonest = until
        if last is not None:
            return Given(decides, last)
        return result if soonest is None else Given(result.answer, soonest)

    return answered


def _flipped(part: Answering) -> Answering:
    def answered(values: Values, calendar: WorkCalendar, now: datetime) -> Given:
        said, until, _ = part(values, calendar, now)
        return Given(_OTHER[said], until)

    return answered


def _claim(claim: Claim) -> Answering:
    name = claim.field.name
    yes, no = (_NO, _YES) if claim.negated else (_YES, _NO)
    if isinstance(claim.test, Empty):
        return _empty(name, claim.test, yes, no)
    about_known = _about_known(claim, yes, no)
    # "is not known" is the one claim with a "not" that is true of nothing.
    absent = no if isinstance(claim.test, HasValue) else _NO

    def answered(values: Values, calendar: WorkCalendar, now: datetime) -> Given:
        value = values.get(name, MISSING)
        if isinstance(value, Known):
            return about_known(value.value, values, calendar, now)
        return Given(Answer.UNKNOWN, None, value.why) if isinstance(value, Unread) else absent

    def of_the_clock(values: Values, calendar: WorkCalendar, now: datetime) -> Given:
        return about_known(now, values, calendar, now)

    return of_the_clock if name == "now" else answered


def _empty(name: str, test: Empty, yes: Given, no: Given) -> Answering:
    def answered(values: Values, calendar: WorkCalendar, now: datetime) -> Given:
        value = values.get(name, MISSING)
        if isinstance(value, Unread):
            return Given(Answer.UNKNOWN, None, value.why)
        return yes if isinstance(value, Missing) or (test.counts_zero and value.value == 0) else no

    return answered


def _about_known(claim: Claim, yes: Given, no: Given) -> _AboutKnown:
    match claim.test:
        case HasValue():
            return lambda known, values, calendar, now: yes
        case OneOf() as test:
            return _one_of(test, yes, no)
        case Compared() as test:
            return _compared(test, yes, no)
        case Ordered() as test:
            return answer_time.ordered(claim.field, test, yes, no)
        case Within() as test:
            return answer_time.within(test, yes, no)
        case Ago() as test:
            return answer_time.ago(test, yes, no)
        case Empty():
            raise AssertionError("answered without a value")
        case _:
            assert_never(claim.test)


def _one_of(test: OneOf, yes: Given, no: Given) -> _AboutKnown:
    options = frozenset(_folded(one) for one in test.values)
    currencies = {one.currency for one in test.values if isinstance(one, Money)}

    def answered(known: Scalar, values: Values, calendar: WorkCalendar, now: datetime) -> Given:
        if isinstance(known, Money) and currencies != {known.currency}:
            return _in_another_currency(known)
        return yes if _folded(known) in options else no

    return answered


def _folded(one: Scalar) -> Scalar:
    return one.casefold() if isinstance(one, str) else one


def _compared(test: Compared, yes: Given, no: Given) -> _AboutKnown:
    is_so, limit = _IN_ORDER[test.op], test.value

    def answered(known: Scalar, values: Values, calendar: WorkCalendar, now: datetime) -> Given:
        try:
            return yes if is_so(known, limit) else no
        except CurrencyMismatch:
            assert isinstance(known, Money)
            return _in_another_currency(known)

    return answered


def _in_another_currency(known: Money) -> Given:
    return Given(Answer.UNKNOWN, None, say("{amount} is in another currency", amount=words.plain(known)))
