"""Every word that a page has of its own is said in the reader's language, and the rest is data.

A pretend language puts each message between ⟦ and ⟧. What stands outside of them is then
either in the view, or it was written into a template without `say`.
"""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from jinja2 import Environment, nodes

from bot.core.money import Money
from bot.core.words import said, say
from bot.mail import spoken
from bot.mail.preview_asks import ASK, ASK_AGAIN
from bot.web import render
from bot.web.evidence.printed import printed
from bot.web.evidence.shapes import (
    Answered,
    AsShown,
    Call,
    Evidence,
    Mailed,
    Reading,
    Recorded,
    RuleText,
)
from bot.web.render import page
from bot.web.shapes import Status, WhyLine
from bot.web.views import Page
from tests.web.examples import PAGES, PAYRUN, STOCKHOLM, at, sek
from tests.web.test_pages import Seen, squeezed


def in_swedish(view: Page) -> Page:
    return replace(view, frame=replace(view.frame, language="sv"))


EVERY = [pytest.param(in_swedish(view), id=name) for name, view in PAGES.items()]
WEB = Path(render.__file__).parent
TEMPLATES = sorted([*WEB.glob("pages/*.html"), *WEB.glob("evidence/pages/*.html")])

OURS = {"payrunbot"}
"""Its name is the same in every language."""

WORD = re.compile(r"[^\W\d_]{2,}")
READ_OUT = ("aria-label", "title", "alt", "placeholder", "data-l")
"""Attributes that are read by people."""

SHOWN = AsShown(
    id="8f3k2",
    ask=ASK_AGAIN,
    state=Status("approved", "done"),
    closed_at=at(15, 58),
    why="two of two",
    people=("finance-1", "finance-2"),
    people_needed=2,
    seal="0f3a",
    limits=("at most 250 000 SEK",),
    answers=(
        Answered("finance-1", "approved", at(15, 55), "page", ("first-time-payees",), "fine", at(16, 0)),
        Answered("finance-2", "approved", at(15, 58), "mail", (), "", None),
    ),
    is_erased=True,
)
READ = Reading(at(15, 52), "Gigapay says: open", (("status", "open"), ("invoice", "missing")), ())
CLOSED = Call(
    what="Close",
    rule="gigapay-weekly-close",
    planned_at=at(15, 52),
    began_at=at(15, 58),
    sent_at=at(15, 59),
    ended_at=at(16, 0),
    calls=1,
    state=Status("done", "done"),
    reason="read back",
    by="finance-1",
    sent=(("payrun", "2859272"),),
    limits=("at most 250 000 SEK",),
    before=READ,
    after=replace(READ, vendor_says="", values=(("status", "closed"), ("invoice", "missing"))),
)
RULE = RuleText(
    rule="gigapay-weekly-close",
    version="7",
    hash="9f86",
    mode="act",
    file="rules/gigapay.yaml",
    text="- id: gigapay-weekly-close",
    proposed="payroll-1",
    signed=(("finance-2", at(10, 12, 9)),),
    decided_at=at(15, 52),
    lines=(WhyLine("yes", "status is open", "open"),),
)
EVIDENCE = Evidence(
    title="Gigapay payrun 2859272",
    ref="gigapay-se/2859272",
    resource="r1",
    connection="gigapay-se",
    vendor="Gigapay",
    vendor_says="Gigapay says: invoiced",
    status=Status("closed", "done"),
    made_at=at(16, 20),
    made_for="audit-1",
    zone=STOCKHOLM,
    chain="Whole.",
    keys=PAYRUN.keys,
    facts=(("errors", "3"),),
    unread=(),
    lines=(("1041", sek("2150.00")),),
    events=PAYRUN.events,
    questions=(SHOWN, replace(SHOWN, ask=replace(ASK, findings=()), answers=(), limits=None)),
    rules=(RULE, replace(RULE, version="", text="", signed=(), decided_at=None)),
    calls=(CLOSED, replace(CLOSED, began_at=None, sent_at=None, rule="", limits=None, after=None)),
    mails=(Mailed(at(16, 0), "Closed as approved", "payroll", "accepted", "<m1>"),),
    record=tuple(
        Recorded(410 + number, at(15, 58), "finance-1", "approved", "{}", hash, is_whole)
        for number, (hash, is_whole) in enumerate((("0f", True), ("1e", False), ("2d", None), ("", None)))
    ),
    is_cut=True,
)
EMPTY = replace(
    EVIDENCE, questions=(), rules=(), calls=(), mails=(), record=(), lines=(), events=(), is_cut=False
)


class Pretend:
    """A language in which every message is itself, between brackets."""

    def message(self, one: str, many: str, count: int) -> str:
        return f"⟦{many if many and count != 1 else one}⟧"


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(said, "catalogue", lambda language: Pretend())
    monkeypatch.setattr(spoken, "catalogue", lambda language: Pretend())


def outside(text: str) -> str:
    """What stands outside of all brackets."""
    kept, depth = [], 0
    for piece in re.split("([⟦⟧])", text):
        depth += (piece == "⟦") - (piece == "⟧")
        if not depth:
            kept.append(piece.strip("⟧"))
    assert depth == 0, "a bracket is open"
    return " ".join(kept)


def read_by_people(html: str) -> Iterator[str]:
    """The text of a page, and each attribute that somebody hears or sees."""
    seen = Seen(re.sub("<style>.*?</style>", "", html, flags=re.DOTALL))
    yield "\n".join(seen.words)
    for _, attrs in seen.tags:
        yield from (attrs[name] or "" for name in READ_OUT if name in attrs)


def data_of(value: Any) -> Iterator[str]:
    """Every text of a view, however deep, and what is made of it on the way."""
    match value:
        case Money():
            yield value.currency
        case Enum():
            yield str(value.value)
        case str():
            yield value
        case ZoneInfo():
            yield value.key
        case dict():
            yield from data_of(tuple(value.values()))
        case tuple() | list():
            for one in value:
                yield from data_of(one)
        case timedelta() | datetime():
            return
    if is_dataclass(value):
        for one in fields(value):
            yield from data_of(getattr(value, one.name))


def words_in(texts: Iterator[str]) -> set[str]:
    return {word for text in texts for word in WORD.findall(text.casefold())}


def of_the_calendar() -> set[str]:
    """Days and months, as dates write them."""
    swedish = Locale.parse("sv")
    named = [swedish.days["format"]["abbreviated"], swedish.months["format"]["abbreviated"]]
    return words_in(name for names in named for name in names.values())


@pytest.mark.usefixtures("pretend")
@pytest.mark.parametrize("view", EVERY)
def test_a_page_has_no_word_of_its_own_outside_of_a_message(view):
    left = words_in(outside(text) for text in read_by_people(page(view)))

    assert sorted(left - words_in(data_of(view)) - of_the_calendar() - OURS) == []


@pytest.mark.usefixtures("pretend")
@pytest.mark.parametrize("view", [pytest.param(EVIDENCE, id="whole"), pytest.param(EMPTY, id="empty")])
def test_evidence_has_no_word_of_its_own_outside_of_a_message(view):
    left = words_in(outside(text) for text in read_by_people(printed(view, "sv")))

    assert sorted(left - words_in(data_of(view)) - of_the_calendar() - OURS) == []


class Source:
    """A template as it is written: the words that it prints whatever the view holds."""

    def __init__(self, text: str) -> None:
        self.words: list[str] = []
        self._is_in_tag = False
        self._read(Environment(trim_blocks=True, lstrip_blocks=True).parse(text))

    def _read(self, node: nodes.Node) -> None:
        match node:
            case nodes.TemplateData():
                self._print(node.data)
            case nodes.Output():
                for one in node.nodes:
                    self._read(one) if isinstance(one, nodes.TemplateData) else self._value(one)
            case nodes.Expr() | nodes.Block(name="slim"):  # the block is in an attribute of the layout
                return
            case _:
                for one in node.iter_child_nodes():
                    self._read(one)

    def _print(self, data: str) -> None:
        for name in READ_OUT:
            self.words += [
                word for text in re.findall(f' {name}="([^"]*)"', data) for word in WORD.findall(text)
            ]
        for piece in re.split("([<>])", re.sub("&[a-z]+;", "", data)):
            if piece in ("<", ">"):
                self._is_in_tag = piece == "<"
            elif not self._is_in_tag:
                self.words += WORD.findall(piece)

    def _value(self, node: nodes.Expr) -> None:
        """A literal that is printed as it is; whatever is asked for by it is not."""
        match node:
            case nodes.Const() if not self._is_in_tag:
                self.words += WORD.findall(str(node.value))
            case nodes.CondExpr():
                self._value(node.expr1)
                if node.expr2 is not None:
                    self._value(node.expr2)
            case nodes.Or() | nodes.And() | nodes.Add():
                self._value(node.left)
                self._value(node.right)
            case nodes.Concat():
                for one in node.nodes:
                    self._value(one)


@pytest.mark.parametrize("path", [pytest.param(path, id=path.name) for path in TEMPLATES])
def test_a_template_writes_no_word_but_in_a_message(path):
    assert [word for word in Source(path.read_text()).words if word not in OURS] == []


def test_such_words_would_be_seen():
    source = (
        '<p class="a b">Two {{ "words" if v.x else say("not") }}<i title="here">{{ v.y or "none" }}</i></p>'
    )

    assert Source(source).words == ["Two", "words", "here", "none"]
    assert outside("a ⟦b ⟦c⟧ d⟧ e").split() == ["a", "e"]


@pytest.mark.parametrize("view", EVERY)
def test_a_page_names_the_language_that_it_is_in(view):
    english = replace(view, frame=replace(view.frame, language="en"))

    assert [attrs["lang"] for attrs in Seen(page(view)).each("html")] == ["sv"]
    assert [attrs["lang"] for attrs in Seen(page(english)).each("html")] == ["en-GB"]


def test_so_does_evidence():
    assert [attrs["lang"] for attrs in Seen(printed(EVIDENCE, "sv")).each("html")] == ["sv"]
    assert [attrs["lang"] for attrs in Seen(printed(EVIDENCE)).each("html")] == ["en-GB"]


def test_days_times_and_amounts_are_written_as_swedes_do():
    text = Seen(page(in_swedish(PAYRUN))).text

    assert "19 270,25 SEK" in text
    assert "fre 20 nov. 2026 16:20" in text
    assert "tors Pay date tors 26 nov." in text
    assert "fre 20 nov. 2026 15:58:00" in squeezed(printed(EVIDENCE, "sv"))


def test_what_a_view_says_is_said_in_the_language_of_the_page():
    view = replace(PAYRUN, lead=say("{who} paid {amount}", who="1041", amount=sek("5.00")))

    assert "1041 paid 5.00 SEK" in Seen(page(view)).text
    assert "1041 paid 5,00 SEK" in Seen(page(in_swedish(view))).text
