"""`backup`: a copy of the database beside a running service, verified before it has its name."""

import asyncio
from argparse import Namespace
from pathlib import Path
from time import monotonic

from bot.commands.failed import Failed
from bot.commands.given import read_settings
from bot.commands.out import say
from bot.commands.reading import reading
from bot.engine.seal import audit_keys
from bot.settings import Settings
from bot.store import audit
from bot.store.backup import NoBackup, make_backup
from bot.store.database import open_database


def backup(args: Namespace) -> int:
    return asyncio.run(_backup(read_settings(args.config), Path(args.file).absolute()))


async def _backup(settings: Settings, to: Path) -> int:
    """0 for a copy that is whole; 1 for one whose audit record does not verify. Raises Failed."""
    started = monotonic()
    async with reading(settings) as bot:
        path, keys = bot.db.path, audit_keys(bot)
        if path is None:
            raise Failed("This database is a server's own: it is backed up there, with pg_dump.")
        try:
            size = await asyncio.to_thread(make_backup, path, to)
        except NoBackup as problem:
            raise Failed(f"No backup was made: {problem}.") from None
    copy = await open_database(f"sqlite+aiosqlite:///{to}", read_only=True)
    try:
        async with copy.read() as tx:
            wrong = await audit.verify(tx, keys)
    finally:
        await copy.close()
    say(f"{to}: {size / 1_000_000:.1f} MB in {monotonic() - started:.1f} s, read back whole.")
    if wrong is None:
        return 0
    say(f"Its audit record is broken, as that of the database is: {wrong}.")
    return 1
