"""What vendors call things, printed: a terminal is told nothing but text."""

import json
import re
import sys

import pytest

from bot.commands.out import complain, say, say_json, say_table
from tests.faults.tally import note

CODES = [
    "\x1b[2J", "\x1b]0;title\x07", "\x1b]8;;http://evil.example\x1b\\here\x1b]8;;\x1b\\", "\x1bP$q\x1b\\",
    "\x9b31m", "\x08\x08\x08done", "\rdone", "\x00", "\x7f", "\x85", "\u2028", "\u202edone", "\u2066done",
    "\x1b[6n", "\x0c",
]  # fmt: skip
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("at_terminal", [False, True])
def test_no_code_reaches_the_terminal(capsys, monkeypatch, code, at_terminal):
    words = f"run {code} 7"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: at_terminal)
    say(words)
    complain(words)
    say_table(("what", "why"), [(words, words)])
    table = capsys.readouterr()
    say_json({words: words})
    told = capsys.readouterr().out

    note("hostile words", printed=4)
    printed = re.sub(r"\x1b\[[01]m", "", table.out)  # the bold heads of our own tables
    assert OBEYED.search(printed + table.err + told) is None
    assert json.loads(told) == {words: words}
