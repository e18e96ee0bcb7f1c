"""What all tests share: a database to start from, and what the long suites came to."""

import asyncio
import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from bot.store.database import open_database
from tests.databases import ENGINE, Migrated, MigratedFile, MigratedServer, url_of
from tests.faults import total
from tests.faults.tally import SESSION
from tests.postgres import Server, one_for_all

KILLS = "tests/faults/test_kill"
IN_MEMORY = Path("/dev/shm")
if os.access(IN_MEMORY, os.W_OK):
    # Every commit is an fsync, which the program calls all the same. A disk that is slow at it
    # would only make the tests slow: none of them takes the power away.
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(IN_MEMORY))


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: the collector of cycles need not look at it."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> MigratedFile:
    path = tmp_path_factory.mktemp("migrated") / "bot.db"

    async def migrate() -> None:
        await (await open_database(url_of(path))).close()

    asyncio.run(migrate())
    return MigratedFile(path)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that runs, for all processes of these tests."""
    own = tmp_path_factory.getbasetemp()
    with one_for_all(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) as server:
        yield server


@pytest.fixture(scope="session")
def migrated(request: pytest.FixtureRequest) -> Migrated:
    """Databases of the engine that PAYRUNBOT_TEST_DATABASE names."""
    if ENGINE == "postgresql":
        return MigratedServer(request.getfixturevalue("postgres"))
    file: MigratedFile = request.getfixturevalue("migrated_file")
    return file


class OneProcessForTheKills(LoadScopeScheduling):
    """Every test by itself to whoever is free, but the kills: they go side by side already.

    A process that takes one of those begins the runs of all of them.
    """

    def _split_scope(self, nodeid: str) -> str:
        return "kills" if nodeid.startswith(KILLS) else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return OneProcessForTheKills(config, log)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Hand over what was counted: of several processes, to the one that started them.

    In CI everything that tests need is there, so that a skipped one has not been run by mistake.
    """
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["counted"] = SESSION.as_json()
        return
    reporter: Any = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") == "true" and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    total.leave(failed=session.exitstatus != 0)


def pytest_testnodedown(node: Any) -> None:
    SESSION.add(getattr(node, "workeroutput", {}).get("counted", {"counts": {}, "kinds": {}}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in SESSION.lines():
        terminalreporter.write_line(line)
