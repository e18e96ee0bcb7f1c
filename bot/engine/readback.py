"""The fresh read before a call, and the read back after it: kept like any other reading."""

from bot.connectors import Gone, VendorProblem
from bot.core.resource import Snapshot
from bot.core.words import say
from bot.engine.bot import Account, Bot
from bot.engine.plan import decide_about
from bot.engine.trouble import connection_well
from bot.store import news, resources
from bot.store.effects import Effect, Unexplained
from bot.store.resources import Resource
from bot.store.unexplained import NEVER_READ


async def read_fresh(bot: Bot, account: Account, held: Effect) -> Resource:
    """Read an effect's resource now, with its lines, and keep it.

    A reading that turns out to be of another resource (its id was handed on) is kept as
    that one's, and is a VendorProblem to whoever wanted this one. So is one whose lines
    could not be read: those of before are kept beside totals that have not changed, and
    nobody may act on lines that may be others by now.
    Raises Gone, VendorProblem, HeldBack, TwoResources, Unexplained.
    """
    found, read = await _read(bot, account, held)
    if read.lines is None and found.snapshot.lines is not None:
        raise VendorProblem(say("gives no lines of {ref} that can be read", ref=found.ref))
    return found


async def read_after(bot: Bot, account: Account, held: Effect) -> Resource | None:
    """The same after a call, when lines decide nothing; None where the vendor no longer knows it by its id.

    It may only be called something else since the call: then the list says what, and the
    next reading back asks by the new id.
    """
    try:
        found, _ = await _read(bot, account, held)
    except Gone:
        await ask_for_list(bot, account, held.correlation)
        return None
    return found


async def _read(bot: Bot, account: Account, held: Effect) -> tuple[Resource, Snapshot]:
    """What is kept now, and the reading itself."""
    async with bot.db.read() as tx:
        known = await resources.get(tx, held.resource)
    if known is None:
        raise Unexplained(NEVER_READ, held)
    snapshot = await account.connection.read(
        known.snapshot.kind, known.snapshot.vendor_id, bot.now(), lines=True
    )
    async with bot.db.write() as tx:
        saved = await resources.save(tx, snapshot, now=bot.now(), correlation=held.correlation)
        await decide_about(bot, tx, saved.resource.id, correlation=held.correlation)
        await connection_well(tx, bot, account)
    if saved.resource.id != held.resource:
        raise VendorProblem(say("answers for {ref} with another one", ref=known.ref))
    return saved.resource, snapshot


async def ask_for_list(bot: Bot, account: Account, correlation: str) -> None:
    """Have the connection's list read now: what was asked for by its id is not there."""
    async with bot.db.write() as tx:
        await news.ask_to_look(
            tx,
            connection=account.id,
            kind=news.LIST,
            key=news.LIST,
            due_at=bot.now(),
            correlation=correlation,
        )
