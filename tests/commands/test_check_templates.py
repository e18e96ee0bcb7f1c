"""`check` makes every example of the mails with the operators' files, and shows the line that is wrong."""

import json
from pathlib import Path

import pytest

from bot.__main__ import main
from tests.commands.place import write_settings

Out = pytest.CaptureFixture[str]


def write(folder: Path, name: str, text: str) -> None:
    path = folder / "templates" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def test_a_mistake_is_shown_with_its_line_and_a_caret(tmp_path: Path, capsys: Out) -> None:
    write(tmp_path, "payrun_closed/body.txt", "Closed.\nBy {{ nobody }}, today\n")
    write(tmp_path, "notice/subject.txt", "{% if %}")
    config = write_settings(tmp_path)

    code = main(["check", "--config", str(config)])

    said = capsys.readouterr().out
    assert code == 1
    assert (
        "templates/payrun_closed/body.txt:2:7  'nobody' is undefined\n"
        "    2 | By {{ nobody }}, today\n"
        "      |       ^^^^^^\n"
    ) in said
    assert "templates/notice/subject.txt:1:1  Expected an expression" in said
    assert "each example in en and sv: 2 problems." in said


def test_what_is_right_is_counted(tmp_path: Path, capsys: Out) -> None:
    write(tmp_path, "notice/subject.txt", "News: {{ title }}")
    config = write_settings(tmp_path)

    main(["check", "--json", "--config", str(config)])

    said = json.loads(capsys.readouterr().out)
    assert [one for one in said["problems"] if one["file"].startswith("templates/")] == []
