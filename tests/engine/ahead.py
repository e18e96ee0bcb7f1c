"""When the next row becomes due: what a test's clock goes to when nothing is left to do now."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, bindparam, func, select

from bot.engine.bot import Bot
from bot.store import approvals, effects
from bot.store.effects import State
from bot.store.tables import approval, connection_state, decision, effect, look, mail, schedule
from bot.store.tables.columns import Instant

_READY = effect.c.state.not_in([*effects.ENDED, State.PARKED])
_DUE = (
    (look.c.due_at, None),
    (decision.c.next_at, None),
    (schedule.c.next_at, None),
    (schedule.c.wait_until, None),
    (effect.c.not_before, _READY),
    (approval.c.remind_at, approvals.IS_REMINDED),
    (connection_state.c.rest_until, None),
    (mail.c.not_before, mail.c.state.in_(["queued", "data_started"])),
)
_ON_THE_WALL = (
    (effect.c.quarantine_until, _READY),
    (effect.c.lease_until, None),
    (look.c.lease_until, None),
    (mail.c.lease_until, None),
)


def _question(columns: Sequence[tuple[Column[Any], ColumnElement[bool] | None]]) -> Select[Any]:
    least = []
    for column, still in columns:
        query = select(func.min(column)).where(column > bindparam("now", type_=Instant))
        least.append((query if still is None else query.where(still)).scalar_subquery())
    return select(*least)


# Built once: a simulation asks it thousands of times.
_NEXT, _NEXT_ON_BOTH = _question(_DUE), _question((*_DUE, *_ON_THE_WALL))


async def next_after(bot: Bot, now: datetime, *, wall: bool = False) -> datetime | None:
    """The next instant at which a row becomes due; those that are due already wait for something else.

    With `wall`, also the next end of a lease or a quarantine: where both clocks are one.
    """
    async with bot.db.read() as tx:
        found = (await tx.execute(_NEXT_ON_BOTH if wall else _NEXT, {"now": now})).one()
    return min((at for at in found if at is not None), default=None)
