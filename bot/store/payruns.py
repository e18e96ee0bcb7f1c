"""The pay runs as a list: found by what columns say of them, the newest period first."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select

from bot.store.approvals import ApprovalState
from bot.store.database import Tx
from bot.store.effects import State
from bot.store.paging import Listed, Place, besides, page_of
from bot.store.tables import approval, effect, parked, resource, resource_identity

AT_ONCE = 200
"""How many a search by id finds, and of each kind of trouble how many need somebody."""
_LAST = "\U0010ffff"
"""Comes after every id that begins alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which pay runs. Days are included at both ends."""

    connections: Sequence[str]
    status: str = ""
    is_open: bool | None = None
    paid_from: date | None = None
    paid_to: date | None = None
    ended: str = ""
    """How the last day of its period begins: `2026-11`, `2026-11-20`."""
    only: Collection[str] | None = None
    """Of these alone, by id."""

    @property
    def by_pay_date(self) -> bool:
        return self.paid_from is not None or self.paid_to is not None


_THERE = and_(resource.c.gone_at.is_(None), resource.c.kind.endswith(".payrun", autoescape=True))


async def listed(tx: Tx, wanted: Wanted, place: Place | None, *, at_most: int) -> Listed:
    """One page of resource rows, by the end of the period; by pay date where that is asked for."""
    first = resource.c.pay_on if wanted.by_pay_date else resource.c.ends_on
    return await page_of(tx, list(_arms(wanted)), (first, resource.c.id), place, at_most=at_most)


def _arms(wanted: Wanted) -> Iterator[Select[Any]]:
    if wanted.only is not None:
        # A few by id: nothing else may draw an index that walks along all of them.
        query = select(resource).where(_THERE, resource.c.id.in_(wanted.only))
        query = query.where(besides(resource.c.connection).in_(wanted.connections))
        yield _of_days(_of_state(query, wanted, is_open=wanted.is_open), wanted)
        return
    for connection in wanted.connections:
        query = select(resource).where(_THERE, resource.c.connection == connection)
        if wanted.status and wanted.is_open is None and not wanted.by_pay_date:
            # One walk for each, in the order of the index that has both.
            for is_open in (True, False, None):
                yield _of_days(query.where(resource.c.status == wanted.status, _is(is_open)), wanted)
        elif wanted.by_pay_date:
            yield _of_days(_of_state(query, wanted, is_open=wanted.is_open), wanted)
        else:
            if wanted.status:
                query = query.where(resource.c.status == wanted.status)
            if wanted.is_open is not None:
                query = query.where(_is(wanted.is_open))
            yield _of_days(query, wanted)


def _of_state(query: Select[Any], wanted: Wanted, *, is_open: bool | None) -> Select[Any]:
    if wanted.status:
        query = query.where(besides(resource.c.status) == wanted.status)
    if is_open is None:
        return query
    # Row by row, as `besides`: what is not known is neither.
    return query.where(func.coalesce(resource.c.is_open, literal(not is_open)).is_(is_open))


def _is(is_open: bool | None) -> ColumnElement[bool]:
    return resource.c.is_open.is_(is_open)


def _of_days(query: Select[Any], wanted: Wanted) -> Select[Any]:
    if wanted.ended:
        query = query.where(resource.c.ends_on >= wanted.ended, resource.c.ends_on < wanted.ended + _LAST)
    if wanted.paid_from is not None:
        query = query.where(resource.c.pay_on >= wanted.paid_from.isoformat())
    if wanted.paid_to is not None:
        query = query.where(resource.c.pay_on <= wanted.paid_to.isoformat())
    if wanted.by_pay_date:
        query = query.where(resource.c.pay_on.is_not(None))
    return query


async def need_somebody(tx: Tx) -> frozenset[str]:
    """Ids of what waits for a person: asked about, not confirmed, or set apart."""
    asked = (
        select(effect.c.resource)
        .join(approval, (effect.c.key == approval.c.effect_key) & (effect.c.round == approval.c.round))
        .where(approval.c.state == ApprovalState.OPEN)
    )
    unsettled = select(effect.c.resource).where(effect.c.state == State.PARKED, effect.c.is_vendor.is_(True))
    found: set[str] = set()
    for query in (asked, unsettled, select(parked.c.resource)):
        found.update((await tx.execute(query.limit(AT_ONCE))).scalars())
    return frozenset(found)


async def found_by(tx: Tx, text: str, accounts: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """Ids of those whose own id begins so, or that have this invoice; `accounts` are kinds by connection."""
    found: set[str] = set()
    for connection, kinds in accounts.items():
        begins = select(resource.c.id).where(
            resource.c.connection == connection,
            resource.c.vendor_id >= text,
            resource.c.vendor_id < text + _LAST,
        )
        known = resource_identity.c
        invoice = select(known.resource).where(
            known.connection == connection, known.kind.in_(kinds), known.identity == f"invoice:{text}"
        )
        for query in (begins, invoice):
            found.update((await tx.execute(query.limit(AT_ONCE))).scalars())
    return frozenset(found)


async def named(tx: Tx, text: str, connections: Collection[str]) -> tuple[str, ...]:
    """Ids of what one of these connections calls exactly so now; several connections may."""
    rows = await tx.execute(
        select(resource.c.id)
        .where(or_(*((resource.c.connection == one) & (resource.c.vendor_id == text) for one in connections)))
        .limit(AT_ONCE)
    )
    return tuple(rows.scalars())
