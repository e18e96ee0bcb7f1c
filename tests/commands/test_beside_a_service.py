"""Commands against a service that really runs, on the database that it really has open."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.__main__ import main
from tests.commands.place import ENVIRON, write_settings
from tests.commands.running import gigapay_running, rows, service_running, wait_for

Out = pytest.CaptureFixture[str]


pytestmark = pytest.mark.usefixtures("logs")


@pytest.fixture(scope="module")
def gigapay() -> Iterator[str]:
    with gigapay_running() as base_url:
        yield base_url


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int, gigapay: str) -> Path:
    path = write_settings(tmp_path, port=unused_tcp_port, gigapay=("http://127.0.0.1:1", gigapay))
    monkeypatch.setenv("PAYRUNBOT_CONFIG", str(path))
    return path


@pytest.fixture
def served(settings: Path) -> Iterator[Path]:
    with service_running(settings):
        yield settings


def new_token(person: str, capsys: Out) -> str:
    assert main(["token", "new", person]) == 0
    return capsys.readouterr().out.strip()


def test_a_first_token_is_issued_beside_the_service_and_counts_at_once(
    served: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    assert main(["token", "new", "payroll-1"]) == 0

    said = capsys.readouterr()
    assert said.out.startswith("prb_") and said.out.count("\n") == 1
    assert said.err.startswith("This is payroll-1's token until 20")
    monkeypatch.setenv("PAYRUNBOT_TOKEN", said.out.strip())
    assert main(["pause", "--reason", "audit"]) == 0
    assert capsys.readouterr().out == "Paused. Nothing is done at the vendor until somebody resumes.\n"


def test_a_second_first_token_is_refused(served: Path, capsys: Out) -> None:
    new_token("payroll-1", capsys)

    assert main(["token", "new", "payroll-1"]) == 1

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "payroll-1 has a valid token; new ones are issued by payroll-1, signed in.\n"


def test_a_token_for_nobody_names_the_people(served: Path, capsys: Out) -> None:
    assert main(["token", "new", "nobody"]) == 1

    assert capsys.readouterr().err == (
        "There is no nobody among the people of the settings: payroll-1, finance-1, finance-2.\n"
    )


def test_a_token_is_kept_as_a_hash_only(served: Path, capsys: Out) -> None:
    token = new_token("payroll-1", capsys)

    assert token not in str(rows(served, "SELECT * FROM token"))
    assert rows(served, "SELECT person, issued_by FROM token") == [("payroll-1", "this machine")]


def test_a_further_token_is_issued_by_the_service_to_oneself_only(
    served: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    first = new_token("payroll-1", capsys)
    monkeypatch.setenv("PAYRUNBOT_TOKEN", first)

    assert main(["token", "new", "payroll-1"]) == 0
    assert main(["token", "new", "finance-1"]) == 1

    second = capsys.readouterr().out.strip()
    assert second.startswith("prb_") and second != first
    assert rows(served, "SELECT person, issued_by FROM token") == [
        ("payroll-1", "this machine"),
        ("payroll-1", "payroll-1"),
    ]


def test_a_token_before_the_first_start_makes_the_database(
    settings: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    monkeypatch.setenv("PAYRUNBOT_TOKEN", new_token("payroll-1", capsys))

    with service_running(settings):
        assert main(["pause", "gigapay-se", "--reason", "audit"]) == 0


def test_a_token_that_is_none_is_refused(served: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    monkeypatch.setenv("PAYRUNBOT_TOKEN", "prb_canary")

    assert main(["resume"]) == 1

    assert "prb_canary" not in "".join(capsys.readouterr())


def test_rules_are_proposed_by_one_and_read_back_and_signed_by_another(
    served: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    operator, approver = new_token("payroll-1", capsys), new_token("finance-1", capsys)
    monkeypatch.setenv("PAYRUNBOT_TOKEN", operator)
    assert main(["propose"]) == 0
    assert main(["sign-off", "gigapay-weekly-close", "--yes"]) == 1
    capsys.readouterr()
    monkeypatch.setenv("PAYRUNBOT_TOKEN", approver)

    assert main(["sign-off", "gigapay-weekly-close", "--yes"]) == 0

    said = capsys.readouterr().out
    assert said.startswith(
        "gigapay-weekly-close, version 1 (act)\n  For each Gigapay payrun, when status is "
    )
    assert "250 000 SEK" in said.replace("\u00a0", " ").partition("guard: ")[2]
    assert said.endswith("gigapay-weekly-close: Signed. It runs from now on.\n")


def test_pausing_and_resuming_are_told_by_the_service(
    served: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    monkeypatch.setenv("PAYRUNBOT_TOKEN", new_token("payroll-1", capsys))

    codes = [main(["pause", "gigapay-se", "--reason", "x"]), main(["resume", "gigapay-se"])]

    assert codes == [0, 0]
    assert main(["resume", "gigapay-se"]) == 1
    assert "That is not paused." in capsys.readouterr().err


BOTH_READ = "SELECT count(*) = 2 FROM resource WHERE kind = 'gigapay.payrun'"


def test_pay_runs_are_read_beside_the_service(served: Path, capsys: Out) -> None:
    wait_for(served, BOTH_READ)

    assert main(["payruns"]) == 0

    assert capsys.readouterr().out.splitlines() == [
        "pay run             status  period ends  paid on            net pay     next deadline",
        "gigapay-se/2859273  paid                 2019-07-04 (ours)  10.00 SEK",
        "gigapay-se/2859272  paid                 2019-05-29 (ours)  100.00 SEK",
    ]


def test_pay_runs_for_programs_have_the_same_shape_as_the_services_own(
    served: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_for(served, BOTH_READ)

    assert main(["payruns", "--json", "--connection", "gigapay-se"]) == 0

    (first, _) = json.loads(capsys.readouterr().out)["payruns"]
    assert first["ref"] == "gigapay-se/2859273"
    assert first["net_pay"] == {"amount": "10.00", "currency": "SEK"}
    assert first["next_deadline"] is None
    assert first["unknown"] == []


def test_pay_runs_that_nobody_has_read_yet_are_no_table(settings: Path, capsys: Out) -> None:
    new_token("payroll-1", capsys)  # makes the database

    assert main(["payruns"]) == 0

    assert capsys.readouterr().out == "No pay run has been read yet.\n"


def test_a_pay_run_is_held_and_released_by_its_reference(
    served: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    monkeypatch.setenv("PAYRUNBOT_TOKEN", new_token("finance-1", capsys))
    wait_for(served, BOTH_READ)
    about = "gigapay-se/2859272"

    until = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    held = main(["hold", about, "--reason", "mine", "--until", until])
    kept = rows(served, "SELECT by, why FROM hold")
    released = main(["release", about])

    assert (held, kept, released) == (0, [("finance-1", "mine")], 0)
    assert rows(served, "SELECT by, why FROM hold") == []


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["approve", "nothing-1"], "There is no such approval."),
        (["reject", "gigapay-se/2859272", "--reason", "x"], "Nothing waits for an answer about"),
        (["settle", "gigapay-se/2859272", "again", "--comment", "x"], "Nothing of it waits to be settled."),
        (["release", "gigapay-se/none"], "Not found"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_what_cannot_be_decided_is_refused_in_the_services_words(
    argv: list[str], said: str, served: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    monkeypatch.setenv("PAYRUNBOT_TOKEN", new_token("finance-1", capsys))
    wait_for(served, BOTH_READ)

    assert main(argv) == 1

    assert said in capsys.readouterr().err


def test_why_tells_what_each_rule_answered(
    served: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    monkeypatch.setenv("PAYRUNBOT_TOKEN", new_token("payroll-1", capsys))
    wait_for(served, "SELECT count(*) = 2 FROM decision WHERE rule = 'gigapay-weekly-close'")

    assert main(["why", "gigapay-se/2859272"]) == 0

    said = capsys.readouterr().out
    assert said.startswith("Gigapay payrun 2859272 (gigapay-se/2859272): paid, as read ")
    assert "\n  no; since " in said
    assert "    no       status is open  (paid)\n" in said


def test_a_connection_that_is_not_there_is_told_with_the_known(served: Path, capsys: Out) -> None:
    assert main(["payruns", "--connection", "gigapay"]) == 1

    assert capsys.readouterr().err == "There is no connection gigapay. Known are: gigapay-se.\n"


@pytest.mark.parametrize("argv", [["payruns"], ["audit", "verify"]])
def test_reading_without_a_database_says_so_and_makes_none(
    argv: list[str], settings: Path, capsys: Out
) -> None:
    assert main(argv) == 1

    assert capsys.readouterr().err == (
        f"There is no database {settings.parent}/data/bot.db yet: the service makes it when it starts.\n"
    )
    assert not (settings.parent / "data").exists()


def test_the_audit_record_is_verified_and_a_changed_line_is_named(served: Path, capsys: Out) -> None:
    new_token("payroll-1", capsys)
    sealed = wait_for(served, "SELECT min(seq) FROM audit WHERE hash IS NOT NULL")
    assert main(["audit", "verify"]) == 0
    assert capsys.readouterr().out.startswith("The audit record is as it was sealed.\n")

    rows(served, "UPDATE audit SET actor = 'somebody' WHERE seq = ?", sealed)

    assert main(["audit", "verify"]) == 1
    assert capsys.readouterr().out.startswith(
        f"The audit record is broken: line {sealed} is not as it was sealed, or one before it is gone.\n"
    )


def test_no_output_of_any_of_these_holds_a_secret(
    served: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out, logs: list[str]
) -> None:
    token = new_token("payroll-1", capsys)
    monkeypatch.setenv("PAYRUNBOT_TOKEN", token)
    wait_for(served, BOTH_READ)

    for argv in (["check"], ["test"], ["payruns"], ["audit", "verify"], ["propose"], ["why", "gigapay-se/1"]):
        main(argv)

    said = "".join((*capsys.readouterr(), *logs))
    assert "vendor_call" in said
    assert not [value for value in (*ENVIRON.values(), token) if value in said]
