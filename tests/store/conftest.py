"""A database at this version in a temporary folder, and the instant that tests begin at."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.store.database import Database, open_database

NOW = datetime(2026, 11, 13, 14, 0, tzinfo=UTC)
LEASE = timedelta(seconds=60)


def url_of(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("migrated") / "bot.db"

    async def migrate() -> None:
        await (await open_database(url_of(path))).close()

    asyncio.run(migrate())
    return path


@pytest.fixture
async def db(tmp_path: Path, migrated: Path) -> AsyncIterator[Database]:
    shutil.copy(migrated, tmp_path / "bot.db")
    opened = await open_database(url_of(tmp_path / "bot.db"))
    yield opened
    await opened.close()
