"""Effects that wait: what they wait for has come, or will not come for a while.

Nobody holds these. Whoever does at this moment writes its own time over ours, and is right to.
"""

from datetime import datetime

from sqlalchemy import or_, update

from bot.store.codec import canonical
from bot.store.database import Tx
from bot.store.effects import IS_WEBHOOK, State
from bot.store.tables import effect


async def hurry(tx: Tx, key: str, round: int, now: datetime) -> None:
    """Make a waiting effect due now: what it waited for has come."""
    await tx.execute(
        update(effect)
        .where(effect.c.key == key, effect.c.round == round, effect.c.state == State.WAITING)
        .values(not_before=now)
    )


async def hurry_waiting(
    tx: Tx, now: datetime, *, connection: str | None = None, only_for: str | None = None
) -> None:
    """Make all waiting effects look again, or those that wait for one thing: it has ended."""
    query = update(effect).where(effect.c.state == State.WAITING)
    if connection is not None:
        query = query.where(effect.c.connection == connection)
    if only_for is not None:
        query = query.where(effect.c.outcome_json.contains(f'"waits_for":"{only_for}"'))
    await tx.execute(query.values(not_before=now))


async def put_off_webhooks(tx: Tx, target: str, *, until: datetime, wall: datetime) -> None:
    """Let all that goes to one target wait: it does not take anything just now."""
    await tx.execute(
        update(effect)
        .where(
            IS_WEBHOOK,
            effect.c.state == State.PLANNED,
            effect.c.not_before < until,
            or_(effect.c.lease_until.is_(None), effect.c.lease_until < wall),
            effect.c.args_json.contains(f'"target":{canonical(target)}', autoescape=True),
        )
        .values(not_before=until)
    )
