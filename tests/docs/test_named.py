"""What the pages name is there: files of the repository, commands and their options."""

import re
import shlex
from argparse import ArgumentParser, _SubParsersAction
from pathlib import Path

import pytest

from bot.commands.parser import make_parser
from tests.docs.follow import DOCS

ROOT = DOCS.parent
OF_TUTORIALS = re.compile(r"tally|largest_share|rules-(?:tally|share)")
PAGES = sorted(DOCS.rglob("*.md"))
FILE = re.compile(r"`((?:bot|tests|docs|rules|templates)/[\w./-]*)`")
COMMAND = re.compile(r"`payrunbot ([^`]+)`|^    payrunbot (.+)$", re.MULTILINE)


def commands(parser: ArgumentParser) -> dict[str, ArgumentParser]:
    found: dict[str, ArgumentParser] = {}
    for action in parser._actions:
        if isinstance(action, _SubParsersAction):
            found |= action.choices
    return found


def unknown(line: str) -> list[str]:
    """The words of a command that its parser has no command or option for."""
    words, parser, wrong = shlex.split(line, comments=True), make_parser(), []
    for number, word in enumerate(words):
        known = commands(parser)
        if known and number < 2:
            if word not in known:
                return [word]
            parser = known[word]
        elif word.startswith("--") and word.partition("=")[0] not in parser._option_string_actions:
            wrong.append(word)
    return wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    named = [one for one in FILE.findall(page.read_text()) if not OF_TUTORIALS.search(one)]

    assert [one for one in named if not (ROOT / one).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_every_command_that_a_page_names_is_one_with_these_options(page: Path) -> None:
    lines = [left or right for left, right in COMMAND.findall(page.read_text())]

    assert [(line, wrong) for line in lines if (wrong := unknown(line.replace("…", "")))] == []


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("pause --reason x", []),
        ("pause --why x", ["--why"]),
        ("paws", ["paws"]),
        ("audit verify --head x", []),
        ("audit verity", ["verity"]),
    ],
)
def test_a_command_that_is_none_is_noticed(line: str, wrong: list[str]) -> None:
    assert unknown(line) == wrong


def test_the_list_of_commands_has_each_of_them_and_no_other() -> None:
    table = re.findall(r"^\| (`.+?) \|", (DOCS / "commands.md").read_text(), re.MULTILINE)
    listed = [one for cell in table for one in re.findall(r"`([a-z-]+)", cell)]

    assert sorted(set(listed)) == sorted(commands(make_parser()))
