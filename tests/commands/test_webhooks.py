"""`webhooks sync` at a service that runs, and a vendor that keeps what it is told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.app import SystemClock
from bot.connectors import connectors
from bot.sandbox import Gigapay
from tests.commands.place import write_settings
from tests.commands.running import loop_in_a_thread, rows, service_running

Out = pytest.CaptureFixture[str]

pytestmark = pytest.mark.usefixtures("logs")
ELSEWHERE = "https://somebody.example.com/hooks/gigapay-se/Payrun.created"


@pytest.fixture
def gigapay() -> Iterator[Gigapay]:
    with loop_in_a_thread() as run:
        vendor = Gigapay(SystemClock(), examples=True)
        run(vendor.start())
        try:
            yield vendor
        finally:
            run(vendor.stop())


@pytest.fixture
def served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out, unused_tcp_port: int, gigapay: Gigapay
) -> Iterator[Path]:
    path = write_settings(
        tmp_path, port=unused_tcp_port, gigapay=("http://127.0.0.1:1\n", f"{gigapay.base_url}\n")
    )
    monkeypatch.setenv("PAYRUNBOT_CONFIG", str(path))
    with service_running(path):
        assert main(["token", "new", "payroll-1"]) == 0
        monkeypatch.setenv("PAYRUNBOT_TOKEN", capsys.readouterr().out.strip())
        yield path


def test_they_are_registered_once_mended_and_no_one_elses_are_touched(
    served: Path, gigapay: Gigapay, capsys: Out
) -> None:
    known = [event for event in connectors()["gigapay"].hook_events if not event.endswith(".status")]
    gigapay.state.webhooks["theirs"] = {"id": "theirs", "url": ELSEWHERE, "events": ["Payrun.created"]}

    first = main(["webhooks", "sync"])
    said_first = capsys.readouterr().out
    registered = [hook for hook in gigapay.state.webhooks.values() if hook["url"] != ELSEWHERE]
    second = main(["webhooks", "sync"])
    said_second = capsys.readouterr().out
    ours = next(key for key, hook in gigapay.state.webhooks.items() if hook["url"] != ELSEWHERE)
    gigapay.state.webhooks[ours]["events"] = ["Employee.claimed"]
    third = main(["webhooks", "sync"])
    said_third = capsys.readouterr().out

    assert (first, second, third) == (0, 0, 0)
    assert {f"registered {hook['url']}" for hook in registered} <= set(
        map(str.strip, said_first.splitlines())
    )
    assert len(registered) == len(known)
    assert "registered" not in said_second and "removed" not in said_second
    assert said_third.count("mended ") == 1
    assert gigapay.state.webhooks["theirs"]["url"] == ELSEWHERE
    assert len(gigapay.state.webhooks) == len(known) + 1
    notes = rows(served, "select distinct actor from audit where what_json like '%registered webhooks%'")
    assert notes == [("payroll-1",)]


def test_a_vendor_that_refuses_is_told_of(served: Path, gigapay: Gigapay, capsys: Out) -> None:
    gigapay.faults.add("status", call="GET /webhooks/", code=403)

    assert main(["webhooks", "sync"]) == 1

    assert "Gigapay answered 403" in capsys.readouterr().out
