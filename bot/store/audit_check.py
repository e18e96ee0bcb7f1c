"""How far the record was last verified, by whom, and what was found."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from bot.store.audit import START, Last
from bot.store.database import Tx, upsert
from bot.store.tables import audit_check

RECORD = "record"


@dataclass(frozen=True, slots=True)
class Check:
    """A verifying, begun after the line `begun`. `last` is the last line that was as it was sealed."""

    by: str
    began_at: datetime
    begun: int
    last: Last
    ended_at: datetime | None
    wrong: str


async def known(tx: Tx) -> Check | None:
    """The latest, under way or ended; None before the first."""
    row = (await tx.execute(select(audit_check).where(audit_check.c.name == RECORD))).one_or_none()
    if row is None:
        return None
    return Check(row.by, row.began_at, row.from_seq, Last(row.seq, row.hash, ""), row.ended_at, row.wrong)


async def begin(tx: Tx, *, by: str, now: datetime, after: Last = START) -> None:
    """Begin to verify what comes after a line; in place of what was begun before."""
    values = {
        "by": by,
        "began_at": now,
        "from_seq": after.seq,
        "seq": after.seq,
        "hash": after.hash,
        "ended_at": None,
        "wrong": "",
    }
    await tx.execute(
        upsert(tx, audit_check)
        .values(name=RECORD, **values)
        .on_conflict_do_update(index_elements=[audit_check.c.name], set_=values)
    )


async def came_to(
    tx: Tx, check: Check, last: Last, *, wrong: str = "", ended_at: datetime | None = None
) -> bool:
    """Note how far it came; False where it was begun anew meanwhile."""
    done = await tx.execute(
        update(audit_check)
        .where(
            audit_check.c.name == RECORD,
            audit_check.c.began_at == check.began_at,
            audit_check.c.seq == check.last.seq,
            audit_check.c.ended_at.is_(None),
        )
        .values(seq=last.seq, hash=last.hash, wrong=wrong, ended_at=ended_at)
    )
    return done.rowcount == 1
