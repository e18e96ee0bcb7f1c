import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.commands.place import ENVIRON, Answering, serve_answers, write_settings


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty folder to stand in, and of the environment only what the settings name."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("PAYRUNBOT_"):
            monkeypatch.delenv(name)
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """`serve` sends all logs to the stdout it has, which here is gone after the test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def logs(logging_as_before: None) -> list[str]:
    """A service's log lines, kept out of the commands' output."""
    lines: list[str] = []

    def keep(_logger: object, _name: str, event: structlog.typing.EventDict) -> str:
        lines.append(str(event))
        raise structlog.DropEvent

    structlog.configure(processors=[structlog.processors.format_exc_info, keep])
    return lines


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    return write_settings(tmp_path)


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Iterator[Answering]:
    """A service to call, with a token to call it with."""
    stand = Answering()
    server = serve_answers(stand)
    monkeypatch.setenv("PAYRUNBOT_URL", stand.url)
    monkeypatch.setenv("PAYRUNBOT_TOKEN", "prb_canary")
    yield stand
    server.shutdown()
    server.server_close()
