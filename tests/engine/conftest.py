"""A stand with Gigapay alone, and a migrated database that each stand starts from."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store.database import open_database

from .stand import Stand, stand


@pytest.fixture(scope="session")
def migrated_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("migrated") / "bot.db"


@pytest.fixture
async def migrated(migrated_path: Path) -> Path:
    """A database at this version, made once: migrating takes longer than most tests."""
    if not migrated_path.exists():
        await (await open_database(f"sqlite+aiosqlite:///{migrated_path}")).close()
    return migrated_path


@pytest.fixture
async def gigapay(tmp_path: Path, migrated: Path) -> AsyncIterator[Stand]:
    async with stand(tmp_path, "gigapay", database=migrated) as made:
        yield made
