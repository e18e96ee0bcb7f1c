"""One rule tried on what was recorded last, for a page: bounded in time and in size.

A replay runs in a thread of its own, one at a time, and gives up after some seconds; of a
long record it takes the last part. What was left out is said, since figures of half a
month look like those of a whole one.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from bot.backtest import report
from bot.backtest.compare import Comparison, compare
from bot.backtest.inforce import InForce, Place, Rules, is_replayed, one_calendar_each
from bot.backtest.recording import NothingRecorded, Recording, read_newest
from bot.backtest.replay import Replay, Replayed
from bot.backtest.tally import Tally, tally_of
from bot.core.watched import is_about
from bot.core.words import Said, joined, say, say_many
from bot.engine.bot import Bot
from bot.engine.rule_folder import words_now

MOST_READINGS = 20_000
WITHIN_S = 10.0
KEPT = 16
"""Replays whose outcome is kept: a page is opened again and again before somebody signs."""


class NotTried(Exception):
    """There is nothing to replay, or it took too long. The text says why, in whole sentences."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What a replay came to. `compared` is there where two versions were."""

    since: datetime
    until: datetime
    readings: int
    tally: Tally
    compared: Comparison | None
    short: str = ""
    """What is missing of the time that was asked for."""


class _TooLong(Exception):
    """It is given up."""


class Trials:
    """Tries rules for pages. One at a time: whoever waits too long is told to come again."""

    def __init__(self, bot: Bot, *, within_s: float = WITHIN_S, most_readings: int = MOST_READINGS) -> None:
        self._bot = bot
        self._within_s, self._most_readings = within_s, most_readings
        self._turn = asyncio.Lock()
        self._kept: OrderedDict[tuple[object, ...], Tried] = OrderedDict()

    async def run(self, length: timedelta, new: InForce, old: InForce | None = None) -> Tried:
        """Replay a rule over the record's last `length`, beside another version of it. Raises NotTried."""
        if not is_replayed(new.rule):
            raise NotTried(say("A rule that is asked at set times, or about connections, is not replayed."))
        try:
            async with asyncio.timeout(self._within_s):
                await self._turn.acquire()
        except TimeoutError:
            raise NotTried(say("Another rule is being tried just now. Try again in some seconds.")) from None
        try:
            return await self._run(length, [one for one in (old, new) if one is not None])
        finally:
            self._turn.release()

    async def _run(self, length: timedelta, sides: Sequence[InForce]) -> Tried:
        recording = await self._recording(sides[-1])
        last = recording.events[-1]
        versions = tuple((one.rule.hash, one.mode) for one in sides)
        key = versions, length, len(recording.events), last.resource, last.at
        known = self._kept.get(key)
        if known is None:
            known = self._kept[key] = await asyncio.to_thread(self._replay, recording, sides, length)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return known

    async def _recording(self, new: InForce) -> Recording:
        kinds = [kind for kind in words_now().kinds if is_about(new.rule.watch, kind)]
        accounts = [id for id in self._bot.accounts if new.rule.watches(id)]
        try:
            async with self._bot.db.read() as tx:
                return await read_newest(tx, kinds, accounts, at_most=self._most_readings)
        except NothingRecorded:
            raise NotTried(
                say("Nothing that it is about has been read yet, so there is nothing to try it on.")
            ) from None

    def _replay(self, recording: Recording, sides: Sequence[InForce], length: timedelta) -> Tried:
        since = max(recording.begins, recording.ends - length)
        done = self._replayed(recording, sides, since)
        rule = sides[-1].rule.id
        compared = compare(done.rounds[0], done.rounds[-1], since) if len(sides) > 1 else None
        tally = tally_of(done.rounds[-1], rule, since)
        short = self._short(recording, length, done)
        return Tried(since, recording.ends, len(recording.events), tally, compared, short)

    def _replayed(self, recording: Recording, sides: Sequence[InForce], since: datetime) -> Replayed:
        accounts = self._bot.accounts.values()
        places = {one.id: Place(one.id, one.calendar, one.guards, one.poll) for one in accounts}
        asked = [Rules(side) for side in one_calendar_each([[one] for one in sides])]
        replay = Replay(recording, asked, places, self._bot.calendars, self._bot.actions)
        ends = monotonic() + self._within_s

        def on_time(done: int, total: int) -> None:
            if monotonic() > ends:
                raise _TooLong

        try:
            return replay.run(since, progress=on_time)
        except _TooLong:
            raise NotTried(
                say(
                    "It took longer than {seconds} seconds, and was given up. "
                    "`payrunbot try` and `payrunbot backtest` take the time that it needs.",
                    seconds=f"{self._within_s:.0f}",
                )
            ) from None

    def _short(self, recording: Recording, length: timedelta, done: Replayed) -> str:
        zone = self._bot.settings.timezone
        said: list[Said] = []
        if recording.begins > recording.ends - length:
            known = report.period(recording.begins, recording.ends, zone)
            days = max(1, (recording.ends - recording.begins).days)
            begins = say_many(
                days,
                "The record begins there: it is of {period}, {count} day instead of {wanted}.",
                "The record begins there: it is of {period}, {count} days instead of {wanted}.",
                period=known,
                wanted=length.days,
            )
            is_cut = say_many(
                days,
                "The record is cut there: it is of {period}, {count} day instead of {wanted}.",
                "The record is cut there: it is of {period}, {count} days instead of {wanted}.",
                period=known,
                wanted=length.days,
            )
            said.append(is_cut if self._is_cut(recording) else begins)
        if done.broken:
            said.append(report.broken(done.broken))
        return joined(said, " ")

    def _is_cut(self, recording: Recording) -> bool:
        return len(recording.events) >= self._most_readings
