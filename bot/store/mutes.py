"""Mutes: what nobody is alerted of for a while, by whom and why.

`about` is `rule:ID`, `connection:ID` or `resource:ID`, one mute for each; `name` is how
people call it. One whose end has come holds nothing back, and counts no more.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from bot.store.database import AnyRow, Tx, upsert
from bot.store.tables import mute


@dataclass(frozen=True, slots=True)
class Mute:
    about: str
    name: str
    by: str
    why: str
    until: datetime
    at: datetime


def _mute(row: AnyRow) -> Mute:
    return Mute(row.about, row.name, row.by, row.why, row.until, row.at)


async def put(tx: Tx, one: Mute) -> None:
    """Begin a mute, or change the one there is."""
    values = {"name": one.name, "by": one.by, "why": one.why, "until": one.until, "at": one.at}
    await tx.execute(
        upsert(tx, mute)
        .values(about=one.about, **values)
        .on_conflict_do_update(index_elements=[mute.c.about], set_=values)
    )


async def end(tx: Tx, about: str) -> None:
    await tx.execute(delete(mute).where(mute.c.about == about))


async def standing(tx: Tx, now: datetime) -> tuple[Mute, ...]:
    """Those whose end has not come, in the order of their ends."""
    rows = await tx.execute(select(mute).where(mute.c.until > now).order_by(mute.c.until, mute.c.about))
    return tuple(_mute(row) for row in rows)


async def longest(tx: Tx, about: Collection[str], now: datetime) -> Mute | None:
    """Of the mutes on any of these, the one that ends last; None where there is none."""
    rows = await tx.execute(
        select(mute)
        .where(mute.c.about.in_(about), mute.c.until > now)
        .order_by(mute.c.until.desc(), mute.c.about)
        .limit(1)
    )
    row = rows.one_or_none()
    return _mute(row) if row else None
