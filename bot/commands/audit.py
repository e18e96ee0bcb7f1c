"""`audit verify`: whether the permanent record is as it was written, to its last line.

It needs no service: the database is only read, and the exported head is a file. The file is
read first: a service that runs goes on sealing, and may only be ahead of it.
"""

import asyncio
from argparse import Namespace
from pathlib import Path

from bot.commands.given import read_settings
from bot.commands.out import say
from bot.commands.reading import reading
from bot.core.words import moment
from bot.engine.bot import Bot
from bot.engine.seal import audit_keys, head_file
from bot.settings import Settings
from bot.store import audit, head
from bot.store.head import Head, HeadProblem

MEND = (
    "Keep the database and the file of its head as they are, and compare them with the newest backup "
    "that verifies."
)


def verify(args: Namespace) -> int:
    given = Path(args.head) if args.head else None
    return asyncio.run(_verify(read_settings(args.config), given))


async def _verify(settings: Settings, given: Path | None) -> int:
    """1 with the place where it is broken. Lines not sealed yet are not told about."""
    async with reading(settings) as bot:
        try:
            exported, problem = _heads(bot, given), ""
        except HeadProblem as error:
            exported, problem = (), str(error)
        async with bot.db.read() as tx:
            wrong = await audit.verify(tx, audit_keys(bot))
            gaps = await head.gaps(tx, exported)
            last = await audit.last_sealed(tx)
    if wrong is not None:
        say(f"The audit record is broken: {wrong}.")
        say(MEND)
        return 1
    unsaid = [one for one in gaps if one.excused_at is None]
    if unsaid:
        say(f"The audit record is broken: {head.lost(unsaid[-1])}.")
        say(MEND)
        return 1
    say("The audit record is as it was sealed.")
    if gaps and (excuse := gaps[-1].excuse) is not None:
        at = moment(excuse.at, settings.timezone)
        say(f"An older copy was put in place: {excuse.lost()}. The record says so since {at}.")
    if last is None:
        return 0
    if problem:
        say(f"Whether its last lines are all there cannot be told: {problem}.")
        return 1
    if exported:
        say(f"Its exported head is line {exported[-1].seq} of {last.seq}: nothing is missing before it.")
    return 0


def _heads(bot: Bot, given: Path | None) -> tuple[Head, ...]:
    """Raises HeadProblem."""
    path = given or head_file(bot)
    if path is None:
        raise HeadProblem("this database is no file, and the settings name no audit_head")
    return head.read(path, dict(audit_keys(bot)))
