"""Forget somebody: their lines are taken out of every pay run that is at its end.

Totals stay, since accounts need them, and so does the record, which names nobody. What
cannot be erased yet is told with its reason. Done again, it finds what has come to its end
since and nothing else.
"""

import hmac
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from hashlib import sha256
from re import escape, search

from bot.core.resource import reference
from bot.core.words import say
from bot.engine.approve import NothingToDecide
from bot.engine.bot import Bot
from bot.engine.may import Deed, check
from bot.engine.seal import audit_keys
from bot.settings import Person
from bot.store import audit, forgetting, health, keeping, resources

WEBHOOKS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How much of what was erased, and what is left, as sentences."""

    counted: dict[str, int]
    left: tuple[str, ...]


async def forget(bot: Bot, person: Person, employee: str, connection: str | None = None) -> Forgotten:
    """`employee` is the vendor's id of them. Raises NotAllowed, NothingToDecide."""
    check(bot.settings, person, Deed.FORGET)
    await _known(bot, connection)
    async with bot.db.read() as tx:
        runs = await forgetting.runs_of(tx, employee, connection)
    counted: dict[str, int] = {}
    open_runs: list[str] = []
    for resource_id, has_ended in runs:
        if not has_ended:
            open_runs.append(await _ref(bot, resource_id))
            continue
        for what, count in (await _forget_in(bot, resource_id, employee)).items():
            counted[what] = counted.get(what, 0) + count
    counted["webhooks"], waiting = await _webhooks(bot, employee, connection)
    counted = {what: count for what, count in counted.items() if count}
    async with bot.db.write() as tx:
        await audit.note(
            tx,
            bot.now(),
            person.id,
            "had somebody forgotten",
            who=_anonymous(bot, employee),
            connection=connection,
            counted=counted,
            left=len(open_runs) + waiting,
        )
    return Forgotten(counted, tuple(_left(open_runs, waiting)))


async def _known(bot: Bot, connection: str | None) -> None:
    if connection is None or connection in bot.accounts:
        return
    async with bot.db.read() as tx:
        if connection not in await health.removed(tx):
            raise NothingToDecide(say("There is no connection {connection}.", connection=connection))


async def _ref(bot: Bot, resource_id: str) -> str:
    async with bot.db.read() as tx:
        found = await resources.get(tx, resource_id)
    assert found is not None, "a resource is never deleted"
    return reference(found.snapshot.connection, found.snapshot.vendor_id)


async def _forget_in(bot: Bot, resource_id: str, employee: str) -> dict[str, int]:
    """One run, in one transaction: with its mails that name them."""
    async with bot.db.write() as tx:
        counted = await forgetting.forget_in(tx, resource_id, employee)
        if counted:
            naming = [
                row for row in await forgetting.mails_about(tx, resource_id) if _names(row.raw, employee)
            ]
            for row in naming:
                await keeping.erase_mail(tx, row)
            counted["mails"] = len(naming)
    return counted


def _names(raw: bytes, employee: str) -> bool:
    message: EmailMessage = BytesParser(EmailMessage, policy=policy.default).parsebytes(raw)
    body = message.get_body(("plain", "html"))
    text = str(body.get_content()) if body is not None else ""
    return search(rf"(?<![\w-]){escape(employee)}(?![\w-])", text) is not None


async def _webhooks(bot: Bot, employee: str, connection: str | None) -> tuple[int, int]:
    """In batches: how many bodies were erased, and how many are still needed."""
    erased = left = 0
    after: int | None = 0
    while after is not None:
        async with bot.db.write() as tx:
            batch = await forgetting.forget_webhooks(
                tx, employee, connection, after=after, at_most=WEBHOOKS_AT_ONCE
            )
        erased, left, after = erased + batch.erased, left + batch.left, batch.next
    return erased, left


def _anonymous(bot: Bot, employee: str) -> str:
    """The same for the same person, and nothing that leads back to them without the key."""
    _, key = audit_keys(bot)[0]
    return hmac.new(key, f"forgotten:{employee}".encode(), sha256).hexdigest()[:16]


def _left(open_runs: list[str], waiting: int) -> list[str]:
    said = [f"{ref} is not at its end: run this again when it is." for ref in open_runs]
    if waiting:
        said.append(f"{waiting} stored webhooks are about runs that are not at their end.")
    return [
        *said,
        say("The vendor still has what it holds: erase it there."),
        say("The totals of pay runs stay, since accounts need them; the record holds no names and no lines."),
    ]
