"""Resources as last read: found again by any of their ids, compared with their past."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from json import loads

from sqlalchemy import bindparam, select, update

from bot.core.resource import Snapshot
from bot.core.words import joined, say
from bot.store.codec import canonical, snapshot_from_json, snapshot_to_json
from bot.store.database import AnyRow, Tx, upsert
from bot.store.paging import besides
from bot.store.tables import resource, resource_identity
from bot.store.tables import snapshot as history

ROWS_AT_A_TIME = 200
"""Rows of a long list that are worked through before others on the loop have their turn."""
NO_STATUS = "unknown"
"""What lists call the status of what has none that we know."""


class TwoResources(Exception):
    """A reading has the ids of two different resources. A person must say which it is."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource with its latest snapshot. `id` never changes, the vendor's id may."""

    id: str
    generation: int
    fingerprint: str | None
    snapshot: Snapshot
    first_seen_at: datetime
    gone_at: datetime | None
    pay_on: date | None = None
    """When it is paid, as the work calendar had it when it was last decided on."""
    is_broken: bool = False
    """Whether what was last read of it cannot be read back: then its snapshot holds no value at all."""

    @property
    def ref(self) -> str:
        return self.snapshot.ref


def _resource(row: AnyRow) -> Resource:
    """The row; one that cannot be read must not keep anybody from the others, so nothing is raised for it."""
    kept = read_back(row.snapshot_json, row.observed_at)
    return Resource(
        id=row.id,
        generation=row.generation,
        fingerprint=row.fingerprint,
        snapshot=kept or _without_values(row),
        first_seen_at=row.first_seen_at,
        gone_at=row.gone_at,
        pay_on=_day(row.pay_on),
        is_broken=kept is None,
    )


def _day(stored: str | None) -> date | None:
    try:
        return date.fromisoformat(stored) if stored is not None else None
    except ValueError:
        return None


_NOT_AS_WRITTEN = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RecursionError,
)


def read_back(stored: str, at: datetime) -> Snapshot | None:
    """A stored reading, or None for one that is not what was written."""
    try:
        return snapshot_from_json(loads(stored), at)
    except _NOT_AS_WRITTEN:
        return None


def _without_values(row: AnyRow) -> Snapshot:
    """What the columns beside the reading still say: enough to ask the vendor for it again."""
    return Snapshot(
        kind=row.kind,
        connection=row.connection,
        vendor_id=row.vendor_id,
        values={},
        observed_at=row.observed_at,
        is_open=row.is_open,
        is_live=row.is_live,
    )


def resource_of(row: AnyRow) -> Resource:
    """A row of a list."""
    return _resource(row)


async def get(tx: Tx, resource_id: str) -> Resource | None:
    row = (await tx.execute(select(resource).where(resource.c.id == resource_id))).one_or_none()
    return _resource(row) if row else None


async def several(tx: Tx, ids: Iterable[str]) -> dict[str, Resource]:
    """Those that are there, by id."""
    rows = await tx.execute(select(resource).where(resource.c.id.in_(sorted(set(ids)))))
    return {row.id: _resource(row) for row in rows}


async def by_vendor_id(tx: Tx, connection: str, vendor_id: str) -> Resource | None:
    """The one that the vendor now calls so; the latest seen where several once were."""
    row = (
        await tx.execute(
            select(resource)
            .where(resource.c.connection == connection, resource.c.vendor_id == vendor_id)
            .order_by(resource.c.observed_at.desc())
            .limit(1)
        )
    ).one_or_none()
    return _resource(row) if row else None


async def find(tx: Tx, kind: str, connection: str, vendor_id: str, identities: Sequence[str]) -> str | None:
    """The id of the resource that this reading is of, or None for a new one.

    The unchanging ids count first: a vendor id that was handed to another payrun must
    not make the two one. Raises TwoResources where they point at different rows.
    """
    if identities:
        same = resource_identity.c
        found = set(
            (
                await tx.execute(
                    select(same.resource).where(
                        same.connection == connection, same.kind == kind, same.identity.in_(identities)
                    )
                )
            ).scalars()
        )
        if len(found) > 1:
            raise TwoResources(
                say(
                    "{ref} has the ids of {others}",
                    ref=f"{connection}/{vendor_id}",
                    others=joined(sorted(found), last=say("and")),
                )
            )
        if found:
            return str(found.pop())
    row = (
        await tx.execute(
            select(resource.c.id)
            .where(
                resource.c.kind == kind,
                resource.c.connection == connection,
                resource.c.vendor_id == vendor_id,
            )
            .order_by(resource.c.observed_at.desc())
        )
    ).first()
    if row is None or (identities and await _has_identities(tx, row.id)):
        return None
    return str(row.id)


async def _has_identities(tx: Tx, resource_id: str) -> bool:
    row = await tx.execute(
        select(resource_identity.c.identity).where(resource_identity.c.resource == resource_id).limit(1)
    )
    return row.first() is not None


@dataclass(frozen=True, slots=True)
class Saved:
    resource: Resource
    is_new: bool
    has_changed: bool
    reopened: bool


async def save(
    tx: Tx, snapshot: Snapshot, *, now: datetime, correlation: str, keeps_past: bool = True
) -> Saved:
    """Keep a reading, and the one before it where something changed.

    A run that was closed and is open again is a new generation: what was done to it
    may then be done again, as something else. Lines that were not read this time are
    kept from before while nothing else changed. A reading older than the one that is
    there changes nothing.
    """
    known_id = await find(tx, snapshot.kind, snapshot.connection, snapshot.vendor_id, snapshot.identities)
    before = await get(tx, known_id) if known_id else None
    if before is not None and snapshot.observed_at < before.snapshot.observed_at:
        # A slow reading that another has overtaken: kept, it could show a closed run as opened again.
        return Saved(before, is_new=False, has_changed=False, reopened=False)
    if before is not None and snapshot.lines is None and _same_but_lines(before.snapshot, snapshot):
        snapshot = _with_lines(snapshot, before.snapshot)
    new_id = known_id or await _fresh_id(tx, snapshot)
    reopened = before is not None and before.snapshot.is_open is False and snapshot.is_open is True
    generation = 1 if before is None else before.generation + (1 if reopened else 0)
    content = canonical(snapshot_to_json(snapshot))
    changed = before is None or content != canonical(snapshot_to_json(before.snapshot))
    columns = {
        "vendor_id": snapshot.vendor_id,
        "generation": generation,
        "snapshot_json": content,
        "is_open": snapshot.is_open,
        "is_live": snapshot.is_live,
        "gone_at": None,
        "run_type": series_of(snapshot),
        "ends_on": ends_on(snapshot),
        "status": snapshot.text("status") or NO_STATUS,
        "observed_at": snapshot.observed_at,
    }
    await tx.execute(
        upsert(tx, resource)
        .values(
            id=new_id,
            kind=snapshot.kind,
            connection=snapshot.connection,
            key=new_id.partition("/")[2],
            first_seen_at=now,
            **columns,
        )
        .on_conflict_do_update(index_elements=[resource.c.id], set_=columns)
    )
    if snapshot.identities:
        await tx.execute(
            upsert(tx, resource_identity).on_conflict_do_nothing(),
            [
                {
                    "connection": snapshot.connection,
                    "kind": snapshot.kind,
                    "identity": identity,
                    "resource": new_id,
                }
                for identity in snapshot.identities
            ],
        )
    if changed and keeps_past:
        await tx.execute(
            history.insert().values(
                resource=new_id, at=snapshot.observed_at, snapshot_json=content, correlation=correlation
            )
        )
    kept = Resource(
        id=new_id,
        generation=generation,
        fingerprint=before.fingerprint if before else None,
        snapshot=snapshot,
        first_seen_at=before.first_seen_at if before else now,
        gone_at=None,
    )
    return Saved(kept, is_new=before is None, has_changed=changed, reopened=reopened)


async def _fresh_id(tx: Tx, snapshot: Snapshot) -> str:
    """An id made of the vendor's; with a number behind it where another once had that."""
    plain = f"{snapshot.kind}:{snapshot.connection}/{snapshot.vendor_id}"
    candidate, number = plain, 1
    while await get(tx, candidate) is not None:
        number += 1
        candidate = f"{plain}~{number}"
    return candidate


def _same_but_lines(before: Snapshot, after: Snapshot) -> bool:
    one, other = snapshot_to_json(before), snapshot_to_json(after)
    without = {"lines": None, "erased": None}
    return {**one, **without} == {**other, **without}


def _with_lines(after: Snapshot, before: Snapshot) -> Snapshot:
    return replace(after, lines=before.lines, is_erased=before.is_erased)


def series_of(snapshot: Snapshot) -> str:
    """What makes two runs comparable: the same type, currency, and calendar where there are several."""
    names = ("run type", "calendar type", "currency")
    parts = *(snapshot.text(name) for name in names), snapshot.call.get("series")
    return "|".join(part for part in parts if part)


def ends_on(snapshot: Snapshot) -> str:
    """A day to put runs in order by: the period's end, else when it was opened."""
    day = snapshot.day("period end") or snapshot.day("pay date")
    opened = snapshot.instant("opened at")
    return (day or (opened.date() if opened else snapshot.observed_at.date())).isoformat()


async def set_fingerprint(tx: Tx, resource_id: str, fingerprint: str) -> None:
    """What the vendor's list said when this resource was last read in full."""
    await tx.execute(update(resource).where(resource.c.id == resource_id).values(fingerprint=fingerprint))


async def set_pay_on(tx: Tx, resource_id: str, day: date) -> None:
    """What lists find it by: for some vendors only the work calendar knows the day."""
    await tx.execute(update(resource).where(resource.c.id == resource_id).values(pay_on=day.isoformat()))


async def seen_unchanged(tx: Tx, ids: Iterable[str], at: datetime) -> None:
    """The list showed them as they were: their reading is as fresh as the list, or fresher."""
    mine = resource.c.id == bindparam("an_id")
    statement = update(resource).where(mine, resource.c.observed_at < at).values(observed_at=at)
    several = [{"an_id": one} for one in ids]  # one by one: a statement that names them all is slow to make
    if several:
        await tx.execute(statement, several)


async def set_gone(tx: Tx, resource_id: str, at: datetime) -> None:
    await tx.execute(
        update(resource).where(resource.c.id == resource_id).values(gone_at=at, is_live=False, is_open=False)
    )


async def earlier(tx: Tx, of: Snapshot, own_id: str | None, *, at_most: int = 12) -> tuple[Snapshot, ...]:
    """The closed runs of the same kind, connection and type before this one, newest first."""
    rows = await tx.execute(
        select(resource)
        .where(
            resource.c.kind == of.kind,
            resource.c.connection == of.connection,
            resource.c.run_type == series_of(of),
            resource.c.ends_on < ends_on(of),
            resource.c.is_open.is_(False),
            resource.c.gone_at.is_(None),
            resource.c.id != (own_id or ""),
        )
        .order_by(resource.c.ends_on.desc(), resource.c.id)
        .limit(at_most)
    )
    return tuple(_resource(row).snapshot for row in rows)


async def all_of(
    tx: Tx,
    connection: str | None = None,
    *,
    kind_ends: str = "",
    only_open: bool = False,
    only_live: bool = False,
) -> tuple[Resource, ...]:
    """Every resource still there, newest period first."""
    query = select(resource).where(resource.c.gone_at.is_(None))
    if connection is not None:
        # Few are live, and they have an index of their own.
        of_it = besides(resource.c.connection) if only_live else resource.c.connection
        query = query.where(of_it == connection)
    if kind_ends:
        query = query.where(resource.c.kind.endswith(kind_ends, autoescape=True))
    if only_open:
        query = query.where(resource.c.is_open.is_(True))
    if only_live:
        query = query.where(resource.c.is_live.is_(True))
    rows = await tx.execute(query.order_by(resource.c.ends_on.desc(), resource.c.id))
    return tuple(_resource(row) for row in rows)


@dataclass(frozen=True, slots=True)
class LastListed:
    """What the list said of a resource when it was last read in full."""

    id: str
    fingerprint: str | None
    is_live: bool
    observed_at: datetime


async def last_listed(tx: Tx, connection: str) -> dict[tuple[str, str], LastListed]:
    """By kind and vendor id, everything of a connection that is still there.

    An id that was changed is not found here, so its row is read, and recognised then.
    """
    rows = await tx.execute(
        select(
            resource.c.id,
            resource.c.kind,
            resource.c.vendor_id,
            resource.c.fingerprint,
            resource.c.is_live,
            resource.c.observed_at,
        )
        .where(resource.c.connection == connection, resource.c.gone_at.is_(None))
        .order_by(resource.c.observed_at)
    )
    found: dict[tuple[str, str], LastListed] = {}
    for number, row in enumerate(rows):
        if number % ROWS_AT_A_TIME == 0:
            await asyncio.sleep(0)
        found[row.kind, row.vendor_id] = LastListed(row.id, row.fingerprint, row.is_live, row.observed_at)
    return found
