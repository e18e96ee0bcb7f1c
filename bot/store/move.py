"""Carry a database over to another one: whole, once, and so that only one of the two serves.

Rows go over in the order of their keys, some at a time, each lot with how far it came in one
transaction: whoever is interrupted goes on from there. Until the end the new one serves
nobody, and from then on the old one does not: two services on two copies would each do what
the other has done.
"""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from json import loads
from typing import Any

from sqlalchemy import TableClause, column, func, insert, select, table, text, tuple_
from sqlalchemy.types import TypeDecorator, TypeEngine

from bot.store.codec import canonical
from bot.store.database import Database, Tx, upsert
from bot.store.moved import GONE, UNDER_WAY
from bot.store.tables import house_fact, metadata

AT_ONCE = 1_000


class NotMoved(Exception):
    """Nothing was begun, or what is there is not the same. The text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Moved:
    """How many rows of each table went over, and stand there as they stood here."""

    rows: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.rows.values())


async def move(source: Database, target: Database, *, name: str) -> Moved:
    """Move everything. Both are open for writing, and nobody serves on either. Raises NotMoved.

    `name` is what the new one is called in the old.
    """
    async with target.write() as tx:
        done = await _begun(tx)
    for one in metadata.sorted_tables:
        await _carry(source, target, _plain(one), [key.name for key in one.primary_key], done.get(one.name))
    moved = await _compared(source, target)
    async with target.write() as tx:
        await _number_on(tx)
        await tx.execute(house_fact.delete().where(house_fact.c.name == UNDER_WAY))
    async with source.write() as tx:
        await _say(tx, GONE, {"to": name})
    return moved


async def _begun(tx: Tx) -> dict[str, Any]:
    """How far an earlier try came, by table; nothing where this is the first."""
    found = (
        await tx.execute(select(house_fact.c.value_json).where(house_fact.c.name == UNDER_WAY))
    ).scalar_one_or_none()
    if found is not None:
        said: dict[str, Any] = loads(found)
        return said
    for one in metadata.sorted_tables:
        if one is not house_fact and (await tx.execute(select(one).limit(1))).first() is not None:
            raise NotMoved(f"There is something in it already (in {one.name}): name an empty database.")
    await tx.execute(house_fact.delete())
    await _say(tx, UNDER_WAY, {})
    return {}


async def _carry(
    source: Database, target: Database, plain: TableClause, key: Sequence[str], after: Sequence[Any] | None
) -> None:
    async for rows in _lots(source, plain, key, after):
        async with target.write() as tx:
            await tx.execute(insert(plain), rows)
            facts = await tx.execute(select(house_fact.c.value_json).where(house_fact.c.name == UNDER_WAY))
            done = loads(facts.scalar_one())
            last = [rows[-1][name] for name in key]
            await _say(tx, UNDER_WAY, {**done, plain.name: last})


async def _lots(
    source: Database, plain: TableClause, key: Sequence[str], after: Sequence[Any] | None
) -> AsyncIterator[list[dict[str, Any]]]:
    keys = [plain.c[name] for name in key]
    while True:
        query = select(plain).order_by(*keys).limit(AT_ONCE)
        if plain.name == house_fact.name:
            query = query.where(plain.c.name.not_in((UNDER_WAY, GONE)))
        if after is not None:
            query = query.where(tuple_(*keys) > tuple_(*after))
        async with source.read() as tx:
            rows = [dict(row) for row in (await tx.execute(query)).mappings()]
        if not rows:
            return
        yield rows
        after = [rows[-1][name] for name in key]


async def _compared(source: Database, target: Database) -> Moved:
    """Raises NotMoved where a table there is not what it is here."""
    counted = {}
    for one in metadata.sorted_tables:
        plain, key = _plain(one), [column.name for column in one.primary_key]
        here, there = await _sum_of(source, plain, key), await _sum_of(target, plain, key)
        if here != there:
            raise NotMoved(
                f"{plain.name} is not the same there as here ({there[0]} rows, and {here[0]} here): was "
                "something using one of them? Empty the new one and move again."
            )
        counted[plain.name] = here[0]
    return Moved(counted)


async def _sum_of(database: Database, plain: TableClause, key: Sequence[str]) -> tuple[int, int]:
    """How many rows, and the sum of their hashes: the engines sort texts each in its own way."""
    count = total = 0
    async for rows in _lots(database, plain, key, None):
        count += len(rows)
        for row in rows:
            said = canonical([_said(row[name]) for name in sorted(row)]).replace("\\u0000", "\ufffd")
            total += int.from_bytes(hashlib.sha256(said.encode()).digest()[:16])
    return count, total


def _said(value: Any) -> Any:
    return f"bytes:{value.hex()}" if isinstance(value, bytes) else value


async def _number_on(tx: Tx) -> None:
    """Rows that number themselves go on from the last one that came."""
    if tx.dialect.name != "postgresql":
        return
    for one in metadata.sorted_tables:
        numbered = one.autoincrement_column
        if numbered is None:
            continue
        last = (await tx.execute(select(func.max(numbered)))).scalar_one_or_none()
        await tx.execute(
            text("SELECT setval(pg_get_serial_sequence(:table, :column), :next, false)"),
            {"table": one.name, "column": numbered.name, "next": (last or 0) + 1},
        )


async def _say(tx: Tx, name: str, value: object) -> None:
    said = canonical(value)
    await tx.execute(
        upsert(tx, house_fact)
        .values(name=name, value_json=said)
        .on_conflict_do_update(index_elements=[house_fact.c.name], set_={"value_json": said})
    )


def _plain(one: Any) -> TableClause:
    """A table whose columns are handed over as they are stored, not as the program reads them."""
    return table(one.name, *(column(each.name, _stored(each.type)) for each in one.columns))


def _stored(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    return type_.impl_instance if isinstance(type_, TypeDecorator) else type_
