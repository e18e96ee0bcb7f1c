"""`evidence`: one file for the auditor about a pay run, made beside a running service.

Nothing but the database is read. Unlike the page it verifies the whole record first, and
says in the file what it found.
"""

import asyncio
from argparse import Namespace

from bot.commands.failed import Failed, Misused
from bot.commands.given import read_settings
from bot.commands.new_file import write_new
from bot.commands.out import complain, say
from bot.commands.reading import reading
from bot.connectors import vendor_actions
from bot.core.resource import split_reference
from bot.engine.seal import audit_keys
from bot.settings import Settings
from bot.store import audit, resources
from bot.web.evidence.collect import evidence_of
from bot.web.evidence.printed import printed
from bot.web.evidence.shapes import Evidence
from bot.web.evidence.table import tabled


def run(args: Namespace) -> int:
    """0 with the file written, or on standard output; 1 where the record is not as it was sealed."""
    try:
        connection, vendor_id = split_reference(args.ref)
    except ValueError as error:
        raise Misused(f"{error}.") from None
    found, is_whole = asyncio.run(_read(read_settings(args.config), connection, vendor_id))
    page = printed(found)
    if args.csv:
        _write(args.csv, tabled(found))
    if args.out:
        _write(args.out, page.encode("utf-8"))
    if not (args.out or args.csv):
        say(page)
    if not is_whole:
        complain(found.chain)
    return 0 if is_whole else 1


async def _read(settings: Settings, connection: str, vendor_id: str) -> tuple[Evidence, bool]:
    async with reading(settings) as bot:
        bot.actions = vendor_actions()  # for their words: no vendor can be reached from here
        async with bot.db.read() as tx:
            known = await resources.by_vendor_id(tx, connection, vendor_id)
            if known is None:
                raise Failed(f"There is no pay run {connection}/{vendor_id}, or it has not been read yet.")
            wrong = await audit.verify(tx, audit_keys(bot))
            last = await audit.last_sealed(tx)
            to = f" to line {last.seq}" if last is not None else ""
            chain = f"Broken: {wrong}." if wrong else f"Verified from its first line{to}: as it was sealed."
            found = await evidence_of(bot, tx, known.id, made_for="this machine", chain=chain)
    if found is None:
        raise Failed(f"{connection}/{vendor_id} is no pay run.")
    return found, wrong is None


def _write(name: str, content: bytes) -> None:
    """A new file, for its owner alone: it holds amounts. Raises Failed where there is one."""
    complain(f"Written: {write_new(name, content)}")
