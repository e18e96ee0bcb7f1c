from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bot.__main__ import main
from bot.mail.previews import PREVIEWS
from tests.commands.place import REPO, write_settings

Out = pytest.CaptureFixture[str]


def test_new_keys_are_three_that_work_and_never_the_same(capsys: Out) -> None:
    assert main(["keys", "new"]) == 0
    assert main(["keys", "new"]) == 0

    said = capsys.readouterr()
    named = [line.partition("=")[::2] for line in said.out.splitlines()]
    assert [name for name, _ in named[:3]] == ["PAYRUN_TOKENS_KEY", "PAYRUN_SESSIONS_KEY", "PAYRUN_AUDIT_KEY"]
    assert len({key for _, key in named}) == 6
    assert all(Fernet(key).decrypt(Fernet(key).encrypt(b"x")) == b"x" for _, key in named)
    assert "keys: {tokens: [env:PAYRUN_TOKENS_KEY]" in said.err


def test_the_names_of_new_keys_are_those_of_the_example_settings() -> None:
    example = (REPO / "bot.example.yaml").read_text("utf-8")

    assert all(f"env:PAYRUN_{part}_KEY" in example for part in ("TOKENS", "SESSIONS", "AUDIT"))


@pytest.mark.parametrize("template", list(PREVIEWS))
def test_every_mail_can_be_previewed_without_settings(template: str, capsys: Out) -> None:
    assert main(["mail", "preview", template]) == 0

    said = capsys.readouterr().out
    assert said.startswith("Subject: ")
    assert said.count("\n") > 5


def test_the_html_of_a_preview_is_written_where_asked(tmp_path: Path, capsys: Out) -> None:
    assert main(["mail", "preview", "payrun_closed", "--html", "mail.html"]) == 0

    assert (tmp_path / "mail.html").read_text("utf-8").lstrip().lower().startswith("<!doctype html>")
    assert capsys.readouterr().err == "The HTML is in mail.html.\n"


def test_a_mail_that_is_none_is_usage_and_names_the_known(capsys: Out) -> None:
    assert main(["mail", "preview", "payrun_opened"]) == 2

    assert "Known are: approval_asked, " in capsys.readouterr().err


def test_a_preview_is_of_the_settings_own_template_and_tells_where_it_is_wrong(
    tmp_path: Path, capsys: Out
) -> None:
    own = tmp_path / "templates" / "payrun_closed"
    own.mkdir(parents=True)
    (own / "subject.txt").write_text("Own words\n", "utf-8")
    write_settings(tmp_path)

    assert main(["mail", "preview", "payrun_closed"]) == 0
    (own / "subject.txt").write_text("{{ nothing.here }}\n", "utf-8")
    assert main(["mail", "preview", "payrun_closed"]) == 1

    said = capsys.readouterr()
    assert said.out.startswith("Subject: Own words\n")
    assert said.err.startswith("templates/payrun_closed/subject.txt:1: ")
