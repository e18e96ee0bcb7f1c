"""Versions of rules, who proposed them, who signed them off, and which one runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update

from bot.store.database import AnyRow, Tx, insert_once, upsert
from bot.store.tables import adoption, rule_state, rule_version, sign_off


@dataclass(frozen=True, slots=True)
class Version:
    hash: str
    rule: str
    number: int
    basis: str
    mode: str
    text: str
    calendars_text: str
    file: str
    seen_at: datetime
    proposed_by: str | None
    signed_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleState:
    rule: str
    file_hash: str | None
    running_hash: str | None
    mode_now: str
    narrowed_to: str | None
    why: str
    at: datetime


async def _version(tx: Tx, row: AnyRow) -> Version:
    signed = await tx.execute(
        select(sign_off.c.person).where(sign_off.c.hash == row.hash).order_by(sign_off.c.at)
    )
    return Version(
        hash=row.hash,
        rule=row.rule,
        number=row.number,
        basis=row.basis,
        mode=row.mode,
        text=row.text,
        calendars_text=row.calendars_text,
        file=row.file,
        seen_at=row.seen_at,
        proposed_by=row.proposed_by,
        signed_by=tuple(signed.scalars()),
    )


async def see(
    tx: Tx,
    *,
    hash: str,
    rule: str,
    basis: str,
    mode: str,
    text: str,
    calendars_text: str,
    file: str,
    now: datetime,
) -> Version:
    """The version of this hash; numbered and kept when it is seen for the first time."""
    known = await version(tx, hash)
    if known is not None:
        return known
    last = (
        await tx.execute(select(func.max(rule_version.c.number)).where(rule_version.c.rule == rule))
    ).scalar_one_or_none()
    await tx.execute(
        rule_version.insert().values(
            hash=hash,
            rule=rule,
            number=(last or 0) + 1,
            basis=basis,
            mode=mode,
            text=text,
            calendars_text=calendars_text,
            file=file,
            seen_at=now,
        )
    )
    kept = await version(tx, hash)
    assert kept is not None
    return kept


async def version(tx: Tx, hash: str) -> Version | None:
    row = (await tx.execute(select(rule_version).where(rule_version.c.hash == hash))).one_or_none()
    return await _version(tx, row) if row else None


async def versions_of(tx: Tx, rule: str) -> tuple[Version, ...]:
    """Newest first."""
    rows = (
        await tx.execute(
            select(rule_version).where(rule_version.c.rule == rule).order_by(rule_version.c.number.desc())
        )
    ).all()
    return tuple([await _version(tx, row) for row in rows])


async def propose(tx: Tx, hashes: Sequence[str], person: str, now: datetime) -> tuple[str, ...]:
    """Name the author of versions that have none yet; says which those were."""
    rows = await tx.execute(
        update(rule_version)
        .where(rule_version.c.hash.in_(hashes), rule_version.c.proposed_by.is_(None))
        .values(proposed_by=person, proposed_at=now)
        .returning(rule_version.c.rule)
    )
    return tuple(rows.scalars())


async def sign(tx: Tx, hash: str, person: str, now: datetime) -> bool:
    """One person's sign-off; False where they had given it."""
    done = await tx.execute(insert_once(tx, sign_off, hash=hash, person=person, at=now))
    return done.rowcount == 1


async def void_others(tx: Tx, rule: str, hash: str) -> None:
    """Take back the signatures under every other version of a rule: this one has replaced them.

    Going back to one of those is a change like any other. Who signed what, and when,
    stays in the audit.
    """
    others = select(rule_version.c.hash).where(rule_version.c.rule == rule, rule_version.c.hash != hash)
    await tx.execute(delete(sign_off).where(sign_off.c.hash.in_(others)))


async def set_state(
    tx: Tx,
    rule: str,
    *,
    file_hash: str | None,
    running_hash: str | None,
    mode_now: str,
    why: str,
    now: datetime,
) -> None:
    values = {
        "file_hash": file_hash,
        "running_hash": running_hash,
        "mode_now": mode_now,
        "why": why,
        "at": now,
    }
    await tx.execute(
        upsert(tx, rule_state)
        .values(rule=rule, **values)
        .on_conflict_do_update(index_elements=[rule_state.c.rule], set_=values)
    )


async def narrow(tx: Tx, rule: str, mode: str | None) -> None:
    """Hold a rule at a mode until it is signed off again; None lets it go."""
    await tx.execute(update(rule_state).where(rule_state.c.rule == rule).values(narrowed_to=mode))


async def states(tx: Tx) -> dict[str, RuleState]:
    rows = await tx.execute(select(rule_state).order_by(rule_state.c.rule))
    return {
        row.rule: RuleState(
            row.rule, row.file_hash, row.running_hash, row.mode_now, row.narrowed_to, row.why, row.at
        )
        for row in rows
    }


async def adopted_at(tx: Tx, rule: str, connection: str) -> datetime | None:
    """From when on the rule acts on its own on this connection; None is not yet."""
    found: datetime | None = (
        await tx.execute(
            select(adoption.c.at).where(adoption.c.rule == rule, adoption.c.connection == connection)
        )
    ).scalar_one_or_none()
    return found


async def adopt(tx: Tx, rule: str, connection: str, now: datetime) -> bool:
    """Start a rule's own time on a connection; False where it had started."""
    done = await tx.execute(insert_once(tx, adoption, rule=rule, connection=connection, at=now))
    return done.rowcount == 1
