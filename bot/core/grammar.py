"""One line of a rule, read against the words that its resource has.

The whole grammar (values are in literal.py):

    <field> is [not] <value>                     is [not] one of <value>, <value>
    is at most | at least | more than | less than <number>
    is before | after <moment, date or field>    is in the next N hours | days | working days
    was more than | less than N minutes | hours | days | working hours ago
    is none | missing | known

A field's type decides which of these it takes, so `cost is before Monday` is refused
here, when the file is loaded, and never met when money is at stake.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from bot.core.condition import Ago, Claim, Compared, Empty, HasValue, OneOf, Op, Ordered, Test, Unit, Within
from bot.core.hint import guess, listing
from bot.core.literal import Wall, parse_date, parse_literal, parse_wall
from bot.core.meant import in_our_words, several
from bot.core.money import Money
from bot.core.resource import Field, Scalar, Type

SHORT_FOR = {"cut-off": "input cut-off"}
"""Other ways to say a field."""

_UNCLEAR = ("total", "sum", "amount", "totalt", "summa", "belopp")
"""Nobody can say whose amount these are."""

_NUMBERS = (Type.MONEY, Type.COUNT, Type.PERCENT, Type.DURATION)
_TIMES = (Type.INSTANT, Type.DATE)
_EQUAL = (Type.STATUS, Type.TEXT, Type.FLAG, Type.DATE, *_NUMBERS)
_VERB = re.compile(r"\s+(is|was)\b", re.IGNORECASE)
_UNITS = {
    "minute": Unit.MINUTES,
    "hour": Unit.HOURS,
    "day": Unit.DAYS,
    "working hour": Unit.WORKING_HOURS,
    "working day": Unit.WORKING_DAYS,
}
_MOST = {Unit.WORKING_DAYS: 400, Unit.WORKING_HOURS: 400}
"""Counted through day by day on a work calendar, no further than two years: a working day may be short."""
_WITHIN_UNITS = {Type.INSTANT: ("minute", "hour", "day", "working day"), Type.DATE: ("day", "working day")}
_AGO_UNITS = {Type.INSTANT: ("minute", "hour", "day", "working hour"), Type.DATE: ("day",)}
_SAID_AS = {
    Type.STATUS: "a status",
    Type.MONEY: "an amount of money",
    Type.COUNT: "a count",
    Type.PERCENT: "a percentage",
    Type.DURATION: "a length of time",
    Type.INSTANT: "a moment",
    Type.DATE: "a date",
    Type.TEXT: "a text",
    Type.FLAG: "yes or no",
}


@dataclass(frozen=True, slots=True)
class Misread:
    """Why a line can't be read, with the part of it that is to blame."""

    message: str
    offset: int
    length: int


class _Stop(Exception):
    def __init__(self, message: str, at: "_Part") -> None:
        super().__init__(message)
        self.misread = Misread(message, at.offset, max(1, len(at.text)))


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of the line that knows where it stands."""

    text: str
    offset: int

    def after(self, count: int) -> "_Part":
        rest = self.text[count:]
        stripped = rest.lstrip()
        return _Part(stripped.rstrip(), self.offset + count + len(rest) - len(stripped))

    def opens_with(self, phrase: str) -> bool:
        return bool(re.match(rf"{re.escape(phrase)}(?:\s|$)", self.text, re.IGNORECASE))


def parse_claim(text: str, vocabulary: Mapping[str, Field], about: str) -> Claim | Misread:
    """Read one line about a resource of kind `about`, whose fields are `vocabulary`.

    `now` is one of them. What can't be read comes back as a sentence for the author,
    which ends with a line that could be read, where one is near.
    """
    read = _parse(text, vocabulary, about)
    if isinstance(read, Misread):
        return _with_guess(read, text, vocabulary, about)
    if read.field.type is Type.TEXT and (doubt := _is_no_text(read, vocabulary, about)):
        return Misread(doubt, 0, len(text))
    return read


def _is_no_text(read: Claim, vocabulary: Mapping[str, Field], about: str) -> str | None:
    """What else was meant by a line that would compare with a text: any words at all are one."""
    meant = in_our_words(read.text)
    again = _parse(meant, vocabulary, about)
    if isinstance(again, Claim) and not isinstance(again.test, type(read.test)):
        return f'this would look for those very words. Did you mean "{meant}"?'
    return _as_several(read.text, vocabulary, about)


def _with_guess(misread: Misread, text: str, vocabulary: Mapping[str, Field], about: str) -> Misread:
    meant = in_our_words(text)
    if isinstance(_parse(meant, vocabulary, about), Claim) and meant != " ".join(text.split()):
        before = misread.message.partition(" Did you mean ")[0].rstrip(".")
        message = f'{before}. Did you mean "{meant}"?'
    else:
        message = _as_several(text, vocabulary, about) or misread.message
    return Misread(message, misread.offset, misread.length)


def _as_several(text: str, vocabulary: Mapping[str, Field], about: str) -> str | None:
    """The sentence about a line that is several conditions; None where it is not."""
    for block, lines in several(text, [*vocabulary, *SHORT_FOR]):
        if all(isinstance(_parse(line, vocabulary, about), Claim) for line in lines):
            below = "" if block == "all" else ' below "any:"'
            said = "; ".join(f"- {line}" for line in lines)
            return f"a line is one condition; write each on a line of its own{below}: {said}"
    return None


def _parse(text: str, vocabulary: Mapping[str, Field], about: str) -> Claim | Misread:
    whole = _Part(text, 0).after(0)
    try:
        field, verb, rest = _field(whole, vocabulary, about)
        negated = verb == "is" and rest.opens_with("not")
        if negated:
            rest = rest.after(len("not"))
        if not rest.text:
            raise _Stop(f"something is missing after this; {_can_be(field)}", whole)
        test = _was(field, rest) if verb == "was" else _is(field, rest, vocabulary, about)
    except _Stop as stop:
        return stop.misread
    return Claim(" ".join(text.split()), field, test, negated)


def _field(whole: _Part, vocabulary: Mapping[str, Field], about: str) -> tuple[Field, str, _Part]:
    for name in sorted([*vocabulary, *SHORT_FOR], key=len, reverse=True):
        match = re.match(re.escape(name).replace(r"\ ", r"\s+"), whole.text, re.IGNORECASE)
        field = vocabulary.get(SHORT_FOR.get(name, name))
        if match and field and (verb := _VERB.match(whole.text, match.end())):
            return field, verb[1].lower(), whole.after(verb.end())
    verb = _VERB.search(whole.text)
    if verb is None:
        raise _Stop("a condition says what must hold, such as: status is open", whole)
    raise _Stop(
        unknown_field(whole.text[: verb.start()], vocabulary, about), _Part(whole.text[: verb.start()], 0)
    )


def unknown_field(word: str, vocabulary: Mapping[str, Field], about: str) -> str:
    """The sentence about a word that a kind of resource does not have."""
    article = "an" if about[:1] in "aeiou" else "a"
    message = f'"{word}" is not something {article} {about} has.'
    if word.lower() in _UNCLEAR and "cost" in vocabulary and "net pay" in vocabulary:
        return f"{message} Say which: cost is what leaves the employer, net pay what people receive."
    return message + (guess(word, vocabulary) or f" It has: {listing(sorted(vocabulary))}.")


def _can_be(field: Field) -> str:
    """What may be said about a field, for messages."""
    ways = []
    if field.type in _EQUAL:
        ways.append("is [one of] " + listing(field.words) if field.words else "is")
    if field.type is Type.FLAG:
        ways[-1] = "is yes, is no"
    if field.type in _NUMBERS:
        ways.append("is at most, is at least, is more than, is less than")
    if field.type in _TIMES:
        ways.append("is before, is after, is in the next, was more than … ago, was less than … ago")
    ways.append("is none, is missing, is known")
    return f"{field.name} is {_SAID_AS[field.type]} and takes: {'; '.join(ways)}"


def _refuse(field: Field, rest: _Part, phrase: str) -> _Stop:
    return _Stop(
        f'"{phrase}" can\'t be said of {field.name}; {_can_be(field)}',
        _Part(rest.text[: len(phrase)], rest.offset),
    )


def _is(field: Field, rest: _Part, vocabulary: Mapping[str, Field], about: str) -> Test:
    match " ".join(rest.text.lower().split()):
        case "none":
            return Empty(counts_zero=field.type is Type.COUNT)
        case "missing":
            return Empty(counts_zero=False)
        case "known":
            return HasValue()
    for op in Op:
        if rest.opens_with(op):
            if field.type not in _NUMBERS:
                raise _refuse(field, rest, op)
            return _compared(field, op, rest.after(len(op)))
    for word in ("before", "after"):
        if rest.opens_with(word):
            if field.type not in _TIMES:
                raise _refuse(field, rest, word)
            return Ordered(word == "after", _moment(rest.after(len(word)), vocabulary, about))
    if rest.opens_with("in the next"):
        if field.type not in _TIMES:
            raise _refuse(field, rest, "in the next")
        count, unit = _amount(rest.after(len("in the next")), _WITHIN_UNITS[field.type])
        return Within(count, unit)
    if field.type not in _EQUAL:
        raise _refuse(field, rest, rest.text)
    if rest.opens_with("one of"):
        return OneOf(tuple(_value(field, option) for option in _options(rest.after(len("one of")))))
    return OneOf((_value(field, rest),))


def _was(field: Field, rest: _Part) -> Test:
    if field.type not in _TIMES:
        raise _refuse(field, rest, rest.text)
    for op in (Op.MORE_THAN, Op.LESS_THAN):
        if rest.opens_with(op):
            length = rest.after(len(op))
            if not re.search(r"\sago$", length.text, re.IGNORECASE):
                raise _Stop('this ends with "ago", such as: was more than 30 minutes ago', length)
            count, unit = _amount(_Part(length.text[:-3].rstrip(), length.offset), _AGO_UNITS[field.type])
            return Ago(op is Op.MORE_THAN, count, unit)
    raise _Stop('"was" takes: more than … ago, less than … ago', rest)


def _compared(field: Field, op: Op, rest: _Part) -> Test:
    value = _value(field, rest)
    assert isinstance(value, Money | Decimal | int | timedelta)
    return Compared(op, value)


def _value(field: Field, rest: _Part) -> Scalar:
    if not rest.text:
        raise _Stop(f"a value is missing after this; {_can_be(field)}", rest)
    try:
        value = parse_literal(field, rest.text)
    except ValueError as error:
        raise _Stop(str(error), rest) from None
    assert not isinstance(value, Wall), "moments are compared by before and after"
    return value


def _moment(rest: _Part, vocabulary: Mapping[str, Field], about: str) -> Field | Wall | date:
    """What stands after "before" or "after": a field that is a time, a moment or a date."""
    name = " ".join(rest.text.lower().split())
    field = vocabulary.get(SHORT_FOR.get(name, name))
    if field is not None:
        if field.type not in _TIMES:
            raise _Stop(f"{field.name} is {_SAID_AS[field.type]}, which has no before and after", rest)
        return field
    if re.search(r"\d", rest.text) is None:
        times = [one.name for one in vocabulary.values() if one.type in _TIMES]
        near = guess(rest.text, times) or f" A {about} has: {listing(sorted(times))}."
        raise _Stop(f'"{rest.text}" is neither a moment nor a date.{near}', rest)
    try:
        return parse_wall(rest.text) if ":" in rest.text else parse_date(rest.text)
    except ValueError as error:
        raise _Stop(str(error), rest) from None


def _options(rest: _Part) -> list[_Part]:
    options, start = [], 0
    for piece in rest.text.split(","):
        options.append(_Part(rest.text[start : start + len(piece)], rest.offset + start).after(0))
        start += len(piece) + 1
    return options


def _amount(rest: _Part, allowed: tuple[str, ...]) -> tuple[int, Unit]:
    match = re.fullmatch(r"(\d{1,5})\s+([a-z ]+?)s?", rest.text.lower())
    word = " ".join(match[2].split()) if match else ""
    if match is None or word not in allowed or int(match[1]) == 0:
        raise _Stop(
            f"say how long, in {listing(f'{one}s' for one in allowed)}: such as 2 {allowed[-1]}s", rest
        )
    most = _MOST.get(_UNITS[word])
    if most is not None and int(match[1]) > most:
        raise _Stop(f"no rule looks that far: at most {most} {word}s", rest)
    return int(match[1]), _UNITS[word]
