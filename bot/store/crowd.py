"""Many looks of one connection at once: one reading of its list does for all that it shows unchanged.

Such looks step back and the list is read first. Whatever it shows as changed, as live, or
not at all is read by itself then, and is not sent back a second time: its `fingerprint` is
set by then, empty where the list did not show it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, bindparam, delete, func, or_, select, update

from bot.store import news, rest
from bot.store.database import Tx
from bot.store.tables import Instant, connection_state, look

AT_MOST = 25
"""Looks of one connection that are read one by one; of more, the list is read first."""

STEPS_BACK_FOR = timedelta(minutes=15)
"""After this they are read even where the list could not be."""


def _free(wall: datetime) -> ColumnElement[bool]:
    return or_(look.c.lease_until.is_(None), look.c.lease_until < wall)


async def make_way(tx: Tx, *, now: datetime, wall: datetime, gap: timedelta) -> None:
    """Where too many looks of a connection are due, let its list be read first; at most once in `gap`."""
    due = (
        look.c.kind != news.LIST,
        look.c.due_at <= now,
        look.c.fingerprint.is_(None),
        _free(wall),
        rest.look_is_awake(now, look.c.kind == news.LIST),
    )
    crowded = await tx.execute(
        select(look.c.connection, func.min(look.c.correlation).label("correlation"))
        .where(*due)
        .group_by(look.c.connection)
        .having(func.count() > AT_MOST)
    )
    for connection, correlation in crowded.all():
        listed_at = (
            await tx.execute(
                select(connection_state.c.listed_at).where(connection_state.c.connection == connection)
            )
        ).scalar_one_or_none()
        await news.ask_to_look(
            tx,
            connection=connection,
            kind=news.LIST,
            key=news.LIST,
            due_at=now if listed_at is None else max(now, min(listed_at, now) + gap),
            correlation=correlation,
        )
        await tx.execute(
            update(look).where(look.c.connection == connection, *due).values(due_at=now + STEPS_BACK_FOR)
        )


@dataclass(frozen=True, slots=True)
class Waiting:
    """A look as it was before a list was read."""

    kind: str
    key: str
    news: int


async def waiting(tx: Tx, connection: str) -> tuple[Waiting, ...]:
    """The looks that a list may do for: those that only news has asked for."""
    rows = await tx.execute(
        select(look.c.kind, look.c.key, look.c.news).where(
            look.c.connection == connection, look.c.kind != news.LIST, look.c.fingerprint.is_(None)
        )
    )
    return tuple(Waiting(row.kind, row.key, row.news) for row in rows)


async def after_list(
    tx: Tx,
    connection: str,
    before: Sequence[Waiting],
    *,
    unchanged: Collection[tuple[str, str]],
    listed: Collection[tuple[str, str]],
    now: datetime,
    wall: datetime,
) -> None:
    """Finish the looks that the list has answered, and read those at once that it does not show.

    Only what waited before the list was read, and has had no news since.
    """
    same = (
        look.c.connection == connection,
        look.c.kind == bindparam("a_kind"),
        look.c.key == bindparam("a_key"),
        look.c.news == bindparam("a_news"),
        look.c.fingerprint.is_(None),
        _free(wall),
    )

    def named(ones: Sequence[Waiting]) -> list[dict[str, object]]:
        return [{"a_kind": one.kind, "a_key": one.key, "a_news": one.news} for one in ones]

    answered = [one for one in before if (one.kind, one.key) in unchanged]
    not_shown = [one for one in before if (one.kind, one.key) not in listed]
    if answered:
        await tx.execute(delete(look).where(*same), named(answered))
    if not_shown:
        at_once = update(look).where(*same, look.c.attempts == 0)
        due_at = bindparam("a_due_at", now, type_=Instant)
        await tx.execute(at_once.values(due_at=due_at, fingerprint=""), named(not_shown))
