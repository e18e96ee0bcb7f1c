"""What /metrics reads of the database costs the same whatever is stored."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import event

from bot.store.database import Database
from bot.store.measured import measured

NOW = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
SMALL = "parked"
"""The one table that holds no more than is looked at now, and has no index to walk."""


async def test_no_statement_walks_a_whole_table(file_db: Database):
    asked: list[tuple[str, Any]] = []
    async with file_db.read() as tx:
        connection = tx.sync_connection
        assert connection is not None

        def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
            if statement.startswith("SELECT"):
                asked.append((statement, parameters))

        event.listen(connection, "before_cursor_execute", note)
        await measured(tx, NOW)
        event.remove(connection, "before_cursor_execute", note)
        walked = []
        for statement, parameters in asked:
            rows = await tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            walked += [str(row[-1]) for row in rows]

    tables = [step for step in walked if step.startswith(("SCAN", "SEARCH")) and "anon_" not in step]
    assert len(asked) == 8
    assert [step for step in tables if step.startswith("SCAN")] == [f"SCAN {SMALL}"]
    assert any("ix_effect_" in step and "changed_at>?" in step for step in tables)


async def test_an_empty_database_has_nothing_of_everything(db: Database):
    async with db.read() as tx:
        found = await measured(tx, NOW)

    assert (found.effects, found.mails_of_a_day, found.expires_at) == ((), (), None)
    assert {found.approvals.number, found.mails_waiting.number, found.parked.number} == {0}
