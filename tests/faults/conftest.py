"""What all runs share: the nursery and the template, made once, and the campaign."""

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.databases import ENGINE, Migrated, MigratedServer
from tests.faults.campaign import Campaign
from tests.faults.nursery import Nursery
from tests.faults.size import IS_WHOLE, is_ours
from tests.faults.template import make_template
from tests.faults.witness import BOTH, Template
from tests.postgres import Server

HERE = Path(__file__).parent

if ENGINE != "sqlite":
    # These are about a file and its disk, or play years within one process on one.
    collect_ignore = ["test_disk.py", "test_simulation.py"]
elif IS_WHOLE:
    # Several replicas share a server: they belong to its whole.
    collect_ignore = ["test_replicas.py"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of a share of the whole, leave out the tests that are in another one."""
    others = [
        item
        for item in items
        if HERE in item.path.parents
        and item.get_closest_marker("in_every_share") is None
        and not is_ours(item.nodeid)
    ]
    if others:
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item not in others]


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    one = Nursery()
    yield one
    one.close()


@pytest.fixture(scope="session")
def template(nursery: Nursery, migrated: Migrated, tmp_path_factory: pytest.TempPathFactory) -> Template:
    """With connections at two vendors."""
    return _made(tmp_path_factory.mktemp("template"), nursery, migrated, BOTH)


@pytest.fixture(scope="session")
def templates(
    nursery: Nursery, migrated: Migrated, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, Template]:
    """By vendor, each with a connection there alone."""
    return {vendor: _made(tmp_path_factory.mktemp(vendor), nursery, migrated, (vendor,)) for vendor in BOTH}


@pytest.fixture(scope="session")
def server_templates(
    nursery: Nursery, postgres: Server, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, Template]:
    """The same on a server, which several replicas share."""
    migrated = MigratedServer(postgres)
    return {vendor: _made(tmp_path_factory.mktemp(vendor), nursery, migrated, (vendor,)) for vendor in BOTH}


def _made(folder: Path, nursery: Nursery, migrated: Migrated, vendors: tuple[str, ...]) -> Template:
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(make_template(folder, nursery, migrated, vendors))
    finally:
        loop.close()


@pytest.fixture(scope="session")
def campaign(
    request: pytest.FixtureRequest,
    nursery: Nursery,
    templates: Mapping[str, Template],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Campaign]:
    """The runs of all tests that were chosen, begun with the first of them."""
    one = Campaign(tmp_path_factory.mktemp("runs"), nursery, templates)
    chosen = (getattr(item, "callspec", None) for item in request.session.items)
    one.begin(spec.params["kill"] for spec in chosen if spec is not None and "kill" in spec.params)
    yield one
    one.close()
