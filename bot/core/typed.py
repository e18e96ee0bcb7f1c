"""An amount as somebody typed it, in the reader's own way of writing numbers.

`18,450` is eighteen thousand for one reader and eighteen and a half for another, so what
a mark before three digits means is the reader's language to say; elsewhere it is plain.
"""

import re

from bot.core.money import MINUS, Money

_DECIMAL_MARK = {"en": ".", "sv": ","}
_EXAMPLE = {"en": "18,450.25", "sv": "18 450,25"}
_BLANKS = re.compile(r"[\s\u00a0\u202f'\u2019]+")
_LONGEST = 40


def typed_amount(text: str, currency: str, language: str) -> Money:
    """`18 450.25`, `18.450,25 SEK`, `18450`. Raises ValueError with a sentence for whoever typed it."""
    example = _EXAMPLE.get(language, _EXAMPLE["en"])
    squeezed = _BLANKS.sub("", text)
    if not squeezed:
        raise ValueError(f"Nothing is typed: write the amount, for example {example}.")
    refused = ValueError(f"“{text.strip()[:_LONGEST]}” is no amount: write it for example as {example}.")
    named = re.fullmatch(r"([A-Za-z]{3})?([^A-Za-z]+)([A-Za-z]{3})?", squeezed)
    if named is None or len(squeezed) > _LONGEST:
        raise refused
    for word in (named[1], named[3]):
        if word and word.upper() != currency:
            raise ValueError(f"The amount is in {currency}, and you typed {word.upper()}.")
    digits = named[2].replace(MINUS, "-").removeprefix("+")
    plain = _plain(digits.removeprefix("-"), _DECIMAL_MARK.get(language, "."))
    if plain is None:
        raise refused
    return Money.of(f"-{plain}" if digits.startswith("-") else plain, currency)


def _plain(digits: str, decimal_mark: str) -> str | None:
    """`18450.25` of any way to write it; None where it is none, or could be two."""
    marks = re.sub(r"[0-9]", "", digits)
    if not marks:
        return digits if re.fullmatch(r"[0-9]+", digits) else None
    if set(marks) - set(".,"):
        return None
    whole, last, rest = digits.rpartition(marks[-1])
    ends_in_decimals = last not in marks[:-1] and (
        len(rest) != 3 or last == decimal_mark or len(set(marks)) > 1
    )
    if not ends_in_decimals:
        whole, rest = digits, ""
    groups = re.fullmatch(r"[0-9]+|[0-9]{1,3}(?:([.,])[0-9]{3})(?:\1[0-9]{3})*", whole)
    if groups is None or (ends_in_decimals and not re.fullmatch(r"[0-9]+", rest)):
        return None
    whole = re.sub(r"[.,]", "", whole)
    return f"{whole}.{rest}" if rest else whole
