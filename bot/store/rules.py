"""Versions of rules, who proposed them, who signed them off, and which one runs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import delete, exists, func, or_, select, update

from bot.store.database import AnyRow, Tx, insert_once, upsert
from bot.store.tables import adoption, rule_state, rule_version, sign_off
from bot.store.unhurried import parts, unhurried


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
    why: str
    at: datetime
    narrowed_to: str | None = None
    is_signed: bool = False
    proposed_by: str | None = None
    wider: str = ""
    """As `Running` has these three, of the version that runs."""

    @property
    def runs(self) -> tuple[object, ...]:
        """All that says what runs, and how."""
        return self.running_hash, self.mode_now, self.is_signed, self.proposed_by, self.why, self.wider


_SHOWN = ("hash", "rule", "number", "basis", "mode", "text", "calendars_text", "file", "seen_at")
_WHAT_RUNS = (
    "file_hash",
    "running_hash",
    "mode_now",
    "why",
    "at",
    "is_signed",
    "proposed_by",
    "wider",
)


async def _versions(tx: Tx, rows: Sequence[AnyRow]) -> tuple[Version, ...]:
    """These rows, with who signed each."""
    signed: dict[str, list[str]] = defaultdict(list)
    for several in parts(row.hash for row in rows):
        signatures = select(sign_off.c.hash, sign_off.c.person).where(sign_off.c.hash.in_(several))
        for hash, person in await tx.execute(signatures.order_by(sign_off.c.at)):
            signed[hash].append(person)
    return tuple(_version(row, signed[row.hash]) for row in rows)


def _version(row: AnyRow, signed_by: Iterable[str]) -> Version:
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
        signed_by=tuple(signed_by),
        proposed_at=row.proposed_at,
        sent_back_by=row.sent_back_by,
        sent_back_at=row.sent_back_at,
        sent_back_why=row.sent_back_why or "",
    )


async def see(tx: Tx, shown: Sequence[Version]) -> dict[str, Version]:
    """The versions of these hashes; those seen for the first time are numbered and kept.

    `shown` is as the files have them, whose numbers and signatures nobody knows yet.
    """
    known = await of_hashes(tx, [one.hash for one in shown])
    for new in parts(one for one in shown if one.hash not in known):
        last = await tx.execute(
            select(rule_version.c.rule, func.max(rule_version.c.number).label("number"))
            .where(rule_version.c.rule.in_([one.rule for one in new]))
            .group_by(rule_version.c.rule)
        )
        numbers = {row.rule: row.number for row in last}
        kept = [replace(one, number=numbers.get(one.rule, 0) + 1) for one in new]
        await tx.execute(
            rule_version.insert(), [{name: getattr(one, name) for name in _SHOWN} for one in kept]
        )
        known |= {one.hash: one for one in kept}
    return known


async def of_hashes(tx: Tx, hashes: Sequence[str]) -> dict[str, Version]:
    """Those of these versions that were seen before, by hash."""
    found: dict[str, Version] = {}
    for several in parts(hashes):
        rows = await tx.execute(select(rule_version).where(rule_version.c.hash.in_(several)))
        found |= {one.hash: one for one in await _versions(tx, rows.all())}
    return found


async def version(tx: Tx, hash: str) -> Version | None:
    return (await of_hashes(tx, [hash])).get(hash)


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
    rows = await tx.execute(
        select(rule_version).where(rule_version.c.rule == rule).order_by(rule_version.c.number.desc())
    )
    return await _versions(tx, rows.all())


async def signed_of(tx: Tx, rules: Sequence[str]) -> Mapping[str, Sequence[Version]]:
    """The versions of each of these rules that somebody signed, newest first."""
    found: dict[str, list[Version]] = defaultdict(list)
    is_signed = exists().where(sign_off.c.hash == rule_version.c.hash)
    for several in parts(rules):
        rows = await tx.execute(
            select(rule_version)
            .where(rule_version.c.rule.in_(several), is_signed)
            .order_by(rule_version.c.number.desc())
        )
        for one in await _versions(tx, rows.all()):
            found[one.rule].append(one)
    return found


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
    return await _versions(tx, rows.all())


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


async def set_states(tx: Tx, states: Iterable[RuleState]) -> None:
    """What runs of each of these rules. To what a rule is narrowed is not changed by it."""
    put = upsert(tx, rule_state)
    changed = {name: put.excluded[name] for name in _WHAT_RUNS}
    put = put.on_conflict_do_update(index_elements=[rule_state.c.rule], set_=changed)
    for several in parts(states):
        await tx.execute(
            put, [{name: getattr(one, name) for name in ("rule", *_WHAT_RUNS)} for one in several]
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
            row.why,
            row.at,
            narrowed_to=row.narrowed_to,
            is_signed=bool(row.is_signed),
            proposed_by=row.proposed_by,
            wider=row.wider or "",
        )
        async for row in unhurried(rows)
    }


async def adopted(tx: Tx, connection: str) -> frozenset[str]:
    """The rules that act on their own on this connection."""
    rows = await tx.execute(select(adoption.c.rule).where(adoption.c.connection == connection))
    return frozenset(rows.scalars())


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
