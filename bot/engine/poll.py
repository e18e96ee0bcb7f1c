"""A poll: the look at a connection's whole list, which finds out what to read.

Those are the resources that are new, whose row in the list changed, or that are live, which
means that their details can change without the list showing it.

A long list is compared while it comes: what its first pages show is written down while the
last are on their way. Nothing of that is ever wrong, though the list be given up in the
middle or read again: it says of some rows that they are as they were, and wishes to read
others. What only the whole list can say is said at its end.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.connectors import Listed, Listing, ListsByPages
from bot.core.fault import fault_point
from bot.engine import connection_health
from bot.engine.adopt import adopt_when_synced
from bot.engine.bot import Account, Bot
from bot.engine.plan import is_stale
from bot.engine.trouble import connection_well, note_oddities
from bot.store import crowd, decisions, health, news, resources, waits
from bot.store.database import Tx
from bot.store.news import Look
from bot.store.resources import LastListed

WRITTEN_AT_ONCE = 500
"""Rows of a list in one transaction. A list that is shorter is one transaction at its end."""

Key = tuple[str, str]
"""Kind and vendor id."""


class _Comparison:
    """What a list shows beside what is stored, compared as it comes."""

    def __init__(self, bot: Bot, account: Account, taken: Look, now: datetime) -> None:
        self._bot = bot
        self._account = account
        self._taken = taken
        self._now = now
        self._came: list[Listed] = []
        self._has_come = asyncio.Event()
        self._has_ended = False
        self.last: Mapping[Key, LastListed] = {}
        self.unchanged: set[Key] = set()
        # What is not written down yet.
        self._as_before: list[str] = []
        self._stale: list[str] = []
        self._to_read: dict[Key, str] = {}

    def told(self, rows: Sequence[Listed]) -> None:
        """A page has come."""
        self._came.extend(rows)
        self._has_come.set()

    def end(self) -> None:
        """No more pages come."""
        self._has_ended = True
        self._has_come.set()

    async def run(self) -> None:
        """Compare what comes until the list ends; write down where much has been compared."""
        async with self._bot.db.read() as tx:
            self.last = await resources.last_listed(tx, self._account.id)
        while True:
            await self._has_come.wait()
            self._has_come.clear()
            was_last = self._has_ended
            came, self._came = self._came, []
            for number, row in enumerate(came, 1):
                self._compare(row)
                if number % resources.ROWS_AT_A_TIME == 0:
                    await asyncio.sleep(0)
            if was_last:
                return
            if len(self._as_before) + len(self._to_read) >= WRITTEN_AT_ONCE:
                async with self._bot.db.write() as tx:
                    await self.write(tx)

    def _compare(self, row: Listed) -> None:
        key = (row.kind, row.vendor_id)
        before = self.last.get(key)
        if before is None or before.fingerprint != row.fingerprint or row.is_live:
            self.unchanged.discard(key)
            self._to_read[key] = row.fingerprint
            return
        self.unchanged.add(key)
        self._as_before.append(before.id)
        if is_stale(before.observed_at, self._account, self._bot, self._now):
            self._stale.append(before.id)

    async def write(self, tx: Tx) -> None:
        """Write down what was compared and is not written down yet."""
        as_before, self._as_before = self._as_before, []
        stale, self._stale = self._stale, []
        to_read, self._to_read = self._to_read, {}
        await self.ask(tx, [(*key, fingerprint) for key, fingerprint in to_read.items()])
        await resources.seen_unchanged(tx, as_before, self._now)
        # While nobody could read it, it answered unknown; nothing else would ask it again.
        await decisions.decide_unknown_again(tx, stale, self._now)

    async def ask(self, tx: Tx, several: Sequence[tuple[str, str, str | None]]) -> None:
        """Wish to read these now."""
        await news.ask_to_look_at(
            tx, self._account.id, several, due_at=self._now, correlation=self._taken.correlation
        )


async def poll(bot: Bot, account: Account, taken: Look) -> None:
    """Read the list and compare it with what is stored. Raises what `Connection.list` raises."""
    now = bot.now()
    async with bot.db.read() as tx:
        waiting = await crowd.waiting(tx, account.id)
    comparison = _Comparison(bot, account, taken, now)
    listing = await _listing(account, now, comparison)
    await fault_point("look.read")
    listed = {(row.kind, row.vendor_id) for row in listing.rows}
    async with bot.db.write() as tx:
        await comparison.write(tx)
        await crowd.after_list(
            tx,
            account.id,
            waiting,
            unchanged=comparison.unchanged & listed,
            listed=listed,
            now=now,
            wall=bot.clock.wall(),
        )
        # Gone from the list: one read says whether it was deleted or only drifted past a page.
        missing = [key for key, before in comparison.last.items() if before.is_live and key not in listed]
        await comparison.ask(tx, [(*key, None) for key in missing])
        await news.finish_poll(
            tx, taken, next_at=now + account.poll, again_at=now + bot.settings.timing.look_gap
        )
        await health.set_health(tx, account.id, listed_at=now, oldest_at=listing.oldest_at)
        # An empty list is read whole at once: nothing follows it that would start the rules' time.
        await adopt_when_synced(bot, tx, account.id)
        await connection_well(tx, bot, account)
        await connection_health.news_of(bot, tx, account.id)
        await fault_point("look.before_commit")
    await fault_point("look.committed")
    bot.measures.poll(account.id, "read")
    await _may_act(bot, account)
    await note_oddities(bot, account, account.id, listing.notes)
    oldest_at = listing.oldest_at.isoformat() if listing.oldest_at else None
    unchanged = len(comparison.unchanged & listed)
    bot.log.info("listed", rows=len(listing.rows), unchanged=unchanged, oldest_at=oldest_at)


async def _listing(account: Account, now: datetime, comparison: _Comparison) -> Listing:
    """The whole list, compared by then."""
    connection = account.connection
    comparing = asyncio.create_task(comparison.run())
    try:
        if isinstance(connection, ListsByPages):
            return await connection.list_by_pages(now, comparison.told)
        listing = await connection.list(now)
        comparison.told(listing.rows)
        return listing
    finally:
        comparison.end()
        await comparing  # not interrupted: it may be at the database


async def _may_act(bot: Bot, account: Account) -> None:
    """From the first list since the start on, things may be done at this connection."""
    if account.id not in bot.polled:
        bot.polled.add(account.id)
        async with bot.db.write() as tx:
            await waits.hurry_waiting(tx, bot.now(), connection=account.id, only_for="list")
