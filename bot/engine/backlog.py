"""How much news waits, roughly: enough to say "come again later" before more is taken in.

Nobody counts a table for each webhook. The ticks count now and then, never further than
the bound, and what was taken in since is added on the way.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # webhooks are taken before SQLAlchemy is imported
    from bot.store.database import Tx

AT_MOST = 10_000
"""Webhooks that are not sorted yet and readings that wait, together."""

COUNTED_EVERY = timedelta(seconds=1)


class Backlog:
    """An estimate. Every commit of webhooks is told to it."""

    def __init__(self, at_most: int = AT_MOST) -> None:
        self._at_most = at_most
        self._waiting = 0
        self._counted_at: datetime | None = None

    @property
    def is_full(self) -> bool:
        return self._waiting >= self._at_most

    def took(self, count: int) -> None:
        self._waiting += count

    async def count(self, tx: "Tx", wall: datetime) -> None:
        """Count again, unless that was done a moment ago."""
        if self._counted_at is not None and abs(wall - self._counted_at) < COUNTED_EVERY:
            return
        from bot.store import news  # who has a transaction has imported what it takes

        self._counted_at = wall
        self._waiting = await news.backlog(tx, at_most=self._at_most)
