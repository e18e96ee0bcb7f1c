"""The calls of each connection, written down in blocks before they are made.

A block that a process did not live to use stays counted: so whatever dies and however
often, what was really sent is never more than what stands here. One row is the turnstile
of its connection: whoever comes in holds it to the end of the transaction, so that two
replicas cannot both take the last of an allowance.
"""

from collections.abc import Mapping

from sqlalchemy import delete, select

from bot.store.database import Tx, upsert
from bot.store.tables import call_use

_TURNSTILE = "turnstile"


async def _set(tx: Tx, connection: str, span: str, count: int) -> None:
    await tx.execute(
        upsert(tx, call_use)
        .values(connection=connection, span=span, count=count)
        .on_conflict_do_update(index_elements=[call_use.c.connection, call_use.c.span], set_={"count": count})
    )


async def counted(tx: Tx, connection: str) -> dict[str, int]:
    """What is written down of a connection, by span; nobody else changes it until the transaction ends."""
    await _set(tx, connection, _TURNSTILE, 0)
    return await known(tx, connection)


async def known(tx: Tx, connection: str) -> dict[str, int]:
    """The same, as it stands; others may be changing it."""
    rows = await tx.execute(
        select(call_use.c.span, call_use.c.count).where(
            call_use.c.connection == connection, call_use.c.span != _TURNSTILE
        )
    )
    return {row[0]: row[1] for row in rows.all()}


async def count(tx: Tx, connection: str, before: Mapping[str, int], after: Mapping[str, int]) -> None:
    """Write down what has changed since `counted`; a span that is no longer there is forgotten."""
    for span, number in after.items():
        if before.get(span) != number:
            await _set(tx, connection, span, number)
    gone = [span for span in before if span not in after]
    if gone:
        await tx.execute(
            delete(call_use).where(call_use.c.connection == connection, call_use.c.span.in_(gone))
        )
