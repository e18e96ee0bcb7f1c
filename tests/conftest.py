"""What all tests share: a database to start from, and what the long suites came to."""

import asyncio
import os
from pathlib import Path

import pytest

from bot.store.database import open_database
from tests.faults.size import summary

IN_MEMORY = Path("/dev/shm")
if os.access(IN_MEMORY, os.W_OK):
    # Every commit is an fsync, which the program calls all the same. A disk that is slow at it
    # would only make the tests slow: none of them takes the power away.
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(IN_MEMORY))


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database at this version, made once: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("migrated") / "bot.db"

    async def migrate() -> None:
        await (await open_database(f"sqlite+aiosqlite:///{path}")).close()

    asyncio.run(migrate())
    return path


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in summary():
        terminalreporter.write_line(line)
