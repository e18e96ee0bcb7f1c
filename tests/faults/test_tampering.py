"""Whatever somebody with the database does to the record is found, by its chain or by its head.

Each case is made of its number alone. It changes the sealed record in a transaction that is
rolled back afterwards, as somebody would who has the database and not the keys, or who has
got hold of a key that was replaced long ago. The index that keeps a chain from being forked
is taken away first, as they would.
"""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Row, delete, insert, select, text, update

from bot.store import audit, head
from bot.store.database import Database, Tx
from bot.store.head import Head
from bot.store.tables import audit as table
from tests.faults.size import part, share_of, size
from tests.faults.tally import note
from tests.store.conftest import NOW, file_db

__all__ = ["file_db"]

OLD, NEW = ("old", b"a key that was replaced"), ("new", b"the key that writes")
ROBBER = ("robber", b"a key of their own")
LINES = 12
SEALED_WITH_OLD = 5
COLUMNS = ("at", "actor", "what_json", "resource", "prev", "hash", "key_id")

Rows = Sequence[Row[Any]]


class _Undone(Exception):
    """Ends a case: nothing of it is kept."""


@pytest.fixture
def db(file_db: Database) -> Database:
    return file_db


@pytest.fixture
async def heads(db: Database, tmp_path: Path) -> tuple[Head, ...]:
    """A record of two keys' time, and its heads as they were exported."""
    path = tmp_path / "audit.head"
    async with db.write() as tx:
        await tx.execute(text("DROP INDEX uq_audit_prev"))
    for (key_id, key), count in ((OLD, SEALED_WITH_OLD), (NEW, LINES - SEALED_WITH_OLD)):
        async with db.write() as tx:
            for number in range(count):
                who = "finance-1" if number % 3 else audit.BOT
                await audit.note(tx, NOW, who, "approved", resource=f"r{number % 4}", effect=f"e{number}")
            await audit.seal(tx, key, key_id)
            last = await audit.last_sealed(tx)
        assert last is not None
        head.export(path, Head(last.seq, last.hash, key_id, NOW), key)
    return head.read(path, dict((NEW, OLD)))


async def all_rows(tx: Tx) -> Rows:
    return (await tx.execute(select(table).order_by(table.c.seq))).all()


async def change_column(tx: Tx, at: Random, rows: Rows) -> None:
    row, column = at.choice(rows), at.choice(COLUMNS)
    await set_column(tx, row, column, _other(at, rows, getattr(row, column), column))


async def set_column(tx: Tx, row: Row[Any], column: str, value: object) -> None:
    await tx.execute(update(table).where(table.c.seq == row.seq).values({column: value}))


def _other(at: Random, rows: Rows, value: Any, column: str) -> object:
    """Another value for a column: nothing, somebody else's, or a small change of its own."""
    match at.randrange(4):
        case 0 if column in ("resource", "prev", "hash", "key_id"):
            return None
        case 1:
            return getattr(at.choice(rows), column)
        case 2 if column == "key_id":
            return at.choice((OLD[0], NEW[0], ROBBER[0]))
    if column == "at":
        return value.replace(microsecond=at.randrange(1_000_000))
    letters = list(str(value)) or ["x"]
    place = at.randrange(len(letters))
    letters[place] = at.choice("0123456789abcdefxyz ")
    return "".join(letters) if at.random() < 0.8 else str(value) + at.choice(" x")


async def swap(tx: Tx, at: Random, rows: Rows) -> None:
    """Two lines change places, with all they are or with what they say alone."""
    one, other = at.sample(rows, 2)
    columns = COLUMNS if at.random() < 0.5 else COLUMNS[:4]
    for place, content in ((one, other), (other, one)):
        values = {name: getattr(content, name) for name in columns}
        await tx.execute(update(table).where(table.c.seq == place.seq).values(values))


async def take_out(tx: Tx, at: Random, rows: Rows) -> None:
    """One line or some in a row, anywhere; the lines after may be numbered anew."""
    first = at.randrange(len(rows))
    last = min(first + at.randrange(3), len(rows) - 1)
    await tx.execute(delete(table).where(table.c.seq.between(rows[first].seq, rows[last].seq)))
    if at.random() < 0.5:
        for row in rows[last + 1 :]:
            await renumber(tx, row.seq, row.seq - (last - first + 1))


async def renumber(tx: Tx, seq: int, to: int) -> None:
    await tx.execute(update(table).where(table.c.seq == seq).values(seq=to))


async def slip_in(tx: Tx, at: Random, rows: Rows) -> None:
    """A line of their own before the end: unsealed, or sealed as well as they can."""
    place = at.randrange(len(rows))
    for row in reversed(rows[place:]):
        await renumber(tx, row.seq, row.seq + 1)
    await tx.execute(insert(table).values(_forged(at, rows, place, rows[place].seq)))


async def double(tx: Tx, at: Random, rows: Rows) -> None:
    """A line stands there a second time: somewhere before the end, or behind it."""
    place, copied = at.randrange(len(rows) + 1), at.choice(rows)
    for row in reversed(rows[place:]):
        await renumber(tx, row.seq, row.seq + 1)
    values = {name: getattr(copied, name) for name in COLUMNS}
    await tx.execute(insert(table).values({**values, "seq": rows[0].seq + place}))


def _forged(at: Random, rows: Rows, place: int, seq: int) -> dict[str, object]:
    values = {name: getattr(at.choice(rows), name) for name in COLUMNS} | {"seq": seq}
    match at.randrange(3):
        case 0:
            return {**values, "prev": None, "hash": None, "key_id": None}
        case 1:
            return {**values, "prev": rows[place - 1].hash if place else "", "hash": at.randbytes(32).hex()}
    return values


async def reseal(tx: Tx, at: Random, rows: Rows) -> None:
    """Change a line and seal the record from there on, with a key that is not the one that writes."""
    key_id, key = at.choice((OLD, ROBBER))
    first = at.choice(rows)
    await set_column(tx, first, "actor", "nobody-1")
    await tx.execute(update(table).where(table.c.seq >= first.seq).values(prev=None, hash=None, key_id=None))
    claimed = at.choice((key_id, NEW[0], OLD[0]))
    await audit.seal(tx, key, claimed)


async def reseal_old_times(tx: Tx, at: Random, rows: Rows) -> None:
    """The same within the time of a key that they have; what came after it is left as it was."""
    first = at.choice(rows[:SEALED_WITH_OLD])
    later = [dict(row._mapping) for row in rows[SEALED_WITH_OLD:]]
    await tx.execute(delete(table).where(table.c.seq > rows[SEALED_WITH_OLD - 1].seq))
    await set_column(tx, first, "actor", "nobody-1")
    await tx.execute(update(table).where(table.c.seq >= first.seq).values(prev=None, hash=None, key_id=None))
    await audit.seal(tx, OLD[1], OLD[0])
    await tx.execute(insert(table), later)


async def cut_off(tx: Tx, at: Random, rows: Rows) -> None:
    """The last lines are gone, and the chain of what is left is whole."""
    await tx.execute(delete(table).where(table.c.seq > rows[at.randrange(len(rows))].seq - 1))


async def cut_and_go_on(tx: Tx, at: Random, rows: Rows) -> None:
    """The last lines are gone, and the service, which knows nothing of it, has sealed others since."""
    left = at.randrange(len(rows))
    await tx.execute(delete(table).where(table.c.seq >= rows[left].seq))
    for number in range(at.randrange(1, len(rows) - left + 3)):
        await audit.note(tx, NOW, audit.BOT, "planned", effect=f"after-{number}")
    await audit.seal(tx, NEW[1], NEW[0])


Tamper = Callable[[Tx, Random, Rows], Awaitable[None]]

WAYS: tuple[Tamper, ...] = (
    change_column,
    change_column,  # the likeliest, and the one with the most cases
    swap,
    take_out,
    slip_in,
    double,
    reseal,
    reseal_old_times,
    cut_off,
    cut_and_go_on,
)


async def is_found(tx: Tx, exported: tuple[Head, ...]) -> bool:
    if await audit.verify(tx, (NEW, OLD)) is not None:
        return True
    return any(one.excused_at is None for one in await head.gaps(tx, exported))


async def tampered(db: Database, exported: tuple[Head, ...], seed: int) -> bool | None:
    """Whether one case was found; None where it changed nothing."""
    at = Random(seed)
    way = WAYS[seed % len(WAYS)]
    found: bool | None = None
    try:
        async with db.write() as tx:
            before = await all_rows(tx)
            await way(tx, at, before)
            if await all_rows(tx) != before:
                found = await is_found(tx, exported)
            raise _Undone
    except _Undone:
        return found


@pytest.mark.in_every_share
async def test_every_change_of_the_sealed_record_is_found(db: Database, heads: tuple[Head, ...]) -> None:
    runs = share_of(size(whole=10_000, small=1_000))
    number, of = part()
    missed: list[int] = []
    done = 0
    seed = number
    while done < runs:
        found = await tampered(db, heads, seed)
        done += found is not None
        if found is False:
            missed.append(seed)
        seed += of
    note("tampering", runs=done, missed=len(missed))

    assert missed == []


async def test_what_nobody_touched_is_not_called_tampered_with(db: Database, heads: tuple[Head, ...]) -> None:
    async with db.read() as tx:
        assert not await is_found(tx, heads)


@pytest.mark.parametrize("way", [cut_off, cut_and_go_on], ids=["cut off", "cut off and gone on"])
async def test_a_chain_alone_does_not_show_that_its_end_is_gone(
    way: Tamper, db: Database, heads: tuple[Head, ...]
) -> None:
    async with db.write() as tx:
        await way(tx, Random(3), await all_rows(tx))

    async with db.read() as tx:
        assert await audit.verify(tx, (NEW, OLD)) is None
        assert await is_found(tx, heads)
