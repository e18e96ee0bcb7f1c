"""Reminders of what waits for an answer: at most two, in working hours, to who is there.

When the next one is due is a column of the asking, moved on in the transaction that plans
its mail: a crash at any moment repeats nothing and leaves nothing out. They go by the work
calendar of the connection. One that comes due while nobody works, because the service was
not there, waits for the morning.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import zip_longest

from bot.core.workdays import WorkCalendar
from bot.engine.bot import Bot
from bot.engine.tell import tell
from bot.store import approvals, effects
from bot.store.approvals import Approval
from bot.store.database import Tx

BEFORE_THE_END = timedelta(hours=2)
"""Of working time: so much is left to decide at the last reminder."""
NOT_BEFORE = timedelta(minutes=30)
"""After the question itself: a reminder within it would only be a second mail."""
APART = timedelta(hours=1)


def times(calendar: WorkCalendar, asked_at: datetime, decide_by: datetime) -> tuple[datetime, ...]:
    """When to remind: half-way, by working time, and two working hours before the end.

    All within working time; nothing where none is left before the end.
    """
    working = calendar.working_time_between(asked_at, decide_by)
    if not working:
        return ()
    wanted = [working / 2, *([working - BEFORE_THE_END] if working > BEFORE_THE_END else [])]
    moments = sorted({calendar.when_worked(asked_at, left, at_last=True) for left in wanted})
    late_enough = [at for at in moments if asked_at + NOT_BEFORE <= at < decide_by]
    return tuple(_apart(late_enough))


def _apart(moments: list[datetime]) -> Iterator[datetime]:
    """Of two that would come close together, the later one."""
    for at, following in zip_longest(moments, moments[1:]):
        if following is None or following - at >= APART:
            yield at


def next_reminder(
    calendar: WorkCalendar, asked_at: datetime, decide_by: datetime, after: datetime
) -> datetime | None:
    return next((at for at in times(calendar, asked_at, decide_by) if at > after), None)


async def remind_once(bot: Bot) -> bool:
    """Plan the mails of all reminders that are due; False where none is."""
    now = bot.now()
    async with bot.db.write() as tx:
        due = await approvals.to_remind(tx, now)
        for asked in due:
            await _remind(bot, tx, asked, now)
    return bool(due)


async def _remind(bot: Bot, tx: Tx, asked: Approval, now: datetime) -> None:
    effect = await effects.get(tx, asked.effect_key, asked.round)
    account = bot.accounts.get(effect.connection) if effect is not None else None
    if effect is None or account is None or now >= asked.expires_at:
        await approvals.remind_again(tx, asked.id, None)
        return
    calendar = bot.calendar(account)
    working = calendar.next_working_time(now)
    if working > now:
        await approvals.remind_again(tx, asked.id, working if working < asked.expires_at else None)
        return
    assert asked.remind_at is not None, "only what is due is reminded of"
    await tell(
        tx,
        f"reminder:{asked.id}:{asked.remind_at.isoformat()}",
        "approval_reminder",
        now=now,
        correlation=effect.correlation,
        connection=effect.connection,
        resource=effect.resource,
        rule=effect.rule,
        rule_hash=effect.rule_hash,
        approval=asked.id,
    )
    following = next_reminder(calendar, asked.asked_at, asked.expires_at, now)
    await approvals.remind_again(tx, asked.id, following)
