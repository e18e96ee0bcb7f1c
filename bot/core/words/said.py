"""Texts that people read: written in English, and said again in the language of whoever reads.

A `Said` is its English text, so that whatever only passes it on (a log, the record, a
program) sees plain text. It knows how it was made, and `translated` makes it again in
another language: the message by the catalogue, and each amount, day and time as they are
written there. A text that is put together with `+` or an f-string has forgotten how; so a
sentence is made with `say`, and a list with `joined`.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any, Literal, Protocol, TypeVar, cast, get_args

from bot.core.money import Money
from bot.core.words import forms
from bot.core.words.catalogue import catalogue

LanguageCode = Literal["en", "sv"]
LANGUAGES: tuple[str, ...] = get_args(LanguageCode)
ENGLISH = "en"
_NAMED = re.compile(r"\{([a-z][a-z0-9_]*)\}")

T = TypeVar("T")


class Made(Protocol):
    """How a text was made."""

    def text(self, language: str) -> str: ...


class Said(str):
    """A text that can be said in another language."""

    __slots__ = ("made",)
    made: Made

    def __new__(cls, made: Made) -> "Said":
        said = super().__new__(cls, made.text(ENGLISH))
        said.made = made
        return said

    def __reduce__(self) -> "tuple[type[Said], tuple[Made]]":
        return Said, (self.made,)

    def in_(self, language: str) -> str:
        return str(self) if language == ENGLISH else self.made.text(language)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A message with its parts by name. `many` is what it says of another `count` than one."""

    message: str
    parts: Mapping[str, object]
    many: str = ""
    count: int = 1

    def text(self, language: str) -> str:
        parts = {name: part_in(part, language) for name, part in self.parts.items()}
        message = catalogue(language).message(self.message, self.many, self.count)
        return "".join(filled(message, parts))


@dataclass(frozen=True, slots=True)
class Each:
    """A text that was made in each language on its own, as a rule that is read aloud."""

    texts: Mapping[str, str]

    def text(self, language: str) -> str:
        return self.texts[language]


@dataclass(frozen=True, slots=True)
class Lower:
    """A text inside a sentence: its first letter small."""

    of: str

    def text(self, language: str) -> str:
        said = part_in(self.of, language)
        return said[:1].lower() + said[1:]


@dataclass(frozen=True, slots=True)
class Upper:
    """A text that begins a sentence: its first letter big."""

    of: str

    def text(self, language: str) -> str:
        said = part_in(self.of, language)
        return said[:1].upper() + said[1:]


@dataclass(frozen=True, slots=True)
class Joined:
    """Texts one after another; with `last` before the last one: `a, b and c`."""

    items: tuple[object, ...]
    between: str
    last: str | None = None

    def text(self, language: str) -> str:
        said = [part_in(one, language) for one in self.items]
        between = part_in(self.between, language)
        if self.last is None or len(said) < 2:
            return between.join(said)
        return f"{between.join(said[:-1])} {part_in(self.last, language)} {said[-1]}"


@dataclass(frozen=True, slots=True)
class Sum:
    """An amount as the function of this name in `forms` writes it."""

    value: Money
    form: str = "money"

    def text(self, language: str) -> str:
        match self.form:
            case "amount":
                return forms.amount(self.value, language)
            case "plain":
                return forms.plain(self.value, language)
            case "signed":
                return forms.signed(self.value, language)
        return forms.money(self.value, language)


@dataclass(frozen=True, slots=True)
class Percent:
    value: Decimal
    is_signed: bool = True

    def text(self, language: str) -> str:
        said = forms.percent(self.value, language)
        return said if self.is_signed or said[0].isdigit() else said[1:]


@dataclass(frozen=True, slots=True)
class Day:
    value: date
    has_year: bool = False

    def text(self, language: str) -> str:
        return forms.day_and_year(self.value, language) if self.has_year else forms.day(self.value, language)


@dataclass(frozen=True, slots=True)
class Moment:
    value: datetime
    zone: tzinfo
    is_clock: bool = False
    """Only the time of day."""

    def text(self, language: str) -> str:
        return (forms.clock if self.is_clock else forms.moment)(self.value, self.zone, language)


def say(message: str, **parts: object) -> Said:
    """A sentence. Its message is in the catalogues as it stands here, with `{name}` for each part.

    A part is a text, a number, an amount, a day, or another `Said`; an instant is given as
    `moment` or `clock`, which know their zone.
    """
    return Said(Sentence(message, parts))


def say_many(count: int, one: str, many: str, **parts: object) -> Said:
    """The first sentence of one, the second of another count; both may name `{count}`."""
    return Said(Sentence(one, {"count": count, **parts}, many, count))


def joined(items: Iterable[object], between: str = ", ", last: str | None = None) -> Said:
    """`a, b, c`; with `last=say("and")`, `a, b and c`."""
    return Said(Joined(tuple(items), between, last))


def in_each(make: Callable[[LanguageCode], str]) -> Said:
    """A text that is made in each language on its own."""
    return Said(Each({language: make(language) for language in get_args(LanguageCode)}))


def lower(text: str) -> Said:
    """A text inside a sentence: its first letter small. `Close` is `close`."""
    return Said(Lower(text))


def upper(text: str) -> Said:
    """A text that begins a sentence: its first letter big. `closed` is `Closed`."""
    return Said(Upper(text))


def part_in(part: object, language: str) -> str:
    """One part of a text as it is written in a language. Raises TypeError for an instant without a zone."""
    match part:
        case Said():
            return part.in_(language)
        case Money():
            return forms.money(part, language)
        case datetime():
            raise TypeError("an instant is said with its zone: use moment or clock")
        case date():
            return forms.day(part, language)
    return str(part)


def told_by(error: Exception) -> str:
    """What an error says, still to be said in another language: `str` of it has forgotten that."""
    first = error.args[0] if error.args else None
    return first if isinstance(first, Said) else str(error)


def filled(message: str, parts: Mapping[str, str]) -> Iterator[str]:
    """The pieces of a message with its parts put in. Only a name is looked up, and nothing of it.

    Raises ValueError for a name without a part.
    """
    for number, piece in enumerate(_NAMED.split(message)):
        if number % 2 and piece not in parts:
            raise ValueError(f"{message!r} names {piece}, which is not among its parts")
        yield parts[piece] if number % 2 else piece


def translated(value: T, language: str) -> T:
    """The same, with every text in it that can be said in this language said so.

    It looks into dataclasses, tuples, lists and dicts; anything else is kept as it is.
    """
    return value if language == ENGLISH else cast(T, _translated(value, language))


def _translated(value: Any, language: str) -> Any:
    match value:
        case Said():
            return value.in_(language)
        case str():
            return value
        case tuple() if type(value) is tuple:
            there = tuple(_translated(one, language) for one in value)
            return there if any(new is not old for new, old in zip(there, value, strict=True)) else value
        case list():
            return [_translated(one, language) for one in value]
        case dict():
            return {name: _translated(one, language) for name, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type | Money):
        before = {one.name: getattr(value, one.name) for one in fields(value) if one.init}
        after = {name: _translated(one, language) for name, one in before.items()}
        changed = {name: one for name, one in after.items() if one is not before[name]}
        return replace(value, **changed) if changed else value
    return value
