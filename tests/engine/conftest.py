"""A stand with Gigapay alone; and of what may differ between engines, each test on both."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.databases import ENGINE, ENGINES, Migrated, MigratedFile, MigratedServer

from .stand import Stand, stand

ON_BOTH = frozenset(
    {"adoption", "approvals", "at_most", "breaker", "budget", "forget", "guards", "hand_over", "in_step"}
    | {"interrupted", "keep", "key_rotation", "looks_merged", "many_rules", "mutes", "news", "once", "poll"}
    | {"polled_first", "read_back", "remove", "replay", "schedules", "seal", "unexplained", "unknown"}
    | {"versions"}
)
"""Modules about what is read and written in one transaction. The others, a server is tried with by
PAYRUNBOT_TEST_DATABASE=postgresql."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "migrated" in metafunc.fixturenames:
        name = metafunc.module.__name__.rpartition("test_")[2]
        engines = ENGINES if name in ON_BOTH else (ENGINE,)
        metafunc.parametrize("migrated", engines, indirect=True, scope="session")


@pytest.fixture(scope="session")
def migrated(request: pytest.FixtureRequest) -> Migrated:
    if request.param == "postgresql":
        return MigratedServer(request.getfixturevalue("postgres"))
    file: MigratedFile = request.getfixturevalue("migrated_file")
    return file


@pytest.fixture
async def gigapay(tmp_path: Path, migrated: Migrated) -> AsyncIterator[Stand]:
    async with stand(tmp_path, "gigapay", database=migrated) as made:
        yield made
