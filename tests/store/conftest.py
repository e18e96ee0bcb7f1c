"""A database at this version, of each engine, and the instant that tests begin at."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.store.database import Database, open_database
from tests.databases import ENGINES, Migrated, MigratedFile, MigratedServer

NOW = datetime(2026, 11, 13, 14, 0, tzinfo=UTC)
LEASE = timedelta(seconds=60)


@pytest.fixture(params=ENGINES)
def migrated(request: pytest.FixtureRequest) -> Migrated:
    if request.param == "postgresql":
        return MigratedServer(request.getfixturevalue("postgres"))
    file: MigratedFile = request.getfixturevalue("migrated_file")
    return file


@pytest.fixture
async def url(migrated: Migrated, tmp_path: Path) -> str:
    """The address of a database at this version."""
    return await migrated.fresh(tmp_path)


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    opened = await open_database(url)
    yield opened
    await opened.close()


@pytest.fixture
async def file_db(migrated_file: MigratedFile, tmp_path: Path) -> AsyncIterator[Database]:
    """A file, for what is true of files alone."""
    opened = await open_database(await migrated_file.fresh(tmp_path))
    yield opened
    await opened.close()
