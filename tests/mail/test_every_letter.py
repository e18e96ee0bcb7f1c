"""What holds of every mail: one order in text and HTML, and nobody's pay where fewer than three are paid."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest

from bot.core.money import Money
from bot.mail.letter import Letter
from bot.mail.previews import PREVIEWS
from tests.mail.test_letters import EVERY, Seen, rendered, squeezed

FORBIDDEN = re.compile(r"float\s*:|display\s*:\s*(inline-)?(flex|grid)|position\s*:|url\(", re.IGNORECASE)


def for_two(value: Any) -> Any:
    """The same letter, about a run in which two people are paid."""
    if isinstance(value, tuple):
        return tuple(for_two(one) for one in value)
    if not is_dataclass(value) or isinstance(value, (type, Money)):
        return value
    changed = {}
    for one in fields(value):
        was = getattr(value, one.name)
        if one.init:
            changed[one.name] = 2 if one.name == "people" and isinstance(was, int) else for_two(was)
    return replace(value, **changed)


def amounts(value: Any) -> Iterator[str]:
    """Every amount in a letter, as a mail would print it."""
    if isinstance(value, Money):
        yield squeezed(value.plain().removesuffix(f" {value.currency}"))
    elif isinstance(value, tuple):
        for one in value:
            yield from amounts(one)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from amounts(getattr(value, field.name))


def counts_people(value: Any) -> bool:
    if isinstance(value, tuple):
        return any(counts_people(one) for one in value)
    if not is_dataclass(value) or isinstance(value, type):
        return False
    return any(
        (one.name == "people" and isinstance(getattr(value, one.name), int))
        or counts_people(getattr(value, one.name))
        for one in fields(value)
    )


COUNTING = [
    pytest.param(letter, id=name)
    for name, letter in PREVIEWS.items()
    if counts_people(letter) and any(amounts(letter))
]


def test_mails_about_amounts_are_among_these() -> None:
    assert {"payrun_closed", "payrun_finalised", "approval_asked", "scheduled"} <= {
        one.id for one in COUNTING
    }


@pytest.mark.parametrize("letter", COUNTING)
async def test_no_amount_is_in_a_mail_about_two_people(letter: Letter) -> None:
    mail = await rendered(for_two(letter))

    for said in (mail.subject, squeezed(mail.text), Seen(mail.html).text):
        assert [one for one in amounts(letter) if one in squeezed(said)] == []


@pytest.mark.parametrize("letter", EVERY)
async def test_text_and_html_have_the_same_headings_in_one_order(letter: Letter) -> None:
    mail = await rendered(letter)
    headings = re.findall(r"<h[12][^>]*>(.*?)</h[12]>", mail.html, re.DOTALL)
    said, text = 0, squeezed(mail.text).casefold()

    assert headings
    for heading in headings:
        words = Seen(heading).text.casefold()
        said = text.find(words, said)
        assert said >= 0, words


@pytest.mark.parametrize("letter", EVERY)
async def test_html_is_tables_that_every_program_lays_out(letter: Letter) -> None:
    mail = await rendered(letter)

    assert FORBIDDEN.findall(mail.html) == []
    assert 'width="600"' in mail.html
    assert "bgcolor=" in mail.html
