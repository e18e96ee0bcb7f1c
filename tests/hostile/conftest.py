"""The stand that the hostile visitors come to."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.web.stand import APPROVER, Browser, Stand, stand


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Stand]:
    async with stand(tmp_path) as made:
        yield made


@pytest.fixture
async def approver(site: Stand) -> AsyncIterator[Browser]:
    """The approver's browser, signed in."""
    async with site.signed_in(APPROVER) as browser:
        yield browser
