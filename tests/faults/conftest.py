"""What all runs share: the nursery and the template, made once, and the campaign."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.faults.campaign import Campaign
from tests.faults.nursery import Nursery
from tests.faults.template import make_template
from tests.faults.witness import Template


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    one = Nursery()
    yield one
    one.close()


@pytest.fixture(scope="session")
def template(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Template:
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(make_template(tmp_path_factory.mktemp("template"), nursery))
    finally:
        loop.close()


@pytest.fixture(scope="session")
def campaign(
    request: pytest.FixtureRequest,
    nursery: Nursery,
    template: Template,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Campaign]:
    """The runs of all tests that were chosen, begun with the first of them."""
    one = Campaign(tmp_path_factory.mktemp("runs"), nursery, template)
    chosen = (getattr(item, "callspec", None) for item in request.session.items)
    one.begin(spec.params["kill"] for spec in chosen if spec is not None and "kill" in spec.params)
    yield one
    one.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The runs of a campaign go side by side already, so that one process takes all its tests."""
    for item in items:
        if "campaign" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("campaign"))
