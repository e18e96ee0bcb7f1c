"""A stand with Gigapay alone."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from .stand import Stand, stand


@pytest.fixture
async def gigapay(tmp_path: Path, migrated: Path) -> AsyncIterator[Stand]:
    async with stand(tmp_path, "gigapay", database=migrated) as made:
        yield made
