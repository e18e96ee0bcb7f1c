"""The permanent record as a list: by time, and by what each line is found by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from json import loads
from typing import Any

from sqlalchemy import Column, Select, func, select

from bot.store.database import AnyRow, Tx
from bot.store.paging import Listed, Place, besides, page_of
from bot.store.tables import audit

MOST_KINDS = 200
"""How many different things lines can say, at most, to choose from."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `more` is what it says besides; `hash` is None until it is sealed."""

    seq: int
    at: datetime
    actor: str
    what: str
    resource: str | None
    more: Mapping[str, Any]
    hash: str | None
    key_id: str | None


def line_of(row: AnyRow) -> Line:
    said = loads(row.what_json)
    return Line(row.seq, row.at, row.actor, said.pop("what"), row.resource, said, row.hash, row.key_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Which lines; of all without any. `until` is the first instant after them."""

    actor: str = ""
    what: str = ""
    rule: str = ""
    resources: Sequence[str] | None = None
    since: datetime | None = None
    until: datetime | None = None


async def page(
    tx: Tx, sought: Sought, place: Place | None, *, at_most: int
) -> tuple[tuple[Line, ...], Listed]:
    """One page of the record, newest first."""
    listed = await page_of(tx, _arms(sought), (audit.c.at, audit.c.seq), place, at_most=at_most)
    return tuple(line_of(row) for row in listed.rows), listed


def _arms(sought: Sought) -> list[Select[Any]]:
    """One index is walked, that of what says most; the others are looked at line by line."""
    query = select(audit)
    if sought.since is not None:
        query = query.where(audit.c.at >= sought.since)
    if sought.until is not None:
        query = query.where(audit.c.at < sought.until)
    by: list[tuple[Column[Any], str]] = [
        (audit.c.rule, sought.rule),
        (audit.c.what, sought.what),
        (audit.c.actor, sought.actor),
    ]
    asked = [(column, value) for column, value in by if value]
    if sought.resources is None:
        walked, asked = asked[:1], asked[1:]
        query = query.where(*(column == value for column, value in walked))
    query = query.where(*(besides(column) == value for column, value in asked))
    if sought.resources is None:
        return [query]
    return [query.where(audit.c.resource == one) for one in sought.resources]


async def newest(tx: Tx, what: str) -> Line | None:
    """The line of this kind that was written last, whatever the clock said then."""
    query = select(audit).where(audit.c.what == what).order_by(audit.c.seq.desc()).limit(1)
    row = (await tx.execute(query)).one_or_none()
    return line_of(row) if row else None


async def kinds(tx: Tx) -> tuple[str, ...]:
    """Everything that lines say, each once: leaps along the index instead of reading every line."""
    first = select(func.min(audit.c.what).label("what")).cte("said", recursive=True)
    after = select(func.min(audit.c.what)).where(audit.c.what > first.c.what).scalar_subquery()
    said = first.union_all(select(after).where(first.c.what.is_not(None)))
    rows = await tx.execute(select(said.c.what).where(said.c.what.is_not(None)).limit(MOST_KINDS))
    return tuple(rows.scalars())


async def of_resource(tx: Tx, resource: str, *, at_most: int) -> Sequence[AnyRow]:
    """The newest lines about a resource as they are stored, oldest first."""
    query = select(audit).where(audit.c.resource == resource)
    rows = await tx.execute(query.order_by(audit.c.at.desc(), audit.c.seq.desc()).limit(at_most))
    return list(reversed(rows.all()))
