"""The bot as one would write it first: each event is taken under a lease, and acted on.

Kept as a subject of the suite, which must find it out. Taking turns at events looks safe,
and survives any number of kills: what is acted on is read from the vendor each time, and
a closed payrun is not closed again. But two events can be about one payrun. Both workers
read that it is open, and both close it.
"""

from sqlalchemy import text

from bot import jobs
from bot.connectors.gigapay.actions import CLOSE_PAYRUN
from bot.core.decide import Verdict, decide
from bot.core.fault import fault_point
from bot.engine.bot import Bot
from bot.facts.gather import gather
from bot.store.codec import fingerprint

WORKERS = 2

_LEASES = "create table if not exists naive_lease (id integer primary key, until float not null)"
_NEXT = """
    select inbox.id, connection, event, raw from inbox left join naive_lease on naive_lease.id = inbox.id
    where state = 'new' and coalesce(until, 0) < :now order by inbox.id limit 1
"""
_TAKE = "insert into naive_lease values (:id, :until) on conflict (id) do update set until = :until"
_DONE = "update inbox set state = 'sorted' where id = :id"


def instead_of_the_journal() -> None:
    """Make this process work that way; what it posts and seals is left as it is."""
    kept = [kind for kind in jobs.KINDS if kind.name in ("post", "seal")]
    events = jobs.Kind("events", handle_event, lambda due, now: due.to_sort, width=WORKERS)
    jobs.KINDS = (events, *kept)


async def handle_event(bot: Bot) -> bool:
    """Take one event, and do what the rules say about what it is about."""
    wall, lease = bot.lease()
    async with bot.db.write() as tx:
        await tx.execute(text(_LEASES))
        event = (await tx.execute(text(_NEXT), {"now": wall.timestamp()})).one_or_none()
        if event is None:
            return False
        await tx.execute(text(_TAKE), {"id": event.id, "until": (wall + lease).timestamp()})
    await fault_point("effect.claimed")
    read = bot.accounts[event.connection].connector.hook_about
    for kind, key in (read(event.event, event.raw) if read else None) or ():
        await _act(bot, event.id, event.connection, kind, key)
    async with bot.db.write() as tx:
        await tx.execute(text(_DONE), {"id": event.id})
    return True


async def _act(bot: Bot, event: int, connection: str, kind: str, key: str) -> None:
    account = bot.accounts[connection]
    snapshot = await account.connection.read(kind, key, bot.now(), lines=True)
    await fault_point("effect.read")
    for running in bot.rules.values():
        if running.rule.watch != kind or running.rule.then[0].action != CLOSE_PAYRUN.name:
            continue
        facts = gather(snapshot, (), running.calendar(account), bot.now())
        decided = decide(running.rule, facts, bot.now(), running.mode)
        if decided.verdict is Verdict.ACT:
            await fault_point("effect.before_call")
            request = CLOSE_PAYRUN.request(snapshot)
            await account.connection.act(CLOSE_PAYRUN.name, request, fingerprint([event]))
            await fault_point("effect.called")
