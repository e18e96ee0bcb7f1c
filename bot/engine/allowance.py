"""The calls that a connection has left, in blocks that were written down before they are made.

Most calls are taken from a block in memory and cost nothing. A process that dies loses the
rest of its blocks and never exceeds what the vendor allows; one that lives gives back what
a span left over.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.connectors import HeldBack
from bot.connectors.budget import DAY, MINUTE, Budget, Purpose, Span, Used, Window
from bot.core.clock import Clock
from bot.core.words import say
from bot.store import call_use
from bot.store.database import Database

COUNTED_AHEAD = timedelta(minutes=1)
"""Calls that go with an action are counted as late as they may be made."""


@dataclass(slots=True)
class _Block:
    """Calls of one span of one window that are written down, and not made yet."""

    span: Span
    left: int


USED_UP = {
    MINUTE: say("has used up its calls of the minute"),
    DAY: say("has used up its calls of the day"),
}


class Allowance:
    """What one connection may still be called, for looks and for effects."""

    def __init__(self, db: Database, clock: Clock, connection: str, budget: Budget) -> None:
        self._db = db
        self._clock = clock
        self._connection = connection
        self._blocks: dict[tuple[str, Purpose], _Block] = {}
        self._writing = asyncio.Lock()
        self.windows = budget.windows()

    async def take(self, purpose: Purpose) -> None:
        """Take one call, which is to be made at once. Raises HeldBack."""
        if self._from_blocks(purpose):
            return
        async with self._writing:
            # Whoever was before may have written enough; and a span may end just now.
            while not self._from_blocks(purpose):
                lacking = [window for window in self.windows if not self._has(window, purpose)]
                for span, count in (await self._write_down(lacking, purpose)).items():
                    self._blocks[span.window, purpose] = _Block(span, count)

    async def take_ahead(self, number: int) -> None:
        """Take so many for an action that will make them within `COUNTED_AHEAD`. Raises HeldBack."""
        async with self._writing:
            await self._write_down(self.windows, Purpose.EFFECTS, ahead=number)

    def left(self, known: Mapping[str, int]) -> tuple[tuple[Window, Mapping[Purpose, int]], ...]:
        """For each window how many more calls may be made now, by what is written down of the connection."""
        now = self._clock.now()
        used = self._counting(known, now)
        return tuple(
            (window, {each: self._left(window, used, each, now) for each in Purpose})
            for window in self.windows
        )

    def _left(self, window: Window, used: Used, purpose: Purpose, now: datetime) -> int:
        """What is written down in our blocks and not used yet is left, too."""
        ours = self._blocks[window.name, purpose].left if self._has(window, purpose) else 0
        return max(0, window.left(used, purpose, now)) + ours

    def _has(self, window: Window, purpose: Purpose) -> bool:
        block = self._blocks.get((window.name, purpose))
        return block is not None and block.left > 0 and block.span.start == window.start_of(self._clock.now())

    def _from_blocks(self, purpose: Purpose) -> bool:
        if not all(self._has(window, purpose) for window in self.windows):
            return False
        for window in self.windows:
            self._blocks[window.name, purpose].left -= 1
        return True

    async def _write_down(
        self, windows: "list[Window] | tuple[Window, ...]", purpose: Purpose, *, ahead: int = 0
    ) -> Mapping[Span, int]:
        """Count a block in each of these windows, or so many ahead. Raises HeldBack, with nothing counted."""
        now = self._clock.now()
        left_over = self._take_away_what_is_over(now)
        async with self._db.write() as tx:
            before = await call_use.counted(tx, self._connection)
            used = self._counting(before, now)
            for block in left_over:
                if block.span in used:
                    used[block.span] = max(0, used[block.span] - block.left)
            granted: dict[Span, int] = {}
            held = None
            for window in windows:
                left, wanted = window.left(used, purpose, now), ahead or 1
                if left < wanted:
                    until = window.free_at(used, purpose, now, wanted)
                    what = USED_UP[window.name]
                    held = HeldBack(what, until, for_the_day=window.name == DAY)
                    break
                start = window.start_of(now + COUNTED_AHEAD if ahead else now)
                granted[Span(window.name, purpose, start)] = ahead or min(window.block, left)
            for span, count in granted.items() if held is None else ():
                used[span] = used.get(span, 0) + count
            await call_use.count(tx, self._connection, before, {str(span): n for span, n in used.items()})
        if held is not None:
            raise held
        return granted

    def _counting(self, texts: Mapping[str, int], now: datetime) -> dict[Span, int]:
        used = {Span.parse(text): count for text, count in texts.items()}
        return {
            span: count
            for window in self.windows
            for span, count in window.still_counting(used, now, COUNTED_AHEAD).items()
        }

    def _take_away_what_is_over(self, now: datetime) -> list[_Block]:
        """The blocks of spans that have ended: nobody may take from them while they are given back."""
        starts = {window.name: window.start_of(now) for window in self.windows}
        over = [key for key, block in self._blocks.items() if block.span.start != starts[key[0]]]
        return [self._blocks.pop(key) for key in over]
