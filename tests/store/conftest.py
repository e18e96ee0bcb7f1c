"""A fresh database in a temporary folder, and what rows are made of."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.store.database import Database, open_database

NOW = datetime(2026, 11, 13, 14, 0, tzinfo=UTC)
LEASE = timedelta(seconds=60)


def url_of(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await open_database(url_of(tmp_path / "bot.db"))
    yield opened
    await opened.close()
