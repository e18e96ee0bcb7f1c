"""`migrate` and `move`, from a service's own file to a server that it then serves on."""

from pathlib import Path
from time import monotonic, sleep

import pytest

from bot.__main__ import main
from tests.commands.place import write_settings
from tests.commands.running import rows, service_running, wait_for
from tests.faults.database import rows as rows_there
from tests.ports import hold
from tests.postgres import Server, empty_database


@pytest.fixture
async def address(postgres: Server) -> str:
    return await empty_database(postgres)


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    with hold() as place:
        path = write_settings(tmp_path, port=int(place.getsockname()[1]))
    return Path(path)


def test_a_service_goes_on_where_its_database_was_moved_to(
    settings: Path, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with service_running(settings):
        assert main(["token", "new", "payroll-1"]) == 0
        assert wait_for(settings, "select hash from audit")
    before = rows(settings, "select seq, what_json, hash from audit order by seq")
    moved = main(["move", "--to", address])
    said = capsys.readouterr().out
    again = main(["serve"])
    refused = capsys.readouterr().err
    settings.write_text(settings.read_text() + f"database: {address}\naudit_head: data/server.head\n")
    with service_running(settings):
        wait_for_seal(address)
    verified = main(["audit", "verify"])

    there = rows_there(address, "select seq, what_json, hash from audit order by seq")
    assert (moved, again, verified) == (0, 1, 0)
    assert "each as it was" in said
    assert "was moved to postgresql://" in refused
    assert before and [tuple(row) for row in there][: len(before)] == before
    assert '"what":"moved the database"' in "".join(row["what_json"] for row in there)


def wait_for_seal(address: str) -> None:
    until = monotonic() + 10
    while rows_there(address, "select 1 from audit where hash is null") and monotonic() < until:
        sleep(0.05)


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ("postgresql://bot:canary@db/bot", "--to holds a password"),
        ("sqlite:///other.db", "--to names no server"),
        ("postgresql://db", "--to names no server"),
        ("env:NOT_SET_ANYWHERE", "NOT_SET_ANYWHERE is not set"),
    ],
)
def test_an_address_that_is_none_is_told(
    settings: Path, to: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["move", "--to", to])
    said = capsys.readouterr().err

    assert code == 2
    assert why in said and "canary" not in said


def test_a_server_that_is_not_there_is_told_in_one_sentence(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["move", "--to", "postgresql://bot@127.0.0.1:1/bot"])

    assert code == 1
    assert capsys.readouterr().err.startswith("postgresql://…@127.0.0.1:1/bot cannot be opened: ")


def test_migrate_makes_the_tables(settings: Path, address: str, capsys: pytest.CaptureFixture[str]) -> None:
    settings.write_text(settings.read_text() + f"database: {address}\n")

    assert main(["migrate"]) == 0
    assert "are of this version" in capsys.readouterr().out
    assert rows_there(address, "select count(*) from audit")[0][0] == 0
