"""A file carried over to a server: every row as it was, once, and one of the two serves."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from bot.core.words import say
from bot.store import audit, move, rules
from bot.store.database import Database, open_database
from bot.store.home import DatabaseUnsafe
from bot.store.move import NotMoved
from bot.store.tables import audit as audit_table
from bot.store.tables import connection_state, inbox, rule_state
from tests.databases import MigratedFile, MigratedServer
from tests.postgres import Server

NOW = datetime(2026, 11, 13, 14, 0, tzinfo=UTC)
KEY = b"the key"
LINES, NEWS = 23, 2_345


async def fill(db: Database) -> None:
    async with db.write() as tx:
        for number in range(LINES):
            await audit.note(tx, NOW, "finance-1", "approved", approval=f"a{number}", why="då så")
        await audit.seal(tx, KEY, "k")
        why = say("version {number} waits for sign-off", number=2)
        await rules.set_states(tx, [rules.RuleState("r", "h", "h", "act", why, NOW, is_signed=True)])
        await tx.execute(
            inbox.insert(),
            [
                {
                    "connection": "gigapay-se",
                    "event": "Payout.created",
                    "dedupe_key": f"{number}",
                    "received_at": NOW,
                    "delivered_at": NOW,
                    "deliveries": 1,
                    "headers_redacted": "{}",
                    "raw": bytes([number % 256]) * 3,
                    "sha256": "s",
                    "signature": "signed",
                    "about_json": "[]",
                    "state": "sorted",
                    "correlation": "c",
                }
                for number in range(NEWS)
            ],
        )


@pytest.fixture
async def source(tmp_path: Path, migrated_file: MigratedFile) -> Database:
    opened = await open_database(await migrated_file.fresh(tmp_path))
    await fill(opened)
    yield opened
    await opened.close()


@pytest.fixture
async def address(postgres: Server) -> str:
    return await MigratedServer(postgres).fresh()


@pytest.fixture
async def target(address: str) -> Database:
    opened = await open_database(address, serves=False)
    yield opened
    await opened.close()


async def count(db: Database, table: object) -> int:
    async with db.read() as tx:
        return (await tx.execute(select(func.count()).select_from(table))).scalar_one()


async def test_every_row_is_there_as_it_was(source: Database, target: Database) -> None:
    moved = await move.move(source, target, name="postgresql://db/bot")

    assert (moved.rows["inbox"], moved.rows["audit"], moved.rows["rule_state"]) == (NEWS, LINES, 1)
    async with target.read() as tx:
        assert await audit.verify(tx, [("k", KEY)]) is None
        state = (await rules.states(tx))["r"]
        raw = (await tx.execute(select(inbox.c.raw).where(inbox.c.dedupe_key == "7"))).scalar_one()
    assert (raw, state.is_signed, state.why) == (b"\7\7\7", True, "version 2 waits for sign-off")


async def test_rows_that_come_after_it_have_numbers_of_their_own(source: Database, target: Database) -> None:
    await move.move(source, target, name="x")
    async with target.write() as tx:
        await audit.note(tx, NOW, "finance-1", "approved")
        last = (await tx.execute(select(func.max(audit_table.c.seq)))).scalar_one()

    assert last == LINES + 1


async def test_the_old_one_serves_nobody_any_more_and_says_where_it_went(
    source: Database, target: Database, address: str, tmp_path: Path
) -> None:
    await move.move(source, target, name="postgresql://db/bot")
    old = f"sqlite+aiosqlite:///{source.path}"
    await source.close()

    with pytest.raises(DatabaseUnsafe, match="was moved to postgresql://db/bot"):
        await open_database(old)
    await (await open_database(address)).close()


async def test_one_that_was_cut_off_serves_nobody_and_is_gone_on_with(
    source: Database, target: Database, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lots, handed = move._lots, 0

    async def cut(*args: object) -> object:
        nonlocal handed
        async for rows in lots(*args):
            handed += 1
            if handed == 4:
                raise OSError("the line is cut")
            yield rows

    monkeypatch.setattr(move, "_lots", cut)
    with pytest.raises(OSError, match="cut"):
        await move.move(source, target, name="x")
    with pytest.raises(DatabaseUnsafe, match="to its end"):
        await open_database(address)
    there = await count(target, inbox)
    monkeypatch.setattr(move, "_lots", lots)
    moved = await move.move(source, target, name="x")

    assert 0 < there < NEWS
    assert (moved.rows["inbox"], await count(target, inbox)) == (NEWS, NEWS)


async def test_a_database_that_is_in_use_is_not_written_into(source: Database, target: Database) -> None:
    async with target.write() as tx:
        await tx.execute(connection_state.insert().values(connection="a", failures=0, problem=""))

    with pytest.raises(NotMoved, match=r"something in it already \(in connection_state\)"):
        await move.move(source, target, name="x")


async def test_a_row_that_is_not_the_same_there_is_noticed(source: Database, target: Database) -> None:
    async with target.write() as tx:
        await tx.execute(
            text(
                "CREATE FUNCTION other() RETURNS trigger LANGUAGE plpgsql"
                " AS $$ BEGIN NEW.mode_now := 'watch'; RETURN NEW; END $$"
            )
        )
        await tx.execute(
            text("CREATE TRIGGER other BEFORE INSERT ON rule_state FOR EACH ROW EXECUTE FUNCTION other()")
        )

    with pytest.raises(NotMoved, match="rule_state is not the same"):
        await move.move(source, target, name="x")
    assert await count(source, rule_state) == 1
