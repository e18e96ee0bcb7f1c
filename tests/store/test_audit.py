"""The record shows every later change of it."""

import pytest
from sqlalchemy import delete, text
from sqlalchemy.exc import IntegrityError

from bot.store import audit
from bot.store.database import Database
from bot.store.tables import audit as table

from .conftest import NOW

OLD, NEW = ("old", b"an old key"), ("new", b"a new key")


@pytest.fixture
async def sealed(db: Database) -> Database:
    """Five lines, sealed two and three at a time, the second time with another key."""
    async with db.write() as tx:
        for number in range(2):
            await audit.note(tx, NOW, audit.BOT, "planned", resource="r", effect=f"e{number}")
        assert await audit.seal(tx, OLD[1], OLD[0]) == 2
        for number in range(2, 5):
            await audit.note(tx, NOW, "finance-1", "approved", effect=f"e{number}")
        assert await audit.seal(tx, NEW[1], NEW[0]) == 3
    return db


async def verify(db: Database) -> str | None:
    async with db.read() as tx:
        return await audit.verify(tx, [NEW, OLD])


async def test_an_untouched_record_verifies_with_the_keys_that_sealed_it(sealed: Database) -> None:
    assert await verify(sealed) is None


async def test_lines_not_sealed_yet_do_not_disturb(sealed: Database) -> None:
    async with sealed.write() as tx:
        await audit.note(tx, NOW, audit.BOT, "planned")

    assert await verify(sealed) is None


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("at = at + 1", id="the instant"),
        pytest.param("actor = 'finance-2'", id="the actor"),
        pytest.param("what_json = replace(what_json, 'e3', 'e9')", id="what was done"),
        pytest.param("resource = 'other'", id="the resource"),
        pytest.param("hash = replace(hash, substr(hash, 1, 1), 'g')", id="the hash"),
        pytest.param("prev = 'x'", id="the link"),
    ],
)
async def test_a_changed_column_is_found_at_its_line(sealed: Database, change: str) -> None:
    async with sealed.write() as tx:
        await tx.execute(text(f"UPDATE audit SET {change} WHERE seq = 4"))

    assert await verify(sealed) == "line 4 is not as it was sealed, or one before it is gone"


async def test_a_changed_key_id_is_found(sealed: Database) -> None:
    async with sealed.write() as tx:
        await tx.execute(text("UPDATE audit SET key_id = 'old' WHERE seq = 4"))

    assert await verify(sealed) == "line 4 is not as it was sealed, or one before it is gone"


@pytest.mark.parametrize(("gone", "found_at"), [(1, 2), (2, 3), (4, 5)])
async def test_a_line_taken_out_is_found_at_the_next(sealed: Database, gone: int, found_at: int) -> None:
    async with sealed.write() as tx:
        await tx.execute(delete(table).where(table.c.seq == gone))

    assert await verify(sealed) == f"line {found_at} is not as it was sealed, or one before it is gone"


async def test_a_key_that_left_the_settings_is_named(sealed: Database) -> None:
    async with sealed.read() as tx:
        found = await audit.verify(tx, [NEW])

    assert found == (
        "line 1 was sealed with key old, which is not in the settings: put it back at the end of keys.audit"
    )


async def test_a_line_that_is_made_unsealed_is_found_as_soon_as_one_after_it_is_sealed(
    sealed: Database,
) -> None:
    async with sealed.write() as tx:
        await tx.execute(text("UPDATE audit SET hash = NULL, prev = NULL, key_id = NULL WHERE seq = 3"))

    assert await verify(sealed) == "line 3 is not sealed, and lines after it are"


async def test_two_lines_cannot_both_follow_the_same_one(sealed: Database) -> None:
    with pytest.raises(IntegrityError):
        async with sealed.write() as tx:
            await tx.execute(
                text("UPDATE audit SET prev = (SELECT prev FROM audit WHERE seq = 4) WHERE seq = 5")
            )
