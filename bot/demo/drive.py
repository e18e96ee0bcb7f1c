"""Drive the clock: stand still while anything is under way, then jump to what is due next."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from bot.demo.cast import Cast
from bot.demo.stage import Stage
from bot.demo.story import StoryStep
from bot.engine.ask import asked_from_json
from bot.engine.quiet import next_due_at
from bot.store import approvals

Said = Callable[[datetime, str], None]
"""Told of each step as it happens: the time and what."""

SHORT_S = 0.002
STUCK_S = 60.0


class Stuck(Exception):
    """Something is due and nobody gets on with it. A bug of ours, so the story ends."""


async def settle(stage: Stage) -> datetime | None:
    """Wait until nothing is under way; the next instant at which something is due.

    Raises Stuck after a minute of real time.
    """
    jobs, bot = stage.bot.jobs, stage.bot.bot
    async with asyncio.timeout(STUCK_S):
        while True:
            if jobs.is_idle and not any(vendor.deliveries.pending for vendor in stage.vendors):
                due = await next_due_at(bot)
                if due is None or due > stage.clock.now():
                    return due
                bot.wake()
            await asyncio.sleep(SHORT_S)


async def play(
    stage: Stage,
    cast: Cast,
    story: Sequence[StoryStep],
    ends: datetime,
    said: Said,
    *,
    visitor: bool = False,
) -> None:
    """Play the steps to the end. With a visitor, people's steps are theirs, and the clock waits."""
    left = [step for step in story if not (visitor and step.by_person)]
    while True:
        due = await _settled(stage)
        if visitor:
            await _hold_while_asked(stage, left, said)
        now = stage.clock.now()
        while left and left[0].at <= now:
            step = left.pop(0)
            said(step.at, step.what)
            await step.do(stage, cast)
            due = await _settled(stage)
        ahead = [at for at in (due, left[0].at if left else None) if at is not None]
        to = min(ahead, default=ends)
        if to >= ends:
            stage.clock.jump(ends)
            return
        stage.clock.jump(to)
        for vendor in stage.vendors:
            vendor.advance()
        stage.bot.bot.wake()


async def _settled(stage: Stage) -> datetime | None:
    try:
        return await settle(stage)
    except TimeoutError:
        raise Stuck(f"nothing moved for {STUCK_S:.0f} s at {stage.clock.now()}") from None


async def _hold_while_asked(stage: Stage, left: Sequence[StoryStep], said: Said) -> None:
    """Stand still while a question waits for the visitor, unless the story goes on meanwhile."""
    told: set[str] = set()
    while True:
        async with stage.bot.bot.db.read() as tx:
            waiting = await approvals.listed(tx, approvals.ApprovalState.OPEN)
        if not waiting or (left and left[0].goes_on):
            return
        for one in waiting:
            if one.id not in told:
                question = asked_from_json(one.shown["asked"])
                where = f"{stage.bot.url}/approvals/{one.id}"
                said(stage.clock.now(), f"the clock waits for you: {question.verb} {question.title}? {where}")
                told.add(one.id)
        await asyncio.sleep(0.2)
