"""Trouble with a connection: counted, told once when it lasts, and once when it is over."""

from collections.abc import Sequence

from bot.connectors import HeldBack, VendorProblem
from bot.connectors.budget import DAY, Purpose
from bot.core import words
from bot.core.action import Outcome, Retry, Unknown
from bot.core.words import say
from bot.engine import connection_health
from bot.engine.bot import Account, Bot
from bot.engine.rest import is_resting, rest_after
from bot.engine.tell import tell
from bot.engine.trace import new_correlation
from bot.store import health, news
from bot.store.codec import fingerprint
from bot.store.database import Tx

UNKNOWN_NEVER_ACTS = say(
    "It is kept as it came. Rules that ask about it are answered unknown, and unknown never acts."
)

FAILURES_BEFORE_TOLD = 3
"""One lost answer is the weather; this many in a row is something to know about."""


async def connection_failed(bot: Bot, account: Account, problem: VendorProblem) -> None:
    """Count one failed call; tell operations once it lasts, or at once where only a person helps.

    After a few in a row, or where the vendor asks for it, nothing is called there for a while.
    """
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
        asked_until = bot.calls.rests_until(account.id)
        rest_until, rests = rest_after(before, failures, problem, asked_until, now)
        await health.set_health(
            tx,
            account.id,
            failing_since=since,
            failures=failures,
            problem=problem.what,
            told_at=told,
            rest_until=rest_until,
            rests=rests,
        )
        if rest_until is not None and rests > before.rests:
            await news.list_again_at(tx, account.id, rest_until)
        await connection_health.news_of(bot, tx, account.id)
    if rest_until is not None and rest_until > now:
        bot.calls.rest(account.id, rest_until)
        bot.log.warning("connection rests", connection=account.id, until=rest_until.isoformat(), rests=rests)


async def note_outcome(bot: Bot, account: Account, outcome: Outcome) -> None:
    """What came of an action says how the connection does, as a reading would."""
    asked_until = bot.calls.rests_until(account.id)
    is_asked = asked_until is not None and asked_until > bot.now()
    if isinstance(outcome, Unknown) or (isinstance(outcome, Retry) and is_asked):
        lost = isinstance(outcome, Unknown)
        await connection_failed(bot, account, VendorProblem(outcome.detail, is_outage=lost))


async def note_held_back(bot: Bot, account: Account, held: HeldBack) -> None:
    """Tell operations once a day that the day's calls are used up, and what that means."""
    bot.log.info("held back", connection=account.id, why=held.what, until=held.until.isoformat())
    if not held.for_the_day:
        return
    now, zone = bot.now(), bot.settings.timezone
    title, budget = account.connector.title, bot.calls.allowed(account.id)
    share = next(one for one in budget.windows() if one.name == DAY).share(Purpose.LOOKS)
    async with bot.db.write() as tx:
        await tell(
            tx,
            f"calls-used-up:{account.id}:{now.astimezone(zone).date()}",
            "notice",
            now=now,
            correlation=new_correlation("budget"),
            connection=account.id,
            title=say("The calls of 24 hours are used up"),
            about=account.id,
            says=[
                say(
                    "{vendor} may be called {count} times in 24 hours, {share} of them to look for news.",
                    vendor=title,
                    count=f"{budget.per_day:,}",
                    share=f"{share:,}",
                ),
                say(
                    "Until {at} nothing new is read there. What is due to be done there goes on for as "
                    "long as its own third lasts, and then waits.",
                    at=words.moment(held.until, zone),
                ),
            ],
            do=say("Read its lists less often (poll), or raise budget.per_day if the account allows more."),
        )


async def connection_well(tx: Tx, bot: Bot, account: Account) -> None:
    """Note that the vendor answers; say so where it was told that it did not.

    An answer to a call from before a rest does not end it.
    """
    before = await health.health(tx, account.id)
    now = bot.now()
    if before.failing_since is None or is_resting(before, now):
        return
    await health.set_health(
        tx,
        account.id,
        failing_since=None,
        failures=0,
        problem="",
        told_at=None,
        rest_until=None,
        rests=0,
    )
    await connection_health.news_of(bot, tx, account.id)
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
                title=say("{vendor} says something payrunbot does not know", vendor=account.connector.title),
                about=about,
                says=[note, UNKNOWN_NEVER_ACTS],
                do=say("Look at it at the vendor, and do by hand what cannot wait."),
            )
