"""Every message that a page, a mail or a sentence has is in the Swedish catalogues, whole."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes

ROOT = Path(__file__).parents[2]
CATALOGUES = ROOT / "bot" / "core" / "words" / "sv"
TEMPLATES = {
    "pages": (ROOT / "bot" / "web").glob("**/*.html"),
    "mails": [*(ROOT / "templates").glob("**/*.html"), *(ROOT / "templates").glob("**/*.txt")],
}
PARTS = re.compile(r"\{[a-z][a-z0-9_]*\}")
TAGS = re.compile(r"<[^>]+>")


def _of_template(path: Path) -> Iterator[tuple[str, ...]]:
    tree = Environment(trim_blocks=True, lstrip_blocks=True).parse(path.read_text())
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in ("say", "say_many"):
            given = call.args[:1] if call.node.name == "say" else call.args[1:3]
            assert all(isinstance(one, nodes.Const) for one in given), f"{path}:{call.lineno} is no message"
            yield tuple(str(one.value) for one in given if isinstance(one, nodes.Const))


def _of_code(path: Path) -> Iterator[tuple[str, ...]]:
    tree = ast.parse(path.read_text())
    ours = {
        name.asname or name.name
        for one in ast.walk(tree)
        if isinstance(one, ast.ImportFrom) and (one.module or "").startswith("bot.core.words")
        for name in one.names
    } & {"say", "say_many"}
    if path.is_relative_to(ROOT / "bot" / "core" / "words"):
        return
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in ours:
            given = call.args[:1] if call.func.id == "say" else call.args[1:3]
            assert all(isinstance(one, ast.Constant) for one in given), f"{path}:{call.lineno} is no message"
            yield tuple(str(one.value) for one in given if isinstance(one, ast.Constant))


def _messages() -> dict[tuple[str, ...], str]:
    found = {}
    for paths in TEMPLATES.values():
        for path in paths:
            found |= {message: path.relative_to(ROOT).as_posix() for message in _of_template(path)}
    for path in (ROOT / "bot").glob("**/*.py"):
        found |= {message: path.relative_to(ROOT).as_posix() for message in _of_code(path)}
    return found


def _catalogued() -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """The catalogue's name, a message, and its translation."""
    for path in sorted(CATALOGUES.glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale="sv", abort_invalid=True):
                if message.id:
                    id = (message.id,) if isinstance(message.id, str) else tuple(message.id)
                    said = (message.string,) if isinstance(message.string, str) else tuple(message.string)
                    yield path.name, id, said


MESSAGES, ENTRIES = _messages(), list(_catalogued())
CATALOGUED = {id: said for _, id, said in ENTRIES}


def test_each_message_is_translated_and_no_translation_is_of_nothing() -> None:
    missing = [f"{where}: {message[0]!r}" for message, where in MESSAGES.items() if message not in CATALOGUED]

    assert missing == []
    assert [id[0] for id in CATALOGUED if id not in MESSAGES] == []


@pytest.mark.parametrize("id", sorted(CATALOGUED), ids=lambda id: id[0][:60])
def test_a_translation_is_whole(id: tuple[str, ...]) -> None:
    said = CATALOGUED[id]

    assert len(said) == len(id)
    assert all(said), "it is empty"
    for english, swedish in zip(id, said, strict=True):
        assert sorted(set(PARTS.findall(swedish))) == sorted(set(PARTS.findall(english)))
        assert sorted(TAGS.findall(swedish)) == sorted(TAGS.findall(english))
        assert (swedish[:1].isspace(), swedish[-1:].isspace()) == (
            english[:1].isspace(),
            english[-1:].isspace(),
        )
        assert swedish[-1:] in ".?!:" if english[-1:] in ".?!:" else swedish[-1:] not in ".?!"


def test_no_message_is_translated_twice() -> None:
    counted = Counter(id[0] for _, id, _ in ENTRIES)

    assert [(message, count) for message, count in counted.items() if count > 1] == []
