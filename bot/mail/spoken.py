"""What templates say in the language of whoever reads: sentences, amounts, days, times.

`say` takes a message as the catalogues have it, with `{name}` for each part. Where the
template is HTML the message may hold tags, and its parts are escaped like anything else.
"""

import re
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, Undefined, pass_context, pass_environment
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from markupsafe import Markup, escape

from bot.core import words
from bot.core.words import ENGLISH, Said, part_in
from bot.core.words.catalogue import catalogue
from bot.core.words.said import filled
from bot.mail import parts as said_parts
from bot.mail.bounded import fitting, joined, wordwrap

_WITHIN_AN_AMOUNT = re.compile(r"(?<=\d) (?=\d{3}(?!\d)|[A-Z]{3}\b|%)")


@pass_context
def said(context: Context, value: Any) -> Any:
    """Anything that a template prints: a text that can be said in the reader's language is."""
    if type(value) is str or type(value) is Markup:  # as nearly all of it
        return value
    if isinstance(value, Said):
        return value.in_(_language(context))
    return _printed(value)


@pass_context
def say(context: Context, message: str, **parts: Any) -> str:
    return _filled(context, message, "", 1, parts)


@pass_context
def say_many(context: Context, count: int, one: str, many: str, **parts: Any) -> str:
    return _filled(context, one, many, count, {"count": count, **parts})


def _filled(context: Context, one: str, many: str, count: int, parts: Mapping[str, Any]) -> str:
    language, is_html = _language(context), context.eval_ctx.autoescape
    message = catalogue(language).message(one, many, count)
    texts = {name: _part(part, language, is_html=is_html) for name, part in parts.items()}
    text = joined(filled(message, texts))
    return Markup(text) if is_html else text  # noqa: S704 - the message is the template's own, its parts are escaped


def _part(part: Any, language: str, *, is_html: bool) -> str:
    text = part if hasattr(part, "__html__") else part_in(fitting(_printed(part)), language)
    return str(escape(text)) if is_html else str(text)


def _printed(value: Any) -> Any:
    """The value, unless it is a function, which says where in memory it lies. Raises SecurityError."""
    if not isinstance(value, Undefined) and callable(value) and not hasattr(value, "__html__"):
        raise SecurityError("a function is not printed")
    return value


def _language(context: Context) -> str:
    return str(context.get("language", ENGLISH))


@pass_context
def _money(context: Context, value: Any) -> str:
    return words.money(value).in_(_language(context))


@pass_context
def _amount(context: Context, value: Any) -> str:
    return words.amount(value).in_(_language(context))


@pass_context
def _signed(context: Context, value: Any) -> str:
    return words.signed(value).in_(_language(context))


@pass_context
def _percent(context: Context, value: Any) -> str:
    return words.percent(value).in_(_language(context))


@pass_context
def _day(context: Context, value: Any) -> str:
    return words.day(value).in_(_language(context))


@pass_context
def _day_and_year(context: Context, value: Any) -> str:
    return words.day_and_year(value).in_(_language(context))


@pass_context
def _time(context: Context, value: Any, zone: Any = None) -> str:
    return words.clock(value, context["zone"] if zone is None else zone).in_(_language(context))


@pass_context
def _instant(context: Context, value: Any, zone: Any = None) -> str:
    return words.moment(value, context["zone"] if zone is None else zone).in_(_language(context))


@pass_context
def when(context: Context, at: Any) -> str:
    """`16:30 today` on the day that the letter is made, else `Tue 24 Nov 16:00`."""
    return said_parts.when(at, context["made_at"], context["zone"]).in_(_language(context))


@pass_context
def briefly(context: Context, at: Any) -> str:
    """`16:30` on the day that the letter is made, else `Tue 24 Nov 16:00`."""
    return said_parts.briefly(at, context["made_at"], context["zone"]).in_(_language(context))


def _unbroken(value: Any) -> str:
    """A text in which no line ends within an amount: `cost is above 20 000 SEK`."""
    return _WITHIN_AN_AMOUNT.sub("\xa0", str(_printed(value)))  # no longer than it was


@pass_environment
def _beside(environment: Environment, left: Any, words: Any) -> str:
    """Two columns of a text: 18 signs, and the words in lines beside it, or below where it is longer."""
    indent = "\n" + " " * 19
    first = f"{_printed(left)}".ljust(18) + " " if len(left) <= 18 else f"{_printed(left)}{indent}"
    return str(fitting(first + wordwrap(environment, words, 53, False, indent, False)))


SAYING = {"say": say, "say_many": say_many, "when": when, "briefly": briefly}

FILTERS = {
    "money": _money,
    "amount": _amount,
    "signed": _signed,
    "percent": _percent,
    "day": _day,
    "day_and_year": _day_and_year,
    "time": _time,
    "instant": _instant,
    "unbroken": _unbroken,
    "beside": _beside,
}
"""What templates may say `|` to, besides Jinja's own. `time` and `instant` use the letter's zone."""
