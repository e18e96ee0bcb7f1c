"""A stand with Gigapay alone."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.databases import Migrated

from .stand import Stand, stand


@pytest.fixture
async def gigapay(tmp_path: Path, migrated: Migrated) -> AsyncIterator[Stand]:
    async with stand(tmp_path, "gigapay", database=migrated) as made:
        yield made
