"""Databases at this version to start from: a copy of a file, or one made from a server's template."""

import os
import shutil
from pathlib import Path
from typing import Protocol

from tests.postgres import Server, fresh_database

ENGINES = ("sqlite", "postgresql")
ENGINE = os.environ.get("PAYRUNBOT_TEST_DATABASE", ENGINES[0])
"""Which of them tests use that run on one: the same tests pass on both."""
assert ENGINE in ENGINES, f"PAYRUNBOT_TEST_DATABASE is {ENGINE}; write {' or '.join(ENGINES)}"


class Migrated(Protocol):
    """Where databases at this version come from. Migrating takes longer than most tests."""

    async def fresh(self, folder: Path) -> str:
        """The address of one that nobody has used; a file is in `folder`, the test's own."""


class MigratedFile:
    """A file that is copied."""

    def __init__(self, path: Path) -> None:
        self.path = path

    async def fresh(self, folder: Path) -> str:
        shutil.copy(self.path, folder / "bot.db")
        return url_of(folder / "bot.db")


class MigratedServer:
    """A server, where each test has a database."""

    def __init__(self, server: Server) -> None:
        self.server = server

    async def fresh(self, folder: Path | None = None) -> str:
        return await fresh_database(self.server)


def url_of(path: Path) -> str:
    """A file's address, as the settings hold it."""
    return f"sqlite+aiosqlite:///{path}"
