"""What all tests share: a database to start from, and what the long suites came to."""

import asyncio
from pathlib import Path

import pytest

from bot.store.database import open_database
from tests.faults.size import summary


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
