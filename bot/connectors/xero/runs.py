"""The pay runs of an organisation, of which each poll reads a part.

Xero has no filter by time and no webhooks. Drafts are what changes, so they are all
asked for at each poll. The whole list is gone through page by page, round and round,
with at most a fifth of the day's calls, spread evenly; what a poll does not read again
is carried over as it was last read. The first reading is of everything.

Nothing is taken for gone because its page has not come yet: a run is left out once a
whole round, in which no page moved, did not have it. A run that was a draft and no
longer is among them is read by itself, at once. What is kept here is a cache only: after
a restart the first reading is of everything again.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.connectors.problem import Gone, HeldBack, VendorProblem
from bot.connectors.xero.api import DRAFT, READINGS, XeroApi, is_whole
from bot.connectors.xero.models import PayRun
from bot.core.words import say

SHARE = 5
"""Of the day's calls the round may have one in so many."""
PAUSE = timedelta(minutes=1)
"""Between two parts of a first reading that is too long for one."""


@dataclass(frozen=True, slots=True)
class _Kept:
    run: PayRun
    read_at: datetime
    round: int


@dataclass(frozen=True, slots=True)
class Runs:
    """All pay runs that are known, and when the one read longest ago was read."""

    all: Sequence[PayRun]
    oldest_at: datetime | None


class PayRuns:
    """What was last read of each pay run of one organisation."""

    def __init__(self, api: XeroApi, *, per_minute: int, per_day: int) -> None:
        self._api = api
        self._every = timedelta(days=1) / max(1, per_day // SHARE)
        self._at_once = max(1, per_minute // 4)
        self._lock = asyncio.Lock()
        self._kept: dict[str, _Kept] = {}
        self._is_complete = False
        self._round, self._page, self._seen, self._rereads = 0, 1, 0, 0
        self._counted: int | None = None
        self._pages = 1
        self._spent_until: datetime | None = None

    async def read(self, now: datetime) -> Runs:
        """Read what is due, and give all that is known.

        Raises what reading raises, and HeldBack while the first reading is not through.
        """
        async with self._lock:
            if not self._is_complete:
                await self._read_first(now)
                self._spent_until = now
            else:
                await self._go_on(now)
            await self._read_drafts(now)
            oldest = min((one.read_at for one in self._kept.values()), default=None)
            return Runs(tuple(one.run for one in self._kept.values()), oldest)

    async def _read_first(self, now: datetime) -> None:
        for _ in range(self._at_once):
            await self._read_page(now)
            if self._is_complete:
                return
        raise HeldBack(say("is read for the first time, a part a minute"), now + PAUSE)

    async def _go_on(self, now: datetime) -> None:
        """As many pages as have been earned since, and never more than one round."""
        since = self._spent_until if self._spent_until and self._spent_until <= now else now
        earned = (now - since) // self._every
        pages = min(earned, self._pages, self._at_once)
        self._spent_until = now if earned > pages else since
        for _ in range(pages):
            await self._read_page(now)
            self._spent_until = min(now, self._spent_until + self._every)

    async def _read_page(self, now: datetime) -> None:
        if self._page == 1:
            self._round, self._seen, self._counted = self._round + 1, 0, None
        page = await self._api.pay_run_page(self._page)
        for key, run in page.rows.items():
            before = self._kept.get(key)
            self._seen += before is None or before.round < self._round
            self._kept[key] = _Kept(run, now, self._round)
        self._counted = self._counted if page.counted is None else page.counted
        if page.is_last:
            self._end_round()
        else:
            self._page += 1

    def _end_round(self) -> None:
        self._pages, self._page = self._page, 1
        if is_whole(self._pages, self._counted, self._seen):
            self._is_complete, self._rereads = True, 0
            self._kept = {key: one for key, one in self._kept.items() if one.round == self._round}
        elif not self._is_complete:
            self._rereads += 1
            if self._rereads == READINGS:
                self._rereads = 0
                raise VendorProblem(
                    say("moved the pages of its pay runs while they were read, {count} times", count=READINGS)
                )

    async def _read_drafts(self, now: datetime) -> None:
        drafts = {run.payrun_id: run for run in await self._api.pay_runs(DRAFT)}
        for key, run in drafts.items():
            self._keep_by_itself(key, run, now)
        was_draft = [key for key, one in self._kept.items() if one.run.payrun_status == DRAFT]
        for key in was_draft:
            if key in drafts:
                continue
            try:
                self._keep_by_itself(key, (await self._api.pay_run(key)).as_listed(), now)
            except Gone:
                del self._kept[key]

    def _keep_by_itself(self, key: str, run: PayRun, now: datetime) -> None:
        """What was read between two pages. The page that it is on has yet to count it."""
        before = self._kept.get(key)
        self._kept[key] = _Kept(run, now, before.round if before else self._round)
