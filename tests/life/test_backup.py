"""`backup` beside a running service, and what a service says that starts on an older copy."""

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.__main__ import main
from tests.commands.place import ENVIRON, write_settings
from tests.commands.running import gigapay_running, rows

from .serving import Running, fetch, serving, wait_until

Out = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def gigapay() -> Iterator[str]:
    with gigapay_running() as base_url:
        yield base_url


@pytest.fixture
def settings(tmp_path: Path, unused_tcp_port: int, gigapay: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    return write_settings(tmp_path, port=unused_tcp_port, gigapay=("http://127.0.0.1:1", gigapay))


def write_in_the_record(settings: Path, person: str) -> None:
    """Do something that is written there, and wait until it is sealed and its head exported."""
    head = settings.parent / "data" / "bot.db.head"
    assert main(["token", "new", person, "--config", str(settings)]) == 0
    last = rows(settings, "select max(seq) from audit")[0][0]
    wait_until(lambda: head.exists() and f'"seq":{last}' in head.read_text())


def stop(running: Running) -> None:
    running.send(signal.SIGTERM)
    assert running.ended(within_s=20) == 0


def test_a_backup_is_made_beside_the_service_and_verified(
    settings: Path, tmp_path: Path, unused_tcp_port: int, capsys: Out
) -> None:
    copy = tmp_path / "copy.db"
    with serving(settings) as running:
        wait_until(lambda: rows(settings, "select count(*) from resource")[0][0])
        made = main(["backup", str(copy), "--config", str(settings)])
        said = capsys.readouterr()
        again = main(["backup", str(copy), "--config", str(settings)])
        refused = capsys.readouterr()
        answered = fetch(f"http://127.0.0.1:{unused_tcp_port}/readyz")[0]
        stop(running)

    assert (made, said.err) == (0, "")
    assert said.out.startswith(f"{copy}: ") and said.out.endswith(" s, read back whole.\n")
    assert (again, refused.err) == (
        1,
        f"No backup was made: {copy} is there already, and is not written over: name another file.\n",
    )
    assert (copy.stat().st_mode & 0o777, answered) == (0o600, 200)


def rows_port(settings: Path) -> str:
    return settings.read_text().split('listen: "127.0.0.1:')[1].split('"')[0]


def test_a_backup_of_a_record_that_was_changed_says_so(settings: Path, tmp_path: Path, capsys: Out) -> None:
    with serving(settings) as running:
        write_in_the_record(settings, "finance-1")
        stop(running)
    rows(settings, "update audit set actor = 'nobody' where seq = 1")

    assert main(["backup", str(tmp_path / "copy.db"), "--config", str(settings)]) == 1
    assert "Its audit record is broken, as that of the database is: line 1 " in capsys.readouterr().out


def test_an_older_copy_put_in_place_is_said_in_the_record_and_to_operations(
    settings: Path, tmp_path: Path, capsys: Out
) -> None:
    database, copy = tmp_path / "data" / "bot.db", tmp_path / "copy.db"
    with serving(settings) as running:
        write_in_the_record(settings, "finance-1")
        assert main(["backup", str(copy), "--config", str(settings)]) == 0
        write_in_the_record(settings, "payroll-1")
        write_in_the_record(settings, "finance-2")
        last = rows(settings, "select max(seq) from audit")[0][0]
        stop(running)
    for left in tmp_path.glob("data/bot.db-*"):
        left.unlink()
    shutil.copy(copy, database)
    with serving(settings) as running:
        wait_until(
            lambda: rows(settings, "select count(*) from mail where subject like '%older copy%'")[0][0]
        )
        wait_until(lambda: rows(settings, "select count(*) from audit where hash is null") == [(0,)])
        stop(running)
    capsys.readouterr()
    (first,) = rows(settings, "select seq from audit where what = 'went on from an older copy'")[0]
    assert first < last

    assert "went on from an older copy" in str(rows(settings, "select what_json from audit"))
    assert rows(settings, "select recipient from mail where subject like '%older copy%'") == [
        ("ops@example.com",)
    ]
    assert main(["audit", "verify", "--config", str(settings)]) == 0
    said = capsys.readouterr().out
    # All that was lost, though other lines have some of the numbers by now.
    assert f"An older copy was put in place: lines {first} to {last} are lost with the database " in said


def test_a_database_replaced_by_garbage_is_refused_in_one_sentence(settings: Path, tmp_path: Path) -> None:
    database = tmp_path / "data" / "bot.db"
    database.parent.mkdir()
    database.write_bytes(b"garbage" * 1000)

    with serving(settings, listens=False) as running:
        code = running.ended(within_s=20)

    assert (code, running.log.read_text()) == (
        1,
        f"{database} is no database. Put a backup in its place, without bot.db-wal.\n",
    )
