"""Conditions in words. Brackets stand only where a list would run into the list around it."""

from datetime import date

from bot.core.condition import (
    Ago,
    Block,
    Claim,
    Compared,
    Condition,
    Empty,
    HasValue,
    How,
    OneOf,
    Ordered,
    Within,
)
from bot.core.literal import Wall
from bot.core.resource import Field
from bot.core.sentence import values
from bot.core.sentence.language import Language
from bot.core.sentence.normal import normal


def condition_in_words(condition: Condition, language: Language) -> str:
    """`status is open, (a or b), and not (c)`."""
    return _words(language, normal(condition))


def any_of(conditions: tuple[Condition, ...], language: Language) -> str:
    return condition_in_words(Block(How.ANY, conditions), language)


def _words(language: Language, condition: Condition) -> str:
    match condition:
        case Claim():
            return _claim(language, condition)
        case Block(How.NOT, (inner,)):
            return language.say("not", inner=_words(language, inner))
        case Block(How.ANY, parts):
            return language.phrases["or"].join(_within(language, part, in_any=True) for part in parts)
        case Block(_, parts):
            said = [_within(language, part, in_any=False) for part in parts]
            if len(said) < 2:  # nothing at all; one line is no block any more
                return "".join(said)
            # "a or b and c" would leave open what the "or" is between.
            last = language.phrases["and after or" if any(map(_has_or, parts)) else "and"]
            return last.join([", ".join(said[:-1]), said[-1]])


def _within(language: Language, part: Condition, *, in_any: bool) -> str:
    words = _words(language, part)
    is_list = isinstance(part, Block) and part.how is not How.NOT
    return language.say("bracket", inner=words) if is_list or (in_any and _has_or(part)) else words


def _has_or(part: Condition) -> bool:
    return isinstance(part, Claim) and isinstance(part.test, OneOf) and len(part.test.values) > 1


def _claim(language: Language, claim: Claim) -> str:
    phrase, said = _said(language, claim)
    return language.say(
        f"{phrase}, not" if claim.negated else phrase,
        field=language.field(claim.field),
        subject=language.subject(claim.field),
        **said,
    )


def _said(language: Language, claim: Claim) -> tuple[str, dict[str, str]]:
    """The phrase for a line, and what it says besides its field."""
    field = claim.field
    match claim.test:
        case Empty(counts_zero):
            return "is none" if counts_zero else "is missing", {}
        case HasValue():
            return "is known", {}
        case OneOf((bool() as known,)):
            return f"is {'yes' if known else 'no'}", {}
        case OneOf(options):
            joined = "nor" if claim.negated else "or"
            said = language.phrases[joined].join(values.value(language, field, one) for one in options)
            return "is" if len(options) == 1 else "is one of", {"value": said}
        case Compared(op, value):
            return f"is {op}", {"value": values.value(language, field, value)}
        case Ordered(after, other):
            return "is after" if after else "is before", {"value": _other(language, other)}
        case Within(count, unit):
            return "is within", {"value": language.length(count, unit)}
        case Ago(more, count, unit):
            return f"was {'more' if more else 'less'} ago", {"value": language.length(count, unit)}


def _other(language: Language, other: Field | Wall | date) -> str:
    match other:
        case Field():
            return language.subject(other)
        case Wall():
            return values.moment(language, other)
        case _:
            return values.day(language, other)
