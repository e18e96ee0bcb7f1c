"""Versions of rules, who proposed them, who signed them off, and which one runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, func, or_, select, update

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
    proposed_at: datetime | None = None
    sent_back_by: str | None = None
    sent_back_at: datetime | None = None
    sent_back_why: str = ""
    """What somebody who would have had to sign it wants changed."""


@dataclass(frozen=True, slots=True)
class RuleState:
    rule: str
    file_hash: str | None
    running_hash: str | None
    mode_now: str
    narrowed_to: str | None
    why: str
    at: datetime
    is_signed: bool = False
    proposed_by: str | None = None
    wider: str = ""
    """As `Running` has these three, of the version that runs."""

    @property
    def runs(self) -> tuple[object, ...]:
        """All that says what runs, and how."""
        return self.running_hash, self.mode_now, self.is_signed, self.proposed_by, self.why, self.wider


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
        proposed_at=row.proposed_at,
        sent_back_by=row.sent_back_by,
        sent_back_at=row.sent_back_at,
        sent_back_why=row.sent_back_why or "",
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


@dataclass(frozen=True, slots=True)
class Signed:
    """Who proposed a version and who signed it, with the times."""

    proposed_at: datetime | None
    by: tuple[tuple[str, datetime], ...]


async def signed(tx: Tx, hash: str) -> Signed:
    proposed_at = (
        await tx.execute(select(rule_version.c.proposed_at).where(rule_version.c.hash == hash))
    ).scalar_one_or_none()
    rows = await tx.execute(
        select(sign_off.c.person, sign_off.c.at).where(sign_off.c.hash == hash).order_by(sign_off.c.at)
    )
    return Signed(proposed_at, tuple((row.person, row.at) for row in rows))


async def versions_of(tx: Tx, rule: str) -> tuple[Version, ...]:
    """Newest first."""
    rows = (
        await tx.execute(
            select(rule_version).where(rule_version.c.rule == rule).order_by(rule_version.c.number.desc())
        )
    ).all()
    return tuple([await _version(tx, row) for row in rows])


async def propose(
    tx: Tx, hashes: Sequence[str], person: str, now: datetime, *, is_change: bool = False
) -> tuple[str, ...]:
    """Name the author of versions that have none yet, or were sent back; says which those were.

    Who has just changed the file to a version (`is_change`) is its author although it had one
    before, unless somebody signed it.
    """
    is_open = or_(rule_version.c.proposed_by.is_(None), rule_version.c.sent_back_at.is_not(None))
    if is_change:
        is_open = is_open | ~exists().where(sign_off.c.hash == rule_version.c.hash)
    rows = await tx.execute(
        update(rule_version)
        .where(rule_version.c.hash.in_(hashes), is_open)
        .values(proposed_by=person, proposed_at=now, sent_back_by=None, sent_back_at=None, sent_back_why=None)
        .returning(rule_version.c.rule)
    )
    return tuple(rows.scalars())


async def send_back(tx: Tx, hash: str, person: str, why: str, now: datetime) -> None:
    """Whoever would sign it wants it changed. A first signature under it does not count any more."""
    await tx.execute(
        update(rule_version)
        .where(rule_version.c.hash == hash)
        .values(sent_back_by=person, sent_back_at=now, sent_back_why=why)
    )
    await tx.execute(delete(sign_off).where(sign_off.c.hash == hash))


async def latest_of(tx: Tx, rule: str, *, at_most: int) -> tuple[Version, ...]:
    """The last versions, newest first."""
    rows = await tx.execute(
        select(rule_version)
        .where(rule_version.c.rule == rule)
        .order_by(rule_version.c.number.desc())
        .limit(at_most)
    )
    return tuple([await _version(tx, row) for row in rows.all()])


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
    is_signed: bool = False,
    proposed_by: str | None = None,
    wider: str = "",
) -> None:
    values = {
        "file_hash": file_hash,
        "running_hash": running_hash,
        "mode_now": mode_now,
        "why": why,
        "at": now,
        "is_signed": is_signed,
        "proposed_by": proposed_by,
        "wider": wider,
    }
    await tx.execute(
        upsert(tx, rule_state)
        .values(rule=rule, **values)
        .on_conflict_do_update(index_elements=[rule_state.c.rule], set_=values)
    )


async def narrow(tx: Tx, rule: str, mode: str | None) -> None:
    """Hold a rule at a mode until it is signed off again; None lets it go."""
    await tx.execute(update(rule_state).where(rule_state.c.rule == rule).values(narrowed_to=mode))


async def hold_at(tx: Tx, rule: str, mode: str, why: str) -> None:
    """What runs is held at a mode from now on."""
    await tx.execute(update(rule_state).where(rule_state.c.rule == rule).values(mode_now=mode, why=why))


async def states(tx: Tx) -> dict[str, RuleState]:
    rows = await tx.execute(select(rule_state).order_by(rule_state.c.rule))
    return {
        row.rule: RuleState(
            row.rule,
            row.file_hash,
            row.running_hash,
            row.mode_now,
            row.narrowed_to,
            row.why,
            row.at,
            bool(row.is_signed),
            row.proposed_by,
            row.wider or "",
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
