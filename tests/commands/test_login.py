"""`login`: from the terminal to the vendor's page and back, at a service that runs."""

from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from bot.__main__ import main
from bot.app import SystemClock
from bot.sandbox import Roubler
from tests.commands.place import ENVIRON, write_settings
from tests.commands.running import loop_in_a_thread, rows, service_running, wait_for

Out = pytest.CaptureFixture[str]

pytestmark = pytest.mark.usefixtures("logs")
CONNECTION = """\
connections:
  - id: roubler-au
    vendor: roubler
    calendar: au-nsw
    client_id: c1
    client_secret: env:GIGAPAY
    company_id: "999"
    base_url: {base_url}
    token_url: {token_url}
"""


@pytest.fixture
def roubler() -> Iterator[Roubler]:
    with loop_in_a_thread() as run:
        vendor = Roubler(SystemClock(), examples=True)
        run(vendor.start())
        try:
            yield vendor
        finally:
            run(vendor.stop())


@pytest.fixture
def served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int, roubler: Roubler
) -> Iterator[Path]:
    path = write_settings(tmp_path, port=unused_tcp_port)
    before, _, _ = path.read_text().partition("connections:")
    path.write_text(before + CONNECTION.format(base_url=roubler.root_url, token_url=roubler.token_url))
    monkeypatch.setenv("PAYRUNBOT_CONFIG", str(path))
    with service_running(path):
        yield path


def as_person(person: str, monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    monkeypatch.delenv("PAYRUNBOT_TOKEN", raising=False)
    assert main(["token", "new", person]) == 0
    monkeypatch.setenv("PAYRUNBOT_TOKEN", capsys.readouterr().out.strip())


def begun(capsys: Out) -> str:
    """Where to log in, as somebody without a terminal is told it."""
    assert main(["login", "roubler-au"]) == 2
    return capsys.readouterr().out.strip()


def came_back(url: str) -> str:
    """Log in on the vendor's page: where it sends the browser."""
    parts = urlsplit(url)
    vendor = HTTPConnection(parts.netloc, timeout=5)
    try:
        vendor.request("GET", f"{parts.path}?{parts.query}")
        return vendor.getresponse().headers["Location"]
    finally:
        vendor.close()


def test_somebody_logs_in_once_and_the_connection_is_read(
    served: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    as_person("payroll-1", monkeypatch, capsys)

    back = came_back(begun(capsys))

    assert urlsplit(back).path == "/login/roubler-au"
    assert main(["login", "roubler-au", "--came-back", back]) == 0
    assert capsys.readouterr().out == "Logged in at Roubler. roubler-au is read now.\n"
    assert wait_for(served, "select count(*) from resource")
    kept = rows(served, "select * from credential")
    assert kept and ENVIRON["GIGAPAY"] not in repr(kept) and "refresh" not in repr(kept)
    noted = rows(served, "select actor from audit where what_json like '%logged in%'")
    assert noted == [("payroll-1",)]


def test_the_code_is_good_once(served: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out) -> None:
    as_person("payroll-1", monkeypatch, capsys)
    back = came_back(begun(capsys))
    main(["login", "roubler-au", "--came-back", back])
    capsys.readouterr()

    assert main(["login", "roubler-au", "--came-back", back]) == 1

    assert capsys.readouterr().err.endswith("Begin again.\n")


@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param(lambda back: back.replace("state=", "state=x"), id="another state"),
        pytest.param(lambda back: back.partition("&state=")[0], id="no state"),
        pytest.param(lambda back: "https://example.com/", id="another address"),
        pytest.param(lambda back: "nothing", id="no address"),
    ],
)
def test_what_nobody_began_here_finishes_nothing(
    spoilt, served: Path, roubler: Roubler, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    as_person("payroll-1", monkeypatch, capsys)
    back = spoilt(came_back(begun(capsys)))

    assert main(["login", "roubler-au", "--came-back", back]) == 1

    assert "is not the end of a login that payroll-1 began here" in capsys.readouterr().err
    assert rows(served, "select count(*) from credential") == [(0,)]


def test_a_login_that_somebody_else_began_is_not_finished(
    served: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    as_person("payroll-1", monkeypatch, capsys)
    back = came_back(begun(capsys))
    as_person("finance-1", monkeypatch, capsys)

    assert main(["login", "roubler-au", "--came-back", back]) == 1

    assert "finance-1 began here" in capsys.readouterr().err


def test_a_connection_that_needs_no_login_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out, unused_tcp_port: int
) -> None:
    path = write_settings(tmp_path, port=unused_tcp_port)
    monkeypatch.setenv("PAYRUNBOT_CONFIG", str(path))
    with service_running(path):
        as_person("payroll-1", monkeypatch, capsys)

        assert main(["login", "gigapay-se"]) == 1
        assert main(["login", "xero-uk"]) == 1

    assert capsys.readouterr().err.splitlines() == [
        "Nothing was decided: Gigapay needs no login: its credentials are in bot.yaml.",
        "Nothing was decided: There is no connection xero-uk.",
    ]
