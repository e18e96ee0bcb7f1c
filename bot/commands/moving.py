"""`migrate` and `move`: the tables brought to this version, and carried over to a server.

Neither calls a service: `migrate` is for those who keep the right to change tables apart from
the service's login, and `move` is done while none runs.
"""

import asyncio
import os
import re
from argparse import Namespace

from sqlalchemy.exc import DBAPIError

from bot.app import SystemClock
from bot.commands.failed import Failed, Misused
from bot.commands.given import read_settings
from bot.commands.out import say
from bot.engine.seal import keys_of
from bot.settings import Settings
from bot.store import audit
from bot.store.database import Database, home_of, open_database
from bot.store.home import DatabaseInUse, DatabaseUnsafe
from bot.store.move import Moved, NotMoved, move


def migrate(args: Namespace) -> int:
    return asyncio.run(_migrate(read_settings(args.config)))


async def _migrate(settings: Settings) -> int:
    database = await _opened(settings.database, serves=False)
    await database.close()
    say(f"The tables of {home_of(settings.database).name} are of this version.")
    return 0


def carry(args: Namespace) -> int:
    return asyncio.run(_carry(read_settings(args.config), _address(args.to)))


def _address(given: str) -> str:
    """Raises Misused."""
    named = re.fullmatch(r"env:(\w+)", given)
    if named is not None:
        if named[1] not in os.environ:
            raise Misused(f"{named[1]} is not set in the environment.")
        given = os.environ[named[1]]
    elif re.search(r"//[^/@]*:[^/@]*@", given):
        raise Misused("--to holds a password, which others on this machine could read: write --to env:NAME.")
    if not re.match(r"postgresql://[^/]*/[^/?]", given):
        raise Misused("--to names no server: write postgresql://user@host/database, or env:NAME.")
    return given


async def _carry(settings: Settings, to: str) -> int:
    """0 once everything is there and verified. Raises Failed."""
    if settings.database.startswith("postgresql://"):
        raise Failed("The database in the settings is a server already.")
    source = await _opened(settings.database, serves=True)
    try:
        target = await _opened(to, serves=False)
        try:
            moved = await _moved(settings, source, target, home_of(to).name)
        finally:
            await target.close()
    finally:
        await source.close()
    say(f"{moved.total:,} rows of {len(moved.rows)} tables are in {home_of(to).name}, each as it was.")
    say("Name it as `database` in bot.yaml, and a file as `audit_head`, then start the service.")
    say("The file stays as it was, and serves nobody any more.")
    return 0


async def _moved(settings: Settings, source: Database, target: Database, name: str) -> Moved:
    clock, keys = SystemClock(), keys_of(settings)
    async with source.read() as tx:
        wrong = await audit.verify(tx, keys)
    if wrong is not None:
        raise Failed(f"Nothing was moved: the audit record is broken, {wrong}.")
    try:
        moved = await move(source, target, name=name)
    except NotMoved as problem:
        raise Failed(f"It was not moved. {problem}") from None
    except (DBAPIError, OSError) as problem:
        why = getattr(problem, "orig", None) or problem
        raise Failed(f"The moving was cut off: {why}. Run it again, and it goes on from there.") from None
    async with target.write() as tx:
        await audit.note(
            tx,
            clock.now(),
            audit.BOT,
            "moved the database",
            rows=moved.total,
            tables=len(moved.rows),
        )
        wrong = await audit.verify(tx, keys)
    if wrong is not None:
        raise Failed(f"It is all there, but its audit record does not verify: {wrong}.")
    return moved


async def _opened(address: str, *, serves: bool) -> Database:
    """Raises Failed."""
    try:
        return await open_database(address, serves=serves)
    except (DatabaseInUse, DatabaseUnsafe) as problem:
        raise Failed(str(problem)) from None
    except (DBAPIError, OSError) as problem:
        why = getattr(problem, "orig", None) or problem
        raise Failed(f"{home_of(address).name} cannot be opened: {why}.") from None
