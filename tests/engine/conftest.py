"""A stand with Gigapay alone, and a migrated database that each stand starts from."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store.database import open_database

from .stand import Stand, stand


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database at this version, made once: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("migrated") / "bot.db"

    async def migrate() -> None:
        await (await open_database(f"sqlite+aiosqlite:///{path}")).close()

    asyncio.run(migrate())
    return path


@pytest.fixture
async def gigapay(tmp_path: Path, migrated: Path) -> AsyncIterator[Stand]:
    async with stand(tmp_path, "gigapay", database=migrated) as made:
        yield made
