"""The edges of one condition: what must be answered exactly at it, a step over and a step under.

What is right is taken from the words of the line, by the small tables here, and from a
count of days on the calendar. The evaluator has no part in it, or it would prove itself.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from bot.core.condition import Answer, Claim
from bot.core.grammar import SHORT_FOR
from bot.core.literal import parse_literal
from bot.core.money import Money
from bot.core.resource import MISSING, Field, Known, Scalar, Type, Unread, Value
from bot.core.seen import scalar
from bot.core.workdays import WorkCalendar

YES, NO, UNKNOWN = Answer.YES, Answer.NO, Answer.UNKNOWN
NOBODY_READ_IT = Unread("nobody has read it")
_MEANS = {
    "at most": (YES, YES, NO),
    "at least": (NO, YES, YES),
    "more than": (NO, NO, YES),
    "less than": (YES, NO, NO),
    "": (NO, YES, NO),
}
"""What is right a step under, exactly at, and a step over."""
_STEPS: Mapping[Type, Decimal | int | timedelta] = {
    Type.MONEY: Decimal("0.01"),
    Type.PERCENT: Decimal("0.01"),
    Type.COUNT: 1,
    Type.DURATION: timedelta(seconds=1),
}
_NOTHING = ("none", "missing")


@dataclass(frozen=True, slots=True)
class Edge:
    """One case: what is put in place, and the answer that is right. `now` is None for any time."""

    about: str
    values: Mapping[str, Value]
    right: Answer
    now: datetime | None = field(default=None)


@dataclass(frozen=True, slots=True)
class Said:
    """The words of a line, after its field."""

    verb: str
    negated: bool
    words: str


def said_of(claim: Claim) -> Said:
    names = [claim.field.name, *(short for short, name in SHORT_FOR.items() if name == claim.field.name)]
    ways = "|".join(re.escape(name) for name in names)
    match = re.fullmatch(rf"(?:{ways}) (is|was) (not )?(.+)", claim.text, re.IGNORECASE)
    assert match is not None, f"{claim.text!r} does not begin with its field"
    return Said(match[1].lower(), bool(match[2]), match[3])


def value_edges(claim: Claim, calendar: WorkCalendar) -> Iterator[Edge]:
    """The edges of a claim about anything but a time; and of any, what is unread and what is not there."""
    said, name = said_of(claim), claim.field.name
    if name != "now":
        yield Edge(f"{name} unknown", {name: NOBODY_READ_IT}, UNKNOWN)
        empty = said.words.lower() in _NOTHING
        none_is_right = (empty and not said.negated) or (said.words.lower() == "known" and said.negated)
        yield Edge(f"{name} missing", {name: MISSING}, YES if none_is_right else NO)
    if said.words.lower() in (*_NOTHING, "known"):
        yield from _there_or_not(claim.field, said)
    elif claim.field.type in _STEPS:
        yield from _numbers(claim.field, said, calendar)
    elif claim.field.type not in (Type.INSTANT, Type.DATE):
        yield from _words(claim.field, said)


def _edge(field: Field, value: Scalar, right: Answer, said: Said, shown: str) -> Edge:
    return Edge(
        f"{field.name} {shown}", {field.name: Known(value)}, flipped(right) if said.negated else right
    )


def flipped(right: Answer) -> Answer:
    return {YES: NO, NO: YES}.get(right, UNKNOWN)


def _there_or_not(field: Field, said: Said) -> Iterator[Edge]:
    """`is none`, `is missing`, `is known`, of values that are there."""
    is_there = said.words.lower() == "known"
    if field.type is Type.COUNT:
        zero_is_none = said.words.lower() == "none"
        yield _edge(field, 0, YES if zero_is_none or is_there else NO, said, "0")
        yield _edge(field, 1, YES if is_there else NO, said, "1")
    elif field.words:
        yield _edge(field, field.words[0], YES if is_there else NO, said, field.words[0])


def _numbers(field: Field, said: Said, calendar: WorkCalendar) -> Iterator[Edge]:
    way = next((one for one in _MEANS if one and said.words.lower().startswith(f"{one} ")), "")
    written = said.words[len(way) :].strip()
    if written.lower().startswith("one of "):
        return
    at = parse_literal(field, written)
    for steps, right in zip((-1, 0, 1), _MEANS[way], strict=True):
        value = _moved(at, steps * _STEPS[field.type])
        if not (isinstance(value, int) and value < 0):
            yield _edge(field, value, right, said, scalar(value, calendar))
    if isinstance(at, Money):
        other = Money(at.amount, "EUR" if at.currency != "EUR" else "SEK")
        yield Edge(f"{field.name} {other.plain()}", {field.name: Known(other)}, UNKNOWN)


def _moved(value: object, by: object) -> Scalar:
    match value, by:
        case Money(amount, currency), Decimal():
            return Money(amount + by, currency)
        case Decimal(), Decimal():
            return value + by
        case timedelta(), timedelta():
            return value + by
        case int(), int():
            return value + by
        case _:
            raise AssertionError(f"{value!r} has no step of {by!r}")


def _words(field: Field, said: Said) -> Iterator[Edge]:
    """A status, a text, yes or no: each word that is named, and one that is not."""
    several = said.words.lower().startswith("one of ")
    listed = said.words[len("one of ") :].split(",") if several else [said.words]
    named = [parse_literal(field, one.strip()) for one in listed]
    others: tuple[Scalar, ...] = (
        (True, False) if field.type is Type.FLAG else field.words or ("another text",)
    )
    for value in dict.fromkeys([*named, *others]):
        assert isinstance(value, str | bool), "other types have steps, or are times"
        shown = ("yes" if value else "no") if isinstance(value, bool) else value
        yield _edge(field, value, YES if value in named else NO, said, shown)
