"""The record and what is taken away, beside a service that runs, and without one."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.__main__ import main
from tests.commands.place import Answering, write_settings
from tests.commands.running import gigapay_running, rows, service_running, wait_for

Out = pytest.CaptureFixture[str]

MEND = (
    "Keep the database and the file of its head as they are, and compare them with the newest backup "
    "that verifies.\n"
)


pytestmark = pytest.mark.usefixtures("logs")


@pytest.fixture(scope="module")
def gigapay() -> Iterator[str]:
    with gigapay_running() as base_url:
        yield base_url


@pytest.fixture
def settings(tmp_path: Path, unused_tcp_port: int, gigapay: str) -> Path:
    return write_settings(tmp_path, port=unused_tcp_port, gigapay=("http://127.0.0.1:1", gigapay))


@pytest.fixture
def stopped(settings: Path, capsys: Out) -> Path:
    """The place of a service that has run, and has sealed what it wrote."""
    assert main(["token", "new", "payroll-1"]) == 0
    with service_running(settings):
        wait_for(settings, "SELECT count(*) FROM audit WHERE hash IS NOT NULL")
        wait_for(settings, "SELECT NOT EXISTS (SELECT 1 FROM audit WHERE hash IS NULL)")
    capsys.readouterr()
    return settings


def head_of(settings: Path) -> Path:
    return settings.parent / "data" / "bot.db.head"


def last_line(settings: Path) -> int:
    found = rows(settings, "SELECT max(seq) FROM audit")[0][0]
    assert isinstance(found, int)
    return found


def test_a_whole_record_is_verified_without_a_service_up_to_its_exported_head(
    stopped: Path, capsys: Out
) -> None:
    assert main(["audit", "verify"]) == 0

    last = last_line(stopped)
    assert capsys.readouterr().out == (
        "The audit record is as it was sealed.\n"
        f"Its exported head is line {last} of {last}: nothing is missing before it.\n"
    )


def test_lines_missing_at_the_end_are_told_with_what_to_do(stopped: Path, capsys: Out) -> None:
    last = last_line(stopped)
    rows(stopped, "DELETE FROM audit WHERE seq = ?", last)

    assert main(["audit", "verify"]) == 1

    assert capsys.readouterr().out == (
        f"The audit record is broken: line {last} is gone, which its exported head has seen.\n{MEND}"
    )


def test_a_changed_line_is_told_with_what_to_do(stopped: Path, capsys: Out) -> None:
    rows(stopped, "UPDATE audit SET actor = 'somebody' WHERE seq = 1")

    assert main(["audit", "verify"]) == 1

    assert capsys.readouterr().out == (
        f"The audit record is broken: line 1 is not as it was sealed, or one before it is gone.\n{MEND}"
    )


def test_another_head_may_be_named(stopped: Path, capsys: Out) -> None:
    elsewhere = stopped.parent / "kept.head"
    os.rename(head_of(stopped), elsewhere)
    assert main(["audit", "verify"]) == 1
    assert capsys.readouterr().out == (
        "The audit record is as it was sealed.\n"
        "Whether its last lines are all there cannot be told: "
        f"{head_of(stopped)} cannot be read: No such file or directory.\n"
    )

    assert main(["audit", "verify", "--head", str(elsewhere)]) == 0


def test_a_key_that_left_the_settings_is_named_with_what_to_do(
    stopped: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    monkeypatch.setenv("KEY", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzo=")

    assert main(["audit", "verify"]) == 1

    said = capsys.readouterr().out
    assert said.startswith("The audit record is broken: line 1 was sealed with key ")
    assert "which is not in the settings: put it back at the end of keys.audit.\n" in said


def test_verifying_changes_nothing(stopped: Path) -> None:
    before = {path.name: path.read_bytes() for path in (stopped.parent / "data").iterdir()}

    assert main(["audit", "verify"]) == 0

    after = {path.name: path.read_bytes() for path in (stopped.parent / "data").iterdir()}
    assert {name: after[name] for name in ("bot.db", "bot.db.head")} == {
        name: before[name] for name in ("bot.db", "bot.db.head")
    }


@pytest.mark.parametrize(
    ("argv", "path", "body", "said"),
    [
        pytest.param(
            ["connection", "remove", "gigapay-se", "--yes"],
            "/api/connections/gigapay-se/remove",
            {},
            "Done.\n  took one away\n  revoke it\n",
            id="connection remove",
        ),
        pytest.param(
            ["forget", "1041", "--yes"],
            "/api/forget",
            {"employee": "1041"},
            "Done.\n  revoke it\n",
            id="forget",
        ),
        pytest.param(
            ["forget", "1041", "--connection", "gigapay-se", "--yes"],
            "/api/forget",
            {"employee": "1041", "connection": "gigapay-se"},
            "Done.\n  revoke it\n",
            id="forget at one connection",
        ),
    ],
)
def test_taking_away_is_asked_of_the_service_and_what_is_left_is_printed(
    argv: list[str], path: str, body: dict[str, str], said: str, answering: Answering, capsys: Out
) -> None:
    answering.replies[f"POST {path}"] = (
        200,
        {"said": "Done.", "webhooks": ["took one away"], "left": ["revoke it"]},
    )

    assert main(argv) == 0

    assert answering.deeds == [(path, body)]
    assert capsys.readouterr().out == said


@pytest.mark.parametrize("argv", [["connection", "remove", "gigapay-se"], ["forget", "1041"]], ids=" ".join)
def test_without_anybody_to_ask_nothing_is_taken_away(argv: list[str], answering: Answering) -> None:
    assert main(argv) == 2

    assert answering.asked == []


@pytest.fixture
def served(settings: Path) -> Iterator[Path]:
    """A service with a vendor behind it, whose two pay runs have been read."""
    with service_running(settings):
        wait_for(settings, "SELECT count(*) = 2 FROM resource WHERE kind = 'gigapay.payrun'")
        yield settings


def sign_in(person: str, monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    monkeypatch.delenv("PAYRUNBOT_TOKEN", raising=False)
    assert main(["token", "new", person]) == 0
    monkeypatch.setenv("PAYRUNBOT_TOKEN", capsys.readouterr().out.strip())


def test_a_connection_is_removed_by_an_approver_and_stays_so_after_a_start(
    served: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    sign_in("payroll-1", monkeypatch, capsys)
    assert main(["connection", "remove", "gigapay-se", "--yes"]) == 1
    assert "An approver removes a connection." in capsys.readouterr().err
    sign_in("finance-1", monkeypatch, capsys)

    assert main(["connection", "remove", "gigapay-se", "--yes"]) == 0

    said = capsys.readouterr().out
    assert said.startswith("Removed; nothing was planned there. What is known of it is in ")
    assert "  Take gigapay-se out of bot.yaml.\n" in said
    assert main(["payruns"]) == 0
    assert capsys.readouterr().out == "No pay run has been read yet.\n"
    assert main(["connection", "remove", "none", "--yes"]) == 1
    assert "There is no connection none." in capsys.readouterr().err


def test_a_removed_connection_is_not_used_after_a_start(
    settings: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    sign_in("finance-1", monkeypatch, capsys)
    rows(
        settings,
        "INSERT INTO connection_state (connection, failures, problem, removed_at)"
        " VALUES ('gigapay-se', 0, '', 1)",
    )

    with service_running(settings):
        assert main(["pause", "gigapay-se", "--reason", "x"]) == 1

    assert "There is no connection gigapay-se." in capsys.readouterr().err
    assert rows(settings, "SELECT * FROM look") == []


def test_somebody_is_forgotten_through_the_service(
    served: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    sign_in("finance-1", monkeypatch, capsys)
    payees = (
        "SELECT json_extract(snapshot_json, '$.lines[0].payee') FROM resource WHERE kind = 'gigapay.payrun'"
    )
    payee = rows(served, payees)[0][0]

    assert main(["forget", str(payee), "--yes"]) == 0

    said = capsys.readouterr().out
    assert said.startswith("Erased in ")
    assert said.endswith(
        "  The totals of pay runs stay, since accounts need them; the record holds no names and no lines.\n"
    )
    assert not rows(served, "SELECT id FROM resource WHERE snapshot_json LIKE ?", f'%"payee":"{payee}"%')
