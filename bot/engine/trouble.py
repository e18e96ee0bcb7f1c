"""Trouble with a connection: counted, told once when it lasts, and once when it is over."""

from collections.abc import Sequence

from bot.connectors import VendorProblem
from bot.engine.bot import Account, Bot
from bot.engine.tell import tell
from bot.engine.trace import new_correlation
from bot.store import health
from bot.store.codec import fingerprint
from bot.store.database import Tx

UNKNOWN_NEVER_ACTS = (
    "It is kept as it came. Rules that ask about it are answered unknown, and unknown never acts."
)

FAILURES_BEFORE_TOLD = 3
"""One lost answer is the weather; this many in a row is something to know about."""


async def connection_failed(bot: Bot, account: Account, problem: VendorProblem) -> None:
    """Count one failed read; tell operations once it lasts, or at once where only a person helps."""
    now = bot.now()
    async with bot.db.write() as tx:
        before = await health.health(tx, account.id)
        since = before.failing_since or now
        failures = before.failures + 1
        told = before.told_at
        if told is None and (failures >= FAILURES_BEFORE_TOLD or problem.needs):
            told = now
            await tell(
                tx,
                f"failing:{account.id}:{since.isoformat()}",
                "connection_failing",
                now=now,
                correlation=new_correlation("failing"),
                connection=account.id,
                since=since.isoformat(),
                what=problem.what,
                needs=problem.needs,
                last_read_at=before.listed_at.isoformat() if before.listed_at else None,
            )
        await health.set_health(
            tx, account.id, failing_since=since, failures=failures, problem=problem.what, told_at=told
        )


async def connection_well(tx: Tx, bot: Bot, account: Account) -> None:
    """Note that the vendor answers; say so where it was told that it did not."""
    before = await health.health(tx, account.id)
    if before.failing_since is None:
        return
    now = bot.now()
    await health.set_health(tx, account.id, failing_since=None, failures=0, problem="", told_at=None)
    if before.told_at is not None:
        await tell(
            tx,
            f"recovered:{account.id}:{before.failing_since.isoformat()}",
            "connection_recovered",
            now=now,
            correlation=new_correlation("recovered"),
            connection=account.id,
            since=before.failing_since.isoformat(),
            recovered_at=now.isoformat(),
        )
    bot.log.info("vendor answers again", failures=before.failures)


async def note_oddities(bot: Bot, account: Account, about: str, notes: Sequence[str]) -> None:
    """Tell operations once of what a vendor says that we do not know: words, odd numbers."""
    if not notes:
        return
    async with bot.db.write() as tx:
        for note in notes:
            await tell(
                tx,
                f"odd:{account.id}:{fingerprint([about, note])}",
                "notice",
                now=bot.now(),
                correlation=new_correlation("odd"),
                connection=account.id,
                title=f"{account.connector.title} says something payrunbot does not know",
                about=about,
                says=[note, UNKNOWN_NEVER_ACTS],
                do="Look at it at the vendor, and do by hand what cannot wait.",
            )
