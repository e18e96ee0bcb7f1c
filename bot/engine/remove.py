"""Remove a connection: nothing is read or done there any more, and what is known of it is kept.

What may be at the vendor this moment must be settled first; nobody would confirm it
afterwards. From the commit on the connection is gone for this service, whatever happens to
what comes after it: taking away its webhooks, erasing what it logs in with, exporting. Each
of these can be done again by removing it once more.
"""

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

from bot.connectors import VendorProblem
from bot.core.words import joined, say, say_many
from bot.engine.approve import NothingToDecide
from bot.engine.bot import Account, Bot
from bot.engine.may import Deed, check
from bot.engine.rounds import withdraw_asking
from bot.engine.seal import head_file
from bot.engine.tell import tell
from bot.engine.trace import new_correlation
from bot.settings import Person
from bot.store import access, audit, effects, export, health, news
from bot.store.database import Tx
from bot.store.effects import UNDER_WAY, Effect, State

REASON = say("its connection was removed")


@dataclass(frozen=True, slots=True)
class Removal:
    """What was done, for whoever asked."""

    withdrawn: int
    hooks: tuple[str, ...]
    left: tuple[str, ...]
    """What is left to a person, as sentences."""
    file: Path


def withdrawn_says(count: int) -> str:
    if not count:
        return say("nothing was planned there")
    return say_many(count, "{count} planned action was withdrawn", "{count} planned actions were withdrawn")


async def remove_connection(bot: Bot, person: Person, connection: str) -> Removal:
    """Raises NotAllowed, NothingToDecide; OSError where the export cannot be written."""
    check(bot.settings, person, Deed.REMOVE_CONNECTION)
    account = bot.accounts.get(connection)
    correlation = new_correlation("remove")
    async with bot.db.write() as tx:
        if account is None and connection not in await health.removed(tx):
            raise NothingToDecide(say("There is no connection {connection}.", connection=connection))
        withdrawn = await _withdraw(bot, tx, connection, correlation)
        await news.forget_looks(tx, connection)
        await health.set_health(tx, connection, removed_at=bot.now())
        await audit.note(
            tx, bot.now(), person.id, "removed a connection", connection=connection, withdrawn=withdrawn
        )
    bot.accounts = {id: one for id, one in bot.accounts.items() if id != connection}
    hooks, left = await _unregister(bot, account, connection)
    file = await _export(bot, connection)
    left += [say("Take {connection} out of bot.yaml.", connection=connection), _still_valid(account)]
    async with bot.db.write() as tx:
        await access.forget_credential(tx, connection)
        await _tell(bot, tx, person, connection, withdrawn, left, correlation)
    bot.wake()
    return Removal(withdrawn, hooks, tuple(left), file)


async def _withdraw(bot: Bot, tx: Tx, connection: str, correlation: str) -> int:
    """End what has not started, and say so to those who were asked. Raises NothingToDecide."""
    still_open = await effects.open_of_connection(tx, connection)
    at_vendor = [one for one in still_open if one.is_vendor and one.state in UNDER_WAY]
    if at_vendor:
        names = joined(
            say("{action} on {run}", action=one.action, run=one.resource.partition(":")[2])
            for one in at_vendor
        )
        raise NothingToDecide(say("It may be at the vendor this moment: settle first {names}.", names=names))
    if any(_is_being_told(bot, one) for one in still_open):
        raise NothingToDecide(say("Mails about it are being made: try again in a minute."))
    now = bot.now()
    started = (State.PLANNED, State.WAITING)
    for one in still_open:
        if one.state not in started:
            continue
        # Whoever has it in hand loses it with this, and finds out before the call.
        await effects.withdraw_rest(tx, one.chain, reason=REASON, now=now)
        if one.is_vendor:
            await withdraw_asking(bot, tx, one, REASON, correlation)
            await audit.note(
                tx, now, audit.BOT, "withdrew", resource=one.resource, effect=one.name, why=REASON
            )
    return sum(one.is_vendor and one.state in started for one in still_open)


def _is_being_told(bot: Bot, one: Effect) -> bool:
    """A mail that is due and waits for nothing before it. It could not be made any more."""
    is_due = one.state is State.PLANNED and one.not_before <= bot.now()
    return not one.is_vendor and is_due and one.after is None


async def _unregister(
    bot: Bot, account: Account | None, connection: str
) -> tuple[tuple[str, ...], list[str]]:
    """Take away its webhooks; what the vendor did not let us do is left to a person."""
    if account is None:
        return (), []
    try:
        return await account.connection.unregister_hooks(bot.settings.http.public_url), []
    except VendorProblem as problem:
        address = bot.link(f"/hooks/{connection}/")
        vendor = account.connector.title
        return (), [
            say(
                "Take its webhooks to {address} away at {vendor}, which {what}.",
                address=address,
                vendor=vendor,
                what=problem.what,
            )
        ]


def _still_valid(account: Account | None) -> str:
    where = account.connector.title if account is not None else say("the vendor")
    return say("Its key or login is still valid at {where}: revoke it there.", where=where)


async def _export(bot: Bot, connection: str) -> Path:
    """Beside the head of the record, readable by the service alone."""
    beside = head_file(bot)
    folder = beside.parent if beside is not None else Path.cwd()
    path = folder / f"removed-{connection}-{bot.now():%Y%m%dT%H%M%S}.jsonl"
    handle = await asyncio.to_thread(os.open, path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        async with bot.db.read() as tx:
            async for line in export.lines_of(tx, connection):
                file.write(line)
        file.flush()
        await asyncio.to_thread(os.fsync, file.fileno())
    return path


async def _tell(
    bot: Bot, tx: Tx, person: Person, connection: str, withdrawn: int, left: list[str], correlation: str
) -> None:
    await tell(
        tx,
        f"removed:{connection}",
        "notice",
        now=bot.now(),
        correlation=correlation,
        title=say("{connection} was removed", connection=connection),
        about=connection,
        says=[
            say("it was removed by {person}: nothing is read or done there any more", person=person.id),
            withdrawn_says(withdrawn),
        ],
        do=joined(left, " "),
    )
