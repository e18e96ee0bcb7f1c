"""A server that is killed and comes back is used again, and what was committed is there."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from bot.store.database import Database, open_database
from bot.store.intake import Delivery
from bot.store.tables import connection_state, inbox
from tests.postgres import Server, empty_database, restart, start_server, stop_server


@pytest.fixture
def own() -> Iterator[Server]:
    """A server of this test's own, to be killed."""
    folder = Path(tempfile.mkdtemp(prefix="payrunbot-pg-", dir=os.environ.get("PYTEST_DEBUG_TEMPROOT")))
    folder.chmod(0o755)
    yield start_server(folder)
    stop_server(folder)
    shutil.rmtree(folder)


async def write(db: Database, name: str) -> None:
    async with db.write() as tx:
        await tx.execute(connection_state.insert().values(connection=name, failures=0, problem=""))


async def take(db: Database, name: str) -> None:
    await db.take_in(Delivery("a", "e", f"e:{name}", 0, 1, "{}", b"", name, "signed", "c"))


async def test_what_was_committed_is_there_and_the_rest_goes_on(own: Server) -> None:
    db = await open_database(await empty_database(own))
    await write(db, "before")
    await take(db, "before")
    await asyncio.to_thread(stop_server, Path(own.folder), "immediate")
    for doing in (write, take):
        with pytest.raises((DBAPIError, OSError)):
            await doing(db, "meanwhile")
    await asyncio.to_thread(restart, Path(own.folder))
    await write(db, "after")
    await take(db, "after")

    async with db.read() as tx:
        written = (await tx.execute(select(connection_state.c.connection))).scalars().all()
        taken = (await tx.execute(select(inbox.c.sha256))).scalars().all()
    await db.close()
    assert (sorted(written), sorted(taken)) == (["after", "before"], ["after", "before"])
