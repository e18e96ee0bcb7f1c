"""No page and no tick reads a whole table of what is stored: SQLite's own plan of each statement says so.

The plan is the same however much is stored, since payrunbot lets SQLite gather no figures of it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from bot.store.database import Database
from tests.bench.filled import FILLED, Site, site
from tests.bench.pages import _decide, _hooks, ask, every_path
from tests.web.test_growth import TICKS

STORED = 240
WHOLE = {f"SCAN {table.name}" for table in FILLED}


@contextmanager
def noted(db: Database) -> Iterator[dict[str, Any]]:
    """The statements that are sent from here on, with the values of the last time."""
    sent: dict[str, Any] = {}

    def before(
        _connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool
    ) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
            sent[statement] = values[0] if many else values

    engines = [one.sync_engine for one in (db._reader, db._writer) if one is not None]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", before)
    yield sent
    for engine in engines:
        event.remove(engine, "before_cursor_execute", before)


async def read_whole(at: Site, sent: dict[str, Any]) -> list[str]:
    """Those that read a table from its one end to the other.

    One that takes its first rows in the order of the table's own key reads no further than those.
    """
    found = []
    async with at.bot.db.read() as tx:
        for statement, values in sent.items():
            rows = await tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            plan = [row.detail for row in rows]
            in_order = "LIMIT" in statement and not any("TEMP B-TREE" in detail for detail in plan)
            if WHOLE & set(plan) and not in_order:
                found.append(f"{plan}: {statement}")
    return found


async def test_no_page_and_no_tick_reads_a_table_from_end_to_end(tmp_path: Path) -> None:
    async with site(tmp_path / "site", STORED) as at:
        with noted(at.bot.db) as sent:
            for path in await every_path(at):
                await ask(at, path)
            await _hooks(at)
            await _decide(at)
            for tick in TICKS.values():
                await tick(at)

        assert len(sent) > 100
        assert await read_whole(at, sent) == []


@pytest.mark.parametrize(
    ("statement", "is_whole"),
    [
        pytest.param("SELECT * FROM mail WHERE subject = 'x'", True, id="no index has it"),
        pytest.param("SELECT * FROM mail ORDER BY subject LIMIT 5", True, id="in an order that none has"),
        pytest.param("SELECT * FROM audit ORDER BY seq DESC LIMIT 5", False, id="the newest few"),
        pytest.param("SELECT * FROM mail WHERE message_id = 'x'", False, id="by its key"),
    ],
)
async def test_who_reads_a_whole_table_is_found(tmp_path: Path, statement: str, is_whole: bool) -> None:
    async with site(tmp_path / "site", 1) as at:
        assert bool(await read_whole(at, {statement: ()})) is is_whole


async def test_no_figures_of_the_tables_are_gathered(tmp_path: Path) -> None:
    async with site(tmp_path / "site", 1) as at, at.bot.db.read() as tx:
        kept = await tx.execute(text("SELECT count(*) FROM sqlite_master WHERE name LIKE 'sqlite_stat%'"))

        assert kept.scalar_one() == 0
