"""Conditions: typed claims about one resource, and blocks of them, answered yes, no or unknown.

Surprising here: an answer carries the next instant at which time alone may change it
(`until`), and blocks work that out exactly. A closed pay run whose first line says
"no, and time changes nothing" is never looked at again because of a deadline below.

`answer` answers a condition; `explain` says why, line by line.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from bot.core.literal import Wall
from bot.core.money import Money
from bot.core.resource import Field, Scalar


class Answer(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Given(NamedTuple):
    """An answer. `until` is the next instant at which time alone may change it, None for never."""

    answer: Answer
    until: datetime | None = None
    why: str = ""
    """Why a claim is unknown."""


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


def earliest(*instants: datetime | None) -> datetime | None:
    return min((instant for instant in instants if instant is not None), default=None)
