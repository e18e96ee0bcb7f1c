"""Which rows lie still because their connection rests, in the words of a query.

A connection rests until `rest_until`. With `rests` above nothing its list is then the only
thing that may be read there, until that has gone well: the row of that look has one lease,
so that only one worker of all replicas tries. With `rests` at nothing the vendor only asked
to wait, and all goes on by itself.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from bot.store.tables import connection_state, effect, look

LONGEST_REST = timedelta(minutes=15)
"""A rest that seems longer was begun before the clock went back, and is none."""

_RESTING = select(connection_state.c.connection).where(connection_state.c.rest_until.is_not(None))
_SHUT = select(connection_state.c.connection).where(connection_state.c.rests > 0)


def _asleep(now: datetime) -> Select[tuple[str]]:
    return select(connection_state.c.connection).where(
        connection_state.c.rest_until > now, connection_state.c.rest_until <= now + LONGEST_REST
    )


def look_is_awake(now: datetime, is_list: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether this look may be read now."""
    return and_(look.c.connection.not_in(_asleep(now)), or_(is_list, look.c.connection.not_in(_SHUT)))


def effect_is_awake(now: datetime) -> ColumnElement[bool]:
    """Whether this effect may go on now; a mail always may."""
    awake = and_(effect.c.connection.not_in(_asleep(now)), effect.c.connection.not_in(_SHUT))
    return or_(effect.c.is_vendor.is_(False), awake)


LOOK_RESTS = look.c.connection.in_(_RESTING)
EFFECT_RESTS = and_(effect.c.is_vendor.is_(True), effect.c.connection.in_(_RESTING))


def first_after_rest(due: Any, *where: ColumnElement[bool]) -> Select[Any]:
    """The first instant at which a row of a resting connection is due: never before the rest is over.

    `due` is the row's own time. What waits for the list to be read first is not counted.
    """
    later = case((due > connection_state.c.rest_until, due), else_=connection_state.c.rest_until)
    rests = due.table.c.connection == connection_state.c.connection
    return select(func.min(later)).where(rests, connection_state.c.rest_until.is_not(None), *where)
