"""The lines that a rule may have about one kind of resource, as a JSON Schema.

A line is one text, so that it is told by patterns: one for each field, by its type. In any
case of letters, since the reader takes any; editors show `patternErrorMessage` instead.
"""

import re
from collections.abc import Mapping
from typing import Any

from bot.core.grammar import SHORT_FOR
from bot.core.resource import Field, Type

_NUMBERS = (Type.MONEY, Type.COUNT, Type.PERCENT, Type.DURATION)
_TIMES = (Type.INSTANT, Type.DATE)
_EXAMPLES = {
    Type.MONEY: "is at most 20 000 SEK",
    Type.COUNT: "is at least 1",
    Type.PERCENT: "is at most 10 %",
    Type.DURATION: "is less than 2 hours",
    Type.INSTANT: "is in the next 2 working days",
    Type.DATE: "is in the next 5 working days",
    Type.TEXT: "is known",
    Type.FLAG: "is no",
}


def line_of(kind: str, fields: Mapping[str, Field]) -> dict[str, Any]:
    """One line about a kind of resource; each field's way is described with its help and its source."""
    ways = [_way(kind, field) for field in fields.values()]
    begins = "|".join(_anyhow(name) for one in fields.values() for name in _names(one))
    return {
        "type": "string",
        "pattern": rf"^\s*(?:{begins})\s+(?:{_anyhow('is')}|{_anyhow('was')})\s+\S",
        "patternErrorMessage": f"This is not a line about a {kind}, such as: {ways[-1]['examples'][0]}",
        "description": f"One line about a {kind}: a field, and what must hold of it.",
        "examples": [way["examples"][0] for way in ways],
        "anyOf": ways,
    }


def _way(kind: str, field: Field) -> dict[str, Any]:
    names = "|".join(_anyhow(name) for name in _names(field))
    example = f"{field.name} {_EXAMPLES.get(field.type) or f'is {field.words[0]}'}"
    return {
        "title": field.name,
        "description": f"{field.help} ({field.type}; {kind}: {field.source})",
        "pattern": rf"^\s*(?:{names})\s+(?:{'|'.join(_claims(field))})\s*$",
        "patternErrorMessage": f"{field.name} is a {field.type}; write for example: {example}",
        "examples": [example],
    }


def _names(field: Field) -> tuple[str, ...]:
    return (field.name, *(short for short, name in SHORT_FOR.items() if name == field.name))


def _claims(field: Field) -> list[str]:
    """Patterns of all that may follow the field's name."""
    is_, was, maybe_not = _anyhow("is"), _anyhow("was"), rf"(?:{_anyhow('not')}\s+)?"
    nothing = "|".join(_anyhow(word) for word in ("none", "missing", "known"))
    found = [rf"{is_}\s+{maybe_not}(?:{nothing})"]
    if field.words:
        words = "|".join(_anyhow(word) for word in field.words)
        found.append(rf"{is_}\s+{maybe_not}(?:{_anyhow('one of')}\s+)?(?:{words})(?:\s*,\s*(?:{words}))*")
    elif field.type is Type.FLAG:
        found.append(rf"{is_}\s+{maybe_not}(?:{_anyhow('yes')}|{_anyhow('no')})")
    elif field.type is not Type.INSTANT:
        found.append(rf"{is_}\s+{maybe_not}(?:{_anyhow('one of')}\s+)?{_literal(field.type)}(?:\s*,.+)?")
    if field.type in _NUMBERS:
        ways = "|".join(_anyhow(way) for way in ("at most", "at least", "more than", "less than"))
        found.append(rf"{is_}\s+{maybe_not}(?:{ways})\s+{_literal(field.type)}")
    if field.type in _TIMES:
        length = r"\d{1,5}\s+[A-Za-z ]+?"
        found.append(rf"{is_}\s+{maybe_not}(?:{_anyhow('before')}|{_anyhow('after')})\s+\S.*")
        found.append(rf"{is_}\s+{maybe_not}{_anyhow('in the next')}\s+{length}")
        sooner = f"{_anyhow('more than')}|{_anyhow('less than')}"
        found.append(rf"{was}\s+(?:{sooner})\s+{length}\s+{_anyhow('ago')}")
    return found


def _literal(type: Type) -> str:
    match type:
        case Type.MONEY:
            return r"(?:[A-Za-z]{3}\s*[+\-\u2212]?\d[\d\s,.]*|[+\-\u2212]?\d[\d\s,.]*[A-Za-z]{3})"
        case Type.COUNT:
            return r"\d[\d\s]*"
        case Type.PERCENT:
            return r"\d+(?:\.\d+)?\s*%"
        case Type.DURATION:
            return r"\d+\s*[A-Za-z]+"
        case _:
            return r"\S.*"


def _anyhow(words: str) -> str:
    """The words in any case, with any space between them, in a way that every regex reader knows."""
    return r"\s+".join(
        "".join(f"[{sign.upper()}{sign.lower()}]" if sign.isalpha() else re.escape(sign) for sign in word)
        for word in words.split()
    )
