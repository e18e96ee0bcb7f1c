"""What rows say of times that have not come yet, after the clock was set back.

Everything that waits is only ever asked anew, so that it may come too early and never too
late: an approval that is still open goes on waiting, a vendor that asked for patience says
so again. Leases and quarantine keep at least their whole length.
"""

from datetime import datetime, timedelta

from sqlalchemy import Column, Table, select, update

from bot.store import effects
from bot.store.database import Tx
from bot.store.tables import audit, decision, effect, look, mail, resource

_LEASED = (effect, look, mail)


async def newest_line_at(tx: Tx) -> datetime | None:
    """When the audit's newest line was written, by the clock of that moment."""
    return (await tx.execute(select(audit.c.at).order_by(audit.c.seq.desc()).limit(1))).scalar_one_or_none()


async def do_now_what_waits(tx: Tx, now: datetime) -> None:
    """Let everything that was put off by the old time come now, and nothing seem read in the future."""
    live = select(resource.c.id).where(resource.c.is_live)
    await tx.execute(update(resource).where(resource.c.observed_at > now).values(observed_at=now))
    await tx.execute(update(look).where(look.c.due_at > now).values(due_at=now))
    await tx.execute(update(effect).where(effect.c.not_before > now, effects.RUNNABLE).values(not_before=now))
    await tx.execute(update(mail).where(mail.c.not_before > now).values(not_before=now))
    # An answer that no time was going to change may have been given because of the time.
    await tx.execute(update(decision).where(decision.c.resource.in_(live)).values(next_at=now))


async def bound_waits(tx: Tx, wall: datetime, *, lease: timedelta, quarantine: timedelta) -> None:
    """No lease and no quarantine lasts longer than one that begins now."""
    for table in _LEASED:
        await _at_most(tx, table, table.c.lease_until, wall + lease)
    await _at_most(tx, effect, effect.c.quarantine_until, wall + quarantine)


async def _at_most(tx: Tx, table: Table, column: Column[datetime], latest: datetime) -> None:
    await tx.execute(update(table).where(column > latest).values({column: latest}))
