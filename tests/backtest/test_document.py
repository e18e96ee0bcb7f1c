"""docs/backtest.md: its every command, run in its order, says what stands there."""

import re
import shlex
import shutil
from pathlib import Path

import pytest

from bot.__main__ import main

DOCUMENT = Path(__file__).parents[2] / "docs" / "backtest.md"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EDIT = re.compile(r"^-( +)(.+)\n\+\1(.+)$", re.MULTILINE)


def commands() -> list[tuple[list[str], str]]:
    """Each command of the document with the output that stands under it."""
    found = []
    for language, block in BLOCK.findall(DOCUMENT.read_text()):
        for part in block.split("$ ")[1:] if not language else ():
            line, _, output = part.partition("\n")
            found.append((shlex.split(line), output))
    return found


def test_the_document_says_what_its_commands_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    edits = EDIT.findall(DOCUMENT.read_text())
    said = []
    for (program, *argv), _ in commands():
        if program == "cp":
            shutil.copytree(argv[1], argv[2])
            ((_, old, new),) = edits
            path = tmp_path / "rules-new" / "gigapay.yaml"
            path.write_text(path.read_text().replace(old, new))
            said.append("")
        else:
            assert (program, main(argv)) == ("payrunbot", 0)
            said.append(capsys.readouterr().out)

    assert said == [output for _, output in commands()]
    assert len(said) == 4
