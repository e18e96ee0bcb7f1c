"""Which stored webhooks failed, and how they are made news again.

A webhook whose look was given up is marked, so that it can be found later; when the look
succeeds after all, the mark goes.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select, update

from bot.store.codec import canonical
from bot.store.database import Tx
from bot.store.news import Look
from bot.store.tables import inbox

NEW, SORTED, UNPARSED, FAILED = "new", "sorted", "unparsed", "failed"


@dataclass(frozen=True, slots=True)
class Stored:
    """One webhook as it was kept. `raw` is None once it was erased."""

    id: int
    connection: str
    event: str
    raw: bytes | None
    state: str


async def mark_failed(tx: Tx, taken: Look) -> None:
    """Note of every webhook about this resource that nobody could look at what it was about."""
    await _mark(tx, taken, SORTED, FAILED)


async def mark_well(tx: Tx, taken: Look) -> None:
    """It was looked at after all."""
    await _mark(tx, taken, FAILED, SORTED)


async def _mark(tx: Tx, taken: Look, before: str, after: str) -> None:
    names_it = inbox.c.about_json.contains(canonical([taken.kind, taken.key]), autoescape=True)
    await tx.execute(
        update(inbox)
        .where(inbox.c.connection == taken.connection, inbox.c.state == before, names_it)
        .values(state=after)
    )


def failed_since(since: datetime) -> ColumnElement[bool]:
    return (inbox.c.delivered_at >= since) & inbox.c.state.in_((FAILED, UNPARSED))


def called(event: str) -> ColumnElement[bool]:
    """One webhook, by its number or by the id that its answer and the log gave it."""
    is_number = event.isascii() and event.isdecimal() and len(event) < 18
    return or_(inbox.c.correlation == event, *([inbox.c.id == int(event)] if is_number else []))


async def newest(tx: Tx) -> int:
    """The number of the last webhook that came; 0 where none did."""
    return (await tx.execute(select(func.max(inbox.c.id)))).scalar_one_or_none() or 0


async def some(
    tx: Tx,
    which: ColumnElement[bool] | None,
    connections: Collection[str],
    *,
    after: int,
    up_to: int,
    at_most: int,
) -> tuple[Stored, ...]:
    """The next of those that are wanted, but for those that are news already, in the order they came."""
    query = select(inbox).where(
        inbox.c.id > after, inbox.c.id <= up_to, inbox.c.connection.in_(connections), inbox.c.state != NEW
    )
    if which is not None:
        query = query.where(which)
    rows = await tx.execute(query.order_by(inbox.c.id).limit(at_most))
    return tuple(Stored(row.id, row.connection, row.event, row.raw, row.state) for row in rows)


async def make_news(tx: Tx, id: int, *, about: Collection[tuple[str, str]] | None = None) -> None:
    """Have one sorted again; `about` where it is only now known what it is about."""
    known = {} if about is None else {"about_json": canonical([list(one) for one in about])}
    await tx.execute(update(inbox).where(inbox.c.id == id).values(state=NEW, **known))
