from pathlib import Path

import pytest

from bot.__main__ import main
from tests.commands.place import ENVIRON, write_settings

Out = pytest.CaptureFixture[str]

NEEDS_SETTINGS = (["serve"], ["payruns"], ["audit", "verify"], ["token", "new", "finance-1"])


@pytest.mark.parametrize("argv", NEEDS_SETTINGS, ids=" ".join)
def test_every_problem_of_the_settings_is_told_at_once(argv: list[str], tmp_path: Path, capsys: Out) -> None:
    path = write_settings(
        tmp_path,
        zone=("Europe/Stockholm", "Europe/Stokholm"),
        role=("roles: [operator]", "roles: [operater]"),
        secret=("token: env:GIGAPAY", "token: canary-literal"),
        vendor=("base_url:", "base_ulr:"),
    )

    assert main([*argv, "--config", str(path)]) == 1

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.endswith("\n4 problems in the settings.\n")
    for part in (f"{path}:1:1: ", f"{path}:7:", "connections.gigapay-se.token", "base_ulr"):
        assert part in said.err
    assert not [value for value in (*ENVIRON.values(), "canary-literal") if value in said.err]
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("argv", NEEDS_SETTINGS, ids=" ".join)
def test_without_settings_it_is_said_how_to_name_some(argv: list[str], capsys: Out) -> None:
    assert main(argv) == 1

    assert capsys.readouterr().err == (
        "There is no bot.yaml here. Name one with --config or PAYRUNBOT_CONFIG; "
        "bot.example.yaml is one to begin with.\n"
    )


def test_a_named_file_that_is_not_there_is_a_problem_of_the_settings(capsys: Out) -> None:
    assert main(["serve", "--config", "other.yaml"]) == 1

    assert capsys.readouterr().err == (
        "other.yaml: cannot be read: No such file or directory\n1 problem in the settings.\n"
    )


def test_what_was_asked_for_goes_before_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    write_settings(tmp_path)
    monkeypatch.setenv("PAYRUNBOT_CONFIG", "from-the-environment.yaml")

    main(["serve", "--config", "asked-for.yaml"])
    main(["serve"])

    said = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in said[::2]] == ["asked-for.yaml", "from-the-environment.yaml"]


def test_settings_may_come_from_the_environment_alone(monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    monkeypatch.setenv("PAYRUNBOT_TIMEZONE", "Europe/Stokholm")

    assert main(["serve"]) == 1

    said = capsys.readouterr().err
    assert "Europe/Stokholm" in said
    assert "the environment: " in said and "There is no bot.yaml here" not in said
