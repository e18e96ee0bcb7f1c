"""What all runs share: the nursery and the template, made once, and the count at the end."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from bot.core.fault import POINTS
from tests.faults.campaign import Campaign
from tests.faults.nursery import Nursery
from tests.faults.run import Ran
from tests.faults.template import make_template
from tests.faults.witness import Template


@dataclass
class Count:
    """What the runs of this session came to."""

    runs: int = 0
    points: set[str] = field(default_factory=set)
    violations: int = 0

    def add(self, point: str, ran: Ran) -> None:
        self.runs += 1
        self.violations += len(ran.violations)
        if ran.was_killed:
            self.points.add(point)


_COUNT = Count()


@pytest.fixture
def count() -> Count:
    return _COUNT


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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _COUNT.runs:
        terminalreporter.write_line(
            f"faults: {_COUNT.runs} runs, {len(_COUNT.points)} of {len(POINTS)} points reached, "
            f"{_COUNT.violations} violations"
        )
