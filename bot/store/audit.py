"""The permanent record: written in the transaction that it describes, sealed after.

Ids, amounts and hashes only. A person's data lives in rows that can be erased; this
table cannot be, without the chain showing it.
"""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from json import loads
from typing import Any

from sqlalchemy import func, select, update

from bot.store.codec import canonical
from bot.store.database import AnyRow, Tx
from bot.store.tables import audit

BOT = "payrunbot"
VERIFIED_AT_ONCE = 1_000
"""Lines that are in memory at a time: the record has no end."""


async def note(
    tx: Tx, at: datetime, actor: str, what: str, *, resource: str | None = None, **more: Any
) -> None:
    """Write one line. `what` is a clause in the past tense: `closed`, `asked`, `paused`."""
    said = {"what": what, **more}
    await tx.execute(
        audit.insert().values(
            at=at, actor=actor, what_json=canonical(said), resource=resource, **_found_by(said)
        )
    )


def _found_by(said: Mapping[str, Any]) -> dict[str, Any]:
    """The copies of what a line says by which lists find it."""
    rule = said.get("rule")
    return {"what": said["what"], "rule": rule if isinstance(rule, str) and rule else None}


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
    if (unsealed := await slipped_in(tx)) is not None:
        return unsealed
    by_id, last = dict(keys), START
    while True:
        rows = await sealed_after(tx, last.seq, at_most=VERIFIED_AT_ONCE)
        last, wrong = verify_lines(rows, by_id, last)
        if wrong is not None or len(rows) < VERIFIED_AT_ONCE:
            return wrong


START = Last(0, "", "")
"""Before the first line."""


async def slipped_in(tx: Tx) -> str | None:
    """What is wrong where a line that is not sealed stands before one that is."""
    sealed_to = (
        select(func.max(audit.c.seq)).where(audit.c.hash.is_not(None)).correlate(None).scalar_subquery()
    )
    found = await tx.execute(
        select(func.min(audit.c.seq)).where(audit.c.hash.is_(None), audit.c.seq < sealed_to)
    )
    unsealed = found.scalar_one_or_none()
    return None if unsealed is None else f"line {unsealed} is not sealed, and lines after it are"


async def sealed_after(tx: Tx, seq: int, *, at_most: int) -> Sequence[AnyRow]:
    """The sealed lines that come next after a number, for `verify_lines`."""
    query = select(audit).where(audit.c.hash.is_not(None), audit.c.seq > seq)
    return (await tx.execute(query.order_by(audit.c.seq).limit(at_most))).all()


def verify_lines(rows: Sequence[AnyRow], by_id: Mapping[str, bytes], last: Last) -> tuple[Last, str | None]:
    """The last of these lines that is as it was written, and what is wrong with the next; pure.

    `last` is the one that they follow.
    """
    for line in rows:
        key = by_id.get(line.key_id)
        if key is None:
            return last, (
                f"line {line.seq} was sealed with key {line.key_id}, which is not in the settings: "
                "put it back at the end of keys.audit"
            )
        if line.prev != last.hash or not is_as_sealed(line, key):
            return last, f"line {line.seq} is not as it was sealed, or one before it is gone"
        if _found_by(loads(line.what_json)) != {"what": line.what, "rule": line.rule}:
            return last, f"line {line.seq} is found by something else than it says"
        last = Last(line.seq, line.hash, line.key_id)
    return last, None


def is_as_sealed(line: AnyRow, key: bytes) -> bool:
    """Whether one line says what it said when it was sealed, after the line that it names."""
    return hmac.compare_digest(line.hash, _digest(key, line.prev or "", line))


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
