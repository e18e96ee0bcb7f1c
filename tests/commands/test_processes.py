"""The long-running commands as real processes, ended by real signals."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen
from sys import executable
from urllib.request import urlopen

import pytest

from bot.__main__ import main
from tests.commands.place import ENVIRON, REPO, write_settings


@contextmanager
def process(*argv: str) -> Iterator[Popen[str]]:
    """`python -m bot …`, killed where a test leaves it running."""
    environ = {**os.environ, "PYTHONPATH": str(REPO)}
    with Popen([executable, "-m", "bot", *argv], stdout=PIPE, stderr=PIPE, text=True, env=environ) as running:
        try:
            yield running
        finally:
            running.kill()


def first_line(running: Popen[str]) -> dict[str, str]:
    assert running.stdout is not None
    line = running.stdout.readline()
    assert line, running.stderr.read() if running.stderr else ""
    found: dict[str, str] = json.loads(line)
    return found


def fetch(url: str) -> tuple[int, bytes]:
    with urlopen(url, timeout=5) as reply:
        return reply.status, reply.read()


def test_serve_says_where_it_listens_answers_and_ends_well_on_sigterm(
    tmp_path: Path, unused_tcp_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    write_settings(tmp_path, port=unused_tcp_port)

    with process("serve") as running:
        said = first_line(running)
        answered = fetch(f"{said['url']}/healthz")
        second = main(["serve"])
        running.send_signal(signal.SIGTERM)
        out, err = running.communicate(timeout=10)

    assert said["event"] == "listening" and said["url"] == f"http://127.0.0.1:{unused_tcp_port}"
    assert said["at"].endswith("Z")
    assert answered[0] == 200
    assert second == 1
    assert capsys.readouterr().err == (
        f"{tmp_path}/data/bot.db is in use by another payrunbot. Stop that one, or give this one its own.\n"
    )
    assert (running.returncode, err) == (0, "")
    events = [json.loads(line)["event"] for line in out.splitlines()]
    assert "stopping" in events
    assert events[-1] == "stopped"
    assert not [value for value in ENVIRON.values() if value in out]


def test_a_port_that_is_taken_is_told_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with process("sandbox", "--vendor", "roubler") as running:
        port = int(first_line(running)["base_url"].split(":")[2].partition("/")[0])
        write_settings(tmp_path, port=port)

        assert main(["serve"]) == 1

    said = capsys.readouterr().err
    assert said.startswith(f"The service cannot start on 127.0.0.1:{port}: ")
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("vendor", "path", "token_path", "ending"),
    [
        pytest.param("gigapay", "/v2/", None, signal.SIGTERM, id="ended by who runs it"),
        pytest.param("roubler", "/graphql", "/oauth2/token", signal.SIGINT, id="ended at the keyboard"),
    ],
)
def test_the_sandbox_prints_where_it_is_answers_and_ends_well(
    vendor: str, path: str, token_path: str | None, ending: signal.Signals, unused_tcp_port: int
) -> None:
    root = f"http://127.0.0.1:{unused_tcp_port}"

    with process("sandbox", "--vendor", vendor, "--port", str(unused_tcp_port)) as running:
        said = first_line(running)
        answered = fetch(f"{root}/_sandbox/ledger")
        running.send_signal(ending)
        out, err = running.communicate(timeout=10)

    assert said == {
        "vendor": vendor,
        "base_url": root + path,
        "token_url": root + token_path if token_path else None,
    }
    assert answered == (200, b"[]")
    assert (running.returncode, out, err) == (0, "", "")


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    with process("check", str(REPO / "rules")) as running:
        assert running.stdout is not None and running.stderr is not None
        running.stdout.close()
        said = running.stderr.read()
        running.wait(10)

    assert said == ""
