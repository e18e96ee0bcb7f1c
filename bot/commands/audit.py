"""`audit verify`: whether the permanent record is as it was written."""

import asyncio
from argparse import Namespace

from bot.commands.given import read_settings
from bot.commands.out import say
from bot.commands.reading import reading
from bot.engine.seal import audit_keys
from bot.settings import Settings
from bot.store import audit


def verify(args: Namespace) -> int:
    return asyncio.run(_verify(read_settings(args.config)))


async def _verify(settings: Settings) -> int:
    """1 with the place where the chain is broken. Lines not sealed yet are not told about."""
    async with reading(settings) as bot, bot.db.read() as tx:
        wrong = await audit.verify(tx, audit_keys(bot))
    say("The audit record is as it was sealed." if wrong is None else f"The audit record is broken: {wrong}.")
    return 0 if wrong is None else 1
