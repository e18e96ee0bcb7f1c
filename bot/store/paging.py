"""Long lists a page at a time: from a place in their order, never by counting rows.

A page begins beside a row's own key, so that it stays where it is while rows come before
it. Several statements can make one list: each is asked for one page alone, along its own
index, and the database puts the pages in order. What no index finds is looked for in so
many rows at a time; whoever wants more goes on from where that ended.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, FromClause, Select, func, literal, select, tuple_, union_all

from bot.store.database import AnyRow, Tx

Key = tuple[datetime | str | int, ...]
LOOKED_THROUGH = 2_000
"""Rows that one page looks through for a text."""


@dataclass(frozen=True, slots=True)
class Place:
    """Beside the row with this key, which is not on the page: what is older than it, or newer."""

    key: Key
    newer: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """One page, newest first, and where those beside it begin; None where there is none."""

    rows: tuple[AnyRow, ...]
    older: Place | None = None
    newer: Place | None = None
    looked_to: Key | None = None
    """How far a text was looked for, where there is more to look through."""


async def page_of(
    tx: Tx,
    arms: Sequence[Select[Any]],
    key: Sequence[Column[Any]],
    place: Place | None,
    *,
    at_most: int,
    holds: Callable[[FromClause], ColumnElement[bool]] | None = None,
) -> Listed:
    """The page of a list that begins at a place; the newest without one.

    Each arm is a statement over the same table, whose columns `key` put its rows in order
    and tell them apart. `holds` is what no index finds: there is one arm then, and a page may be
    short, or empty, although older rows would fit.
    """
    if not arms:
        return Listed(())
    if holds is not None:
        assert len(arms) == 1, "a text is looked for along one order"
        older = place if place is not None and not place.newer else None
        return await _looked_through(tx, arms[0], key, older, at_most, holds)
    names, is_back = [column.name for column in key], place is not None and place.newer
    parts = [_ordered(one, key, place).limit(at_most + 1) for one in arms]
    query: Any = parts[0]
    if len(parts) > 1:
        both = union_all(*(select(part.subquery()) for part in parts)).subquery()
        query = _in_order(select(both), [both.c[name] for name in names], is_back).limit(at_most + 1)
    rows = (await tx.execute(query)).all()
    if is_back and len(rows) <= at_most:
        return await page_of(tx, arms, key, None, at_most=at_most)
    has_more, shown = len(rows) > at_most, tuple(rows[:at_most])
    if is_back:
        shown = tuple(reversed(shown))
    if not shown:
        return Listed((), newer=Place(place.key, newer=True) if place else None)
    return Listed(
        shown,
        older=Place(_key(shown[-1], names)) if is_back or has_more else None,
        newer=Place(_key(shown[0], names), newer=True) if place is not None else None,
    )


async def _looked_through(
    tx: Tx,
    arm: Select[Any],
    key: Sequence[Column[Any]],
    place: Place | None,
    at_most: int,
    holds: Callable[[FromClause], ColumnElement[bool]],
) -> Listed:
    """The rows among the next so many that hold something; older ones are looked through after them."""
    names = [column.name for column in key]
    through = _ordered(arm, key, place).limit(LOOKED_THROUGH).subquery()
    columns = [through.c[name] for name in names]
    query = _in_order(select(through).where(holds(through)), columns, False).limit(at_most + 1)
    rows = (await tx.execute(query)).all()
    if len(rows) > at_most:
        return Listed(tuple(rows[:at_most]), older=Place(_key(rows[at_most - 1], names)))
    count = (await tx.execute(select(func.count()).select_from(through))).scalar_one()
    if count < LOOKED_THROUGH:
        return Listed(tuple(rows))
    last = (await tx.execute(_in_order(select(*columns), columns, True).limit(1))).one()
    return Listed(tuple(rows), older=Place(_key(last, names)), looked_to=_key(last, names))


def _ordered(arm: Select[Any], key: Sequence[Column[Any]], place: Place | None) -> Select[Any]:
    """An arm from its place on."""
    if place is None:
        return _in_order(arm, key, False)
    here = tuple_(*key)
    there = tuple_(*(literal(value, column.type) for value, column in zip(place.key, key, strict=True)))
    return _in_order(arm.where(here > there if place.newer else here < there), key, place.newer)


def _in_order(query: Select[Any], columns: Sequence[ColumnElement[Any]], is_back: bool) -> Select[Any]:
    return query.order_by(*(one.asc() if is_back else one.desc() for one in columns))


def _key(row: AnyRow, names: Sequence[str]) -> Key:
    return tuple(getattr(row, name) for name in names)


def besides(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column as a condition that is looked at row by row, and draws no index away from the order."""
    return func.coalesce(column, "")
