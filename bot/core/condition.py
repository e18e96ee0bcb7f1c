"""Conditions: typed claims about one resource, answered yes, no or unknown.

Surprising here: an answer carries the next instant at which time alone may change it
(`until`), and blocks work that out exactly. A closed pay run whose first line says
"no, and time changes nothing" is never looked at again because of a deadline below.

A claim about what the vendor says is not there is no, also with "not" in it, except
`is missing` and `is none`. A claim about what nobody could read is unknown.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import assert_never

from bot.core.literal import Wall
from bot.core.money import CurrencyMismatch, Money
from bot.core.resource import MISSING, Field, Known, Missing, Scalar, Type, Unread, Value
from bot.core.seen import moment, plural, scalar, seen, span
from bot.core.workdays import DAY, WorkCalendar

TICK = timedelta(seconds=1)
"""How soon after an instant "after" begins to be looked at."""


class Answer(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class How(StrEnum):
    ALL = "all"
    ANY = "any"
    NOT = "not"


class Op(StrEnum):
    AT_MOST = "at most"
    AT_LEAST = "at least"
    MORE_THAN = "more than"
    LESS_THAN = "less than"


class Unit(StrEnum):
    MINUTES = "minute"
    HOURS = "hour"
    DAYS = "day"
    WORKING_HOURS = "working hour"
    WORKING_DAYS = "working day"


@dataclass(frozen=True, slots=True)
class Node:
    """One answered line of the tree that is kept for "why?".

    `saw` is the value in words; for unknown it is the reason. `until` is the next
    instant at which time alone may change the answer, None for never.
    """

    answer: Answer
    text: str
    saw: str = ""
    until: datetime | None = None
    children: tuple["Node", ...] = ()


@dataclass(frozen=True, slots=True)
class Empty:
    """`is missing`, `is none`."""

    counts_zero: bool


@dataclass(frozen=True, slots=True)
class HasValue:
    """`is known`."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """`is open`, `is one of open, approved`."""

    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """`is at most 10 %`."""

    op: Op
    value: Money | Decimal | int | timedelta


@dataclass(frozen=True, slots=True)
class Ordered:
    """`is after input cut-off`, `is before Fri 13 Nov 2026 15:00`."""

    after: bool
    other: Field | Wall | date


@dataclass(frozen=True, slots=True)
class Within:
    """`is in the next 5 working days`: from now, which is excluded, to the end of the last."""

    count: int
    unit: Unit


@dataclass(frozen=True, slots=True)
class Ago:
    """`was more than 30 minutes ago`: exactly 30 is neither more nor less."""

    more: bool
    count: int
    unit: Unit


Test = Empty | HasValue | OneOf | Compared | Ordered | Within | Ago


@dataclass(frozen=True, slots=True)
class Claim:
    """One line of a rule: a field and what must be true of it."""

    text: str
    field: Field
    test: Test
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    how: How
    parts: tuple["Condition", ...]


Condition = Claim | Block


def claims(condition: Condition) -> Iterator[Claim]:
    """Every line of a condition, in its order."""
    match condition:
        case Claim():
            yield condition
        case Block():
            for part in condition.parts:
                yield from claims(part)


def names(condition: Condition) -> frozenset[str]:
    """Every field a condition looks at, on either side."""
    found = set()
    for claim in claims(condition):
        found.add(claim.field.name)
        if isinstance(claim.test, Ordered) and isinstance(claim.test.other, Field):
            found.add(claim.test.other.name)
    return frozenset(found)


def answer(condition: Condition, values: Mapping[str, Value], calendar: WorkCalendar, now: datetime) -> Node:
    """Answer a condition about one resource, keeping the whole tree.

    `values` are the resource's, its deadlines and its facts by name; `now` is a
    field of every resource and need not be among them.
    """
    match condition:
        case Claim():
            return _Claimed(condition, {**values, "now": Known(now)}, calendar, now).node()
        case Block(how, parts):
            return combine(how, tuple(answer(part, values, calendar, now) for part in parts))


def combine(how: How, children: tuple[Node, ...]) -> Node:
    """The three-valued all, any and not.

    All of nothing is yes. While one "no" decides an `all`, it stays no until every
    "no" in it may have changed; so with "yes" and `any`.
    """
    if how is How.NOT:
        (inner,) = children
        flipped = {Answer.YES: Answer.NO, Answer.NO: Answer.YES}.get(inner.answer, Answer.UNKNOWN)
        return Node(flipped, "this does not hold", "", inner.until, children)
    decisive, otherwise = (Answer.NO, Answer.YES) if how is How.ALL else (Answer.YES, Answer.NO)
    answers = [child.answer for child in children]
    text = "all of these hold" if how is How.ALL else "any of these holds"
    if decisive in answers:
        untils = [child.until for child in children if child.answer is decisive]
        last = None if None in untils else max(until for until in untils if until is not None)
        return Node(decisive, text, _tally(answers), last, children)
    result = Answer.UNKNOWN if Answer.UNKNOWN in answers else otherwise
    return Node(result, text, _tally(answers), earliest(*(child.until for child in children)), children)


def earliest(*instants: datetime | None) -> datetime | None:
    return min((instant for instant in instants if instant is not None), default=None)


def _tally(answers: list[Answer]) -> str:
    counts = [(word, answers.count(word)) for word in (Answer.YES, Answer.NO, Answer.UNKNOWN)]
    return ", ".join(f"{count} {word}" for word, count in counts if count)


@dataclass(frozen=True, slots=True)
class _Claimed:
    """One claim, being answered."""

    claim: Claim
    values: Mapping[str, Value]
    calendar: WorkCalendar
    now: datetime

    def node(self) -> Node:
        test = self.claim.test
        value = self.values.get(self.claim.field.name, MISSING)
        if isinstance(value, Unread):
            return self._unknown(value.why)
        saw = seen(value, self.calendar, self.now)
        if isinstance(test, Empty):
            zero = test.counts_zero and isinstance(value, Known) and value.value == 0
            return self._said(isinstance(value, Missing) or zero, saw)
        if isinstance(value, Missing):
            # "is not known" is the one claim with a "not" that is true of nothing.
            return Node(_yes_no(isinstance(test, HasValue) and self.claim.negated), self.claim.text, saw)
        known = value.value
        match test:
            case HasValue():
                return self._said(True, saw)
            case OneOf(options):
                return self._one_of(known, options, saw)
            case Compared(op, limit):
                return self._compared(known, op, limit, saw)
            case Ordered():
                return self._ordered(known, test)
            case Within():
                return self._within(known, test, saw)
            case Ago():
                return self._ago(known, test)
            case _:
                assert_never(test)

    def _said(self, holds: bool, saw: str, until: datetime | None = None) -> Node:
        if until is not None and until <= self.now:
            until = None
        return Node(_yes_no(holds is not self.claim.negated), self.claim.text, saw, until)

    def _unknown(self, why: str, until: datetime | None = None) -> Node:
        return Node(Answer.UNKNOWN, self.claim.text, why, until)

    def _one_of(self, known: Scalar, options: tuple[Scalar, ...], saw: str) -> Node:
        if isinstance(known, Money):
            others = [option for option in options if isinstance(option, Money)]
            if any(option.currency != known.currency for option in others):
                return self._unknown(f"{known.plain()} is in another currency")
        folded = known.casefold() if isinstance(known, str) else known
        return self._said(folded in [o.casefold() if isinstance(o, str) else o for o in options], saw)

    def _compared(self, known: Scalar, op: Op, limit: Money | Decimal | int | timedelta, saw: str) -> Node:
        try:
            order = _order(known, limit)
        except CurrencyMismatch:
            return self._unknown(f"{saw} is in another currency")
        holds = {
            Op.AT_MOST: order <= 0,
            Op.AT_LEAST: order >= 0,
            Op.MORE_THAN: order > 0,
            Op.LESS_THAN: order < 0,
        }
        return self._said(holds[op], saw)

    def _ordered(self, known: Scalar, test: Ordered) -> Node:
        left, right = self._time(known), self._other(test.other)
        if isinstance(right, Unread):
            return self._unknown(right.why)
        saw = scalar(left, self.calendar, self.now)
        if right is None:
            assert isinstance(test.other, Field)
            return Node(Answer.NO, self.claim.text, f"{saw}, no {test.other.name}")
        saw = f"{saw}, {_short(test.other)}{scalar(right, self.calendar, self.now)}"
        by_day = not (isinstance(left, datetime) and isinstance(right, datetime))
        a, b = (self._day(left), self._day(right)) if by_day else (left, right)
        holds = a > b if test.after else a < b
        return self._said(holds, saw, self._crossing(test, left, right, by_day))

    def _crossing(
        self, test: Ordered, left: date | datetime, right: date | datetime, by_day: bool
    ) -> datetime | None:
        """When the clock passes the other side; None where neither side is `now`."""
        now_is_right = isinstance(test.other, Field) and test.other.name == "now"
        if self.claim.field.name == "now":
            fixed, becomes_true = right, test.after
        elif now_is_right:
            fixed, becomes_true = left, not test.after
        else:
            return None
        # What time makes true ("now is after") begins past the instant; what it ends, on it.
        if by_day:
            day = self._day(fixed)
            return self.calendar.end_of(day) if becomes_true else self.calendar.start_of(day)
        assert isinstance(fixed, datetime)
        return fixed + TICK if becomes_true and fixed >= self.now else fixed

    def _within(self, known: Scalar, test: Within, saw: str) -> Node:
        value = self._time(known)
        if isinstance(value, datetime) and test.unit in (Unit.HOURS, Unit.MINUTES):
            length = timedelta(hours=test.count) if test.unit is Unit.HOURS else timedelta(minutes=test.count)
            begins, ends = value - length, value
        else:
            begins = self.calendar.start_of(self._first_day_before(self._day(value), test))
            ends = value if isinstance(value, datetime) else self.calendar.end_of(value)
        return self._said(begins <= self.now < ends, saw, begins if self.now < begins else ends)

    def _first_day_before(self, day: date, test: Within) -> date:
        """The earliest day from which `day` lies within the next so many."""
        if test.unit is Unit.DAYS:
            return day - (test.count - 1) * DAY
        return self.calendar.working_days_before(day, test.count) + DAY

    def _ago(self, known: Scalar, test: Ago) -> Node:
        value = self._time(known)
        if not isinstance(value, datetime):
            passed = (self.calendar.today(self.now) - value).days
            turns = self.calendar.start_of(value + (test.count + (1 if test.more else 0)) * DAY)
            saw = f"{scalar(value, self.calendar)}, {plural(passed, 'day')}"
            return self._said(passed > test.count if test.more else passed < test.count, saw, turns)
        saw = moment(value, self.calendar, self.now)
        if value > self.now:
            return self._unknown(f"{saw} is in the future by our clock", value)
        if test.unit is Unit.WORKING_HOURS:
            age = self.calendar.working_time_between(value, self.now)
            length = timedelta(hours=test.count)
            turns = self.calendar.when_worked(value, length, at_last=test.more)
        else:
            age = self.now - value
            length = test.count * _LENGTH[test.unit]
            turns = value + length
        if test.more and turns >= self.now:
            turns += TICK
        return self._said(age > length if test.more else age < length, f"{saw}, {span(age)}", turns)

    def _time(self, known: Scalar) -> date | datetime:
        assert isinstance(known, date), f"{self.claim.field.name} is not a time"
        return known

    def _day(self, value: date | datetime) -> date:
        return self.calendar.today(value) if isinstance(value, datetime) else value

    def _other(self, other: Field | Wall | date) -> date | datetime | Unread | None:
        match other:
            case Wall(day, at):
                return self.calendar.instant(day or self.calendar.today(self.now), at)
            case Field(name=name):
                value = self.values.get(name, MISSING)
                if isinstance(value, Known):
                    return self._time(value.value)
                return value if isinstance(value, Unread) else None
            case _:
                return other


_LENGTH = {
    Unit.MINUTES: timedelta(minutes=1),
    Unit.HOURS: timedelta(hours=1),
    Unit.DAYS: timedelta(days=1),
}


def _yes_no(holds: bool) -> Answer:
    return Answer.YES if holds else Answer.NO


def _short(other: Field | Wall | date) -> str:
    """`cut-off 15:00`: the other field's last word, where there is a field."""
    if isinstance(other, Field) and other.type in (Type.INSTANT, Type.DATE):
        return f"{other.name.rsplit(' ', 1)[-1]} "
    return ""


def _order(known: Scalar, limit: Money | Decimal | int | timedelta) -> int:
    """-1, 0 or 1. Raises CurrencyMismatch; other mixtures can't pass the loader."""
    match known, limit:
        case (Money(), Money()):
            return -1 if known < limit else int(limit < known)
        case (timedelta(), timedelta()):
            return -1 if known < limit else int(limit < known)
        case (int() | Decimal(), int() | Decimal()):
            return -1 if known < limit else int(limit < known)
        case _:
            raise AssertionError(f"{known!r} and {limit!r} cannot be compared")
