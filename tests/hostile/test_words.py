"""Words of vendors and people on pages, in mails and tables: they stay words."""

import csv
import io
import re

import pytest

from bot.mail.previews import PREVIEWS
from bot.web.render import page
from bot.web.spreadsheet import as_csv
from tests.faults.tally import note
from tests.mail.test_letters import rendered
from tests.web.examples import PAGES

from .markup import HARMLESS, HOSTILE, Markup, poisoned


@pytest.mark.parametrize("words", [pytest.param(words, id=kind) for kind, words in HOSTILE.items()])
def test_hostile_words_bring_nothing_into_a_page(words):
    lines = words.splitlines(keepends=True)
    plain = "\n".join([HARMLESS] * len(lines)) + "\n" * (lines[-1] != lines[-1].rstrip("\r\n"))
    for name, view in PAGES.items():
        html = page(poisoned(view, words))
        markup = Markup(html)

        note("hostile words", pages=1)
        assert markup.brought_in() == set(), name
        assert markup.elements == Markup(page(poisoned(view, plain))).elements, name
        assert "49" not in html or "{{" not in words, name
        html.encode("utf-8")
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", html), name


@pytest.mark.parametrize(
    "words",
    ['"><zz-9 zz-9=1>', "' zz-9='1", " zz-9=1", "</td><zz-9>", "&lt;zz-9&gt;", "{{ 7*7 }}", "\u202e\x00\r\n"],
)
async def test_hostile_words_bring_nothing_into_a_mail(words):
    for name, letter in PREVIEWS.items():
        mail = await rendered(poisoned(letter, words))
        plain = await rendered(poisoned(letter, "x" * len(words)))

        note("hostile words", mails=1)
        assert Markup(mail.html).brought_in() == set(), name
        assert Markup(mail.html).elements == Markup(plain.html).elements, name
        assert "\n" not in mail.subject and "\u202e" not in mail.subject, name
        assert "\x00" not in mail.subject + mail.text + mail.html, name


BEGINNINGS = ["=", "+", "-", "@", "\t=", "\r=", "\n=", "  =", "＝", "＋", "－", "＠", "−", "\t", " \t="]


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_no_cell_begins_as_a_formula(beginning):
    words = f'{beginning}HYPERLINK("http://evil.example","a");,\n"'
    read = csv.reader(io.StringIO(as_csv([words], [[words, 1]]).decode("utf-8-sig"), newline=""))
    cells = [cell for row in read for cell in row]

    note("hostile words", cells=3)
    assert cells == [f"'{words}", f"'{words}", "1"]
