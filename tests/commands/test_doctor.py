"""`doctor` against a vendor and a mail server that are there, that are away, and that are wrong."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.sandbox import Inbox
from tests.commands.place import write_settings
from tests.commands.running import gigapay_running, loop_in_a_thread, service_running
from tests.databases import MigratedServer
from tests.postgres import Server

Out = pytest.CaptureFixture[str]


class OneTime:
    """A clock for the inbox."""

    def now(self) -> datetime:
        return datetime(2026, 11, 13, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def gigapay() -> Iterator[str]:
    with gigapay_running() as base_url:
        yield base_url


@pytest.fixture(scope="module")
def smtp() -> Iterator[str]:
    with loop_in_a_thread() as run:
        inbox = Inbox(OneTime())
        run(inbox.start())
        try:
            yield f"127.0.0.1:{inbox.port}"
        finally:
            run(inbox.stop())


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gigapay: str, smtp: str) -> Path:
    path = write_settings(
        tmp_path,
        gigapay=("http://127.0.0.1:1\n", f"{gigapay}\n"),
        mail=("smtp+plain://127.0.0.1:1", f"smtp+plain://{smtp}"),
    )
    monkeypatch.setenv("PAYRUNBOT_CONFIG", str(path))
    return path


def examined(capsys: Out) -> tuple[int, dict[tuple[str, str], tuple[bool | None, str]]]:
    code = main(["doctor", "--json"])
    said = json.loads(capsys.readouterr().out)
    return code, {(one["part"], one["what"]): (one["ok"], one["said"]) for one in said["checked"]}


def test_where_all_is_well_it_says_so_and_makes_nothing(settings: Path, capsys: Out) -> None:
    before = sorted(path.name for path in settings.parent.iterdir())

    assert main(["doctor"]) == 0

    said = capsys.readouterr().out
    assert "ok       reach the vendor" in said
    assert said.rstrip().splitlines()[-1].startswith("Nothing is wrong")
    assert sorted(path.name for path in settings.parent.iterdir()) == before


def test_beside_a_running_service_it_finds_the_database_in_use(
    settings: Path, capsys: Out, logs: list[str], unused_tcp_port: int
) -> None:
    settings.write_text(settings.read_text().replace(":8080", f":{unused_tcp_port}"))
    with service_running(settings):
        code, found = examined(capsys)

    database = next(value for (_, what), value in found.items() if what.startswith("database"))
    assert code == 0
    assert database == (True, "a service has it open")


def test_a_server_is_looked_at_as_well(settings: Path, capsys: Out, postgres: Server) -> None:
    address = asyncio.run(MigratedServer(postgres).fresh())
    settings.write_text(settings.read_text() + f"database: {address}\n")
    _, without = examined(capsys)
    settings.write_text(settings.read_text() + "audit_head: data/head\n")
    _, found = examined(capsys)
    settings.write_text(settings.read_text().replace(address, "postgresql://bot@127.0.0.1:1/bot"))
    code, away = examined(capsys)

    ((is_kept, _),) = [value for (_, what), value in without.items() if what.startswith("database")]
    assert is_kept is None
    assert ("machine", f"database {address.partition('?')[0].replace('bot@', '…@')}") in found
    ((is_there, why),) = [value for (_, what), value in away.items() if what.startswith("database")]
    assert (code, is_there) == (1, False)
    assert "cannot be reached" in why


def test_a_vendor_that_is_away_is_wrong_and_the_rest_is_still_tried(
    settings: Path, capsys: Out, gigapay: str
) -> None:
    settings.write_text(settings.read_text().replace(gigapay, "http://127.0.0.1:1"))

    code, found = examined(capsys)

    reading = [ok for (part, _), (ok, _) in found.items() if part == "gigapay-se"]
    assert code == 1
    assert reading[0] is False
    assert next(ok for (_, what), (ok, _) in found.items() if what.startswith("mail server")) is True


def test_a_mail_server_that_is_away_is_wrong(settings: Path, capsys: Out, smtp: str) -> None:
    settings.write_text(settings.read_text().replace(smtp, "127.0.0.1:1"))

    code, found = examined(capsys)

    assert code == 1
    assert found["machine", "mail server 127.0.0.1:1"][0] is False


def test_a_clock_that_is_not_the_vendors_is_wrong(
    settings: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Fast:
        def now(self) -> datetime:
            return datetime.now(UTC) + timedelta(minutes=3)

        wall = now

    monkeypatch.setattr("bot.commands.doctor.SystemClock", Fast)

    code, found = examined(capsys)

    ok, said = found["machine", "this machine's clock"]
    assert (code, ok) == (1, False)
    assert said.endswith("s ahead of the clock of gigapay-se's vendor")
