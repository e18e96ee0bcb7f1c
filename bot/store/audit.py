"""The permanent record: written in the transaction that it describes, sealed after.

Ids, amounts and hashes only. A person's data lives in rows that can be erased; this
table cannot be, without the chain showing it.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import func, select, update

from bot.store.codec import canonical
from bot.store.database import Tx
from bot.store.tables import audit

BOT = "payrunbot"


async def note(
    tx: Tx, at: datetime, actor: str, what: str, *, resource: str | None = None, **more: Any
) -> None:
    """Write one line. `what` is a clause in the past tense: `closed`, `asked`, `paused`."""
    await tx.execute(
        audit.insert().values(
            at=at, actor=actor, what_json=canonical({"what": what, **more}), resource=resource
        )
    )


@dataclass(frozen=True, slots=True)
class Last:
    """The last sealed line."""

    seq: int
    hash: str
    key_id: str


async def last_sealed(tx: Tx) -> Last | None:
    row = (
        await tx.execute(
            select(audit.c.seq, audit.c.hash, audit.c.key_id)
            .where(audit.c.hash.is_not(None))
            .order_by(audit.c.seq.desc())
            .limit(1)
        )
    ).one_or_none()
    return Last(row.seq, row.hash, row.key_id) if row else None


async def any_unsealed(tx: Tx) -> bool:
    return (await tx.execute(select(audit.c.seq).where(audit.c.hash.is_(None)).limit(1))).first() is not None


async def seal(tx: Tx, key: bytes, key_id: str, *, at_most: int = 500) -> int:
    """Chain the lines that are not chained yet, oldest first; says how many.

    Each hash covers the one before it, so that taking a line out, changing one or
    swapping two is seen by `verify`. Two lines after the same one cannot both be kept:
    the table refuses it (IntegrityError), whoever else believed to be sealing.
    """
    fresh = (
        await tx.execute(select(audit).where(audit.c.hash.is_(None)).order_by(audit.c.seq).limit(at_most))
    ).all()
    if not fresh:
        return 0
    last = await last_sealed(tx)
    previous = last.hash if last else ""
    for line in fresh:
        digest = _digest(key, previous, line)
        await tx.execute(
            update(audit).where(audit.c.seq == line.seq).values(prev=previous, hash=digest, key_id=key_id)
        )
        previous = digest
    return len(fresh)


async def verify(tx: Tx, keys: Sequence[tuple[str, bytes]]) -> str | None:
    """None when every sealed line is as it was written; else what is wrong, and where."""
    by_id = dict(keys)
    previous = ""
    sealed_to = (
        select(func.max(audit.c.seq)).where(audit.c.hash.is_not(None)).correlate(None).scalar_subquery()
    )
    slipped_in = await tx.execute(
        select(func.min(audit.c.seq)).where(audit.c.hash.is_(None), audit.c.seq < sealed_to)
    )
    if (unsealed := slipped_in.scalar_one_or_none()) is not None:
        return f"line {unsealed} is not sealed, and lines after it are"
    for line in await tx.execute(select(audit).where(audit.c.hash.is_not(None)).order_by(audit.c.seq)):
        key = by_id.get(line.key_id)
        if key is None:
            return (
                f"line {line.seq} was sealed with key {line.key_id}, which is not in the settings: "
                "put it back at the end of keys.audit"
            )
        if line.prev != previous or not hmac.compare_digest(line.hash, _digest(key, previous, line)):
            return f"line {line.seq} is not as it was sealed, or one before it is gone"
        previous = line.hash
    return None


def _digest(key: bytes, previous: str, line: Any) -> str:
    content = canonical(
        {
            "seq": line.seq,
            "at": line.at.isoformat(),
            "actor": line.actor,
            "what": line.what_json,
            "resource": line.resource,
        }
    )
    return hmac.new(key, (previous + content).encode(), sha256).hexdigest()
