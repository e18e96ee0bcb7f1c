"""Resources that wait to be decided again, since rules about them have changed.

The mark is a column of the resource, written by whoever changes the rules and taken by
whoever decides: a new rule has no answers yet that could be made due.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, false, func, literal, or_, select, update

from bot.core.condition import Answer
from bot.store.database import Tx
from bot.store.tables import Instant, decision, resource

_WAITS = resource.c.decide_since.is_not(None)
IS_MARKED = or_(and_(resource.c.is_live.is_(True), _WAITS), and_(resource.c.is_live.is_(False), _WAITS))
"""In two halves, each of which an index answers: it is asked at every tick."""


async def mark(
    tx: Tx, kinds: Mapping[str, Collection[str]], answered_by: Collection[str], now: datetime
) -> None:
    """Have all decided again that is of these kinds, by connection, or that these rules answered about."""
    watched = [
        and_(resource.c.connection == connection, resource.c.kind.in_(of_it))
        for connection, of_it in kinds.items()
    ]
    answered = select(decision.c.resource).where(decision.c.rule.in_(answered_by))
    await _mark(tx, now, or_(false(), *watched, resource.c.id.in_(answered)))


async def mark_yes(tx: Tx, rule: str, connection: str, now: datetime) -> None:
    """Have all at a connection about which a rule says yes decided again."""
    says_yes = select(decision.c.resource).where(decision.c.rule == rule, decision.c.answer == Answer.YES)
    await _mark(tx, now, and_(resource.c.connection == connection, resource.c.id.in_(says_yes)))


async def _mark(tx: Tx, now: datetime, which: ColumnElement[bool]) -> None:
    """What was marked before keeps its place in the row."""
    since = func.coalesce(resource.c.decide_since, literal(now, Instant))
    await tx.execute(update(resource).where(resource.c.gone_at.is_(None), which).values(decide_since=since))


async def first(tx: Tx, *, at_most: int) -> tuple[str, ...]:
    """Ids of those that are marked longest; before all others those in which something can still change."""
    found: list[str] = []
    for is_live in (True, False):
        rows = await tx.execute(
            select(resource.c.id)
            .where(resource.c.is_live.is_(is_live), _WAITS)
            .order_by(resource.c.decide_since, resource.c.id)
            .limit(at_most - len(found))
        )
        found += rows.scalars()
    return tuple(found)


async def take(tx: Tx, resource_id: str) -> str | None:
    """Take the mark of a resource away; its connection, or None where it had none."""
    taken: str | None = (
        await tx.execute(
            update(resource)
            .where(resource.c.id == resource_id, _WAITS)
            .values(decide_since=None)
            .returning(resource.c.connection)
        )
    ).scalar_one_or_none()
    return taken


async def any_at(tx: Tx, connection: str) -> bool:
    """Whether something of this connection is still marked."""
    is_marked = exists().where(resource.c.connection == connection, _WAITS)
    return bool((await tx.execute(select(is_marked))).scalar_one())
