"""Make the vendors' webhooks what they should be: ours registered, our stale ones gone.

What is somebody else's at the vendor is never touched: only addresses under this bot's own
`public_url` and the connection's own path are. One vendor that fails keeps no other from it.
"""

from dataclasses import dataclass

from bot.connectors import VendorProblem
from bot.engine.bot import Account, Bot
from bot.engine.may import Deed, check
from bot.settings import Person
from bot.store import audit


@dataclass(frozen=True, slots=True)
class Registered:
    """What was done at one vendor, as sentences; `failed` where it could not be done to its end."""

    connection: str
    done: tuple[str, ...] = ()
    failed: str = ""


async def sync_webhooks(bot: Bot, person: Person) -> tuple[Registered, ...]:
    """At every connection whose vendor has webhooks. Doing it again changes nothing. Raises NotAllowed."""
    check(bot.settings, person, Deed.SYNC_WEBHOOKS)
    accounts = [one for one in bot.accounts.values() if one.connector.hook_events]
    return tuple([await _sync(bot, person, account) for account in accounts])


async def _sync(bot: Bot, person: Person, account: Account) -> Registered:
    try:
        done = await account.connection.register_hooks(bot.settings.http.public_url)
    except VendorProblem as problem:
        return Registered(account.id, failed=f"{account.connector.title} {problem}")
    if done:
        async with bot.db.write() as tx:
            await audit.note(
                tx, bot.now(), person.id, "registered webhooks", connection=account.id, done=list(done)
            )
    return Registered(account.id, done)
