"""Every mail in another language: nothing that a template says by itself stays English."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.dates import get_day_names, get_month_names
from jinja2 import Environment, nodes

from bot.core.words import said, say
from bot.mail import spoken
from bot.mail.letter import Letter
from bot.mail.letters import ApprovalAsked
from bot.mail.parts import Reason
from bot.mail.previews import PREVIEWS
from bot.mail.render import Rendered
from tests.mail.test_letters import EVERY, RENDERER, TEMPLATES, Seen, facts

WORD = re.compile(r"[a-zåäö]{2,}")
NAMED = {"_layout.html", "_parts.html", "_parts.txt", "_done.html", "_done.txt", "/subject.txt"}
STYLED = {"ink", "ink2", "ink this", " this", " last", "now", "bar", "warn", "acc", "bad"}
ASKED = {"en", "en-GB", " and ", "employee", "id"}
"""What templates compare with, or look up."""


class Pretended:
    """A catalogue in which every message comes back between marks."""

    def message(self, one: str, many: str, count: int) -> str:
        return f"⟦{many if many and count != 1 else one}⟧"


@pytest.fixture
def pretended(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (said, spoken):
        monkeypatch.setattr(module, "catalogue", lambda language: Pretended())


async def in_swedish(letter: Letter) -> Rendered:
    return await RENDERER.render(letter.template, "sv", letter.context())


def outside(text: str) -> str:
    """What stands between no marks. A message may be within another."""
    kept, depth = [], 0
    for one in text:
        depth += one == "⟦"
        if not depth:
            kept.append(one)
        depth -= one == "⟧"
    assert depth == 0
    return "".join(kept)


def data_of(letter: Letter) -> set[str]:
    """Every word of what the letter was given, and of days and months."""
    given = " ".join(fact for value in letter.context().values() for fact in facts(value)).casefold()
    names = [
        *get_day_names("abbreviated", locale="sv").values(),
        *get_month_names("abbreviated", locale="sv").values(),
        "SEK GBP",
    ]
    return set(WORD.findall(f"{given} {' '.join(names).casefold()}"))


@pytest.mark.parametrize("letter", EVERY)
async def test_what_stands_in_no_message_is_data(letter: Letter, pretended: None) -> None:
    mail = await in_swedish(letter)

    assert "⟦" in mail.text and "⟦" in mail.html
    for part in (mail.subject, mail.text, Seen(mail.html).text):
        assert set(WORD.findall(outside(part).casefold())) - data_of(letter) == set()


@pytest.mark.parametrize("letter", EVERY)
async def test_a_text_twin_in_swedish_stays_within_72_columns_and_its_html_says_its_language(
    letter: Letter,
) -> None:
    mail = await in_swedish(letter)

    assert [one for one in mail.text.splitlines() if len(one) > 72 and not one.startswith("https://")] == []
    assert '<html lang="sv"' in mail.html
    assert "Du får det här för att" in " ".join(mail.text.split())
    assert "Du får det här för att" in Seen(mail.html).text


def own_words(path: Path) -> Iterator[str]:
    """What a template would print of itself, in any of its branches, but for its messages."""
    tree = Environment().parse(path.read_text())
    messages = {
        id(one)
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name in ("say", "say_many")
        for one in call.args
    }
    for one in tree.find_all(nodes.Const):
        if isinstance(one.value, str) and id(one) not in messages:
            yield one.value
    data = "".join(one.data for one in tree.find_all(nodes.TemplateData))
    if path.suffix == ".html":
        data = re.sub(r"<!--.*?-->|<style>.*?</style>", "", data, flags=re.DOTALL)
        data = re.sub(r"<[^>]*>|&nbsp;", "", data)
    yield from re.findall(r"[A-Za-z]{2,}", data)


def test_no_branch_of_a_template_has_words_of_its_own() -> None:
    files = [one for one in sorted(TEMPLATES.rglob("*.*")) if one.is_file()]
    words = {
        (path.relative_to(TEMPLATES).as_posix(), word)
        for path in files
        for word in own_words(path)
        if re.search("[A-Za-z]{2}", word) and word not in NAMED | STYLED | ASKED
    }

    assert len(files) > 60
    assert words == set()


async def test_a_question_is_asked_in_swedish_from_subject_to_foot() -> None:
    letter = PREVIEWS["approval_asked"]
    assert isinstance(letter, ApprovalAsked)
    because = say("you may approve for {connection}", connection="gigapay-se")
    note = say("asked at {clock}", clock="15:04")
    reason = Reason(because, letter.reason.why_url, "gigapay-weekly-close", "7", note)
    asked = ApprovalAsked(
        made_at=letter.made_at, zone=letter.zone, reason=reason, url=letter.url, ask=letter.ask
    )

    mail = await in_swedish(asked)

    words = " ".join(mail.text.replace("\u00a0", " ").split())
    assert mail.subject.startswith("Godkänn senast 16:30: ")
    assert words.startswith("AVGÖR SENAST 16:30 I DAG ")
    assert "3 av 9 kontroller hittade något" in Seen(mail.html).text
    assert "Om ingen gör det: <b>" in mail.html
    assert (
        "Du får det här för att du får godkänna för gigapay-se. Regel gigapay-weekly-close, version 7, "
        "frågan ställdes 15:04. Tiderna gäller Stockholm"
    ) in words
