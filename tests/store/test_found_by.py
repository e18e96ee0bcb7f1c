"""What was stored before lists could be searched is found like what is stored now."""

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, select, text

from bot.store import database
from bot.store.database import Database, home_of, open_database
from bot.store.tables import audit, resource
from tests.databases import ENGINES, url_of
from tests.postgres import empty_database

SAID = '{"values":{"status":{"is":["text","open"]},"pay date":{"is":["date","2026-11-26"]}}}'
UNREAD = '{"values":{"status":{"unread":"it was not read"},"pay date":{}}}'


@pytest.fixture(params=ENGINES)
async def before(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without tables."""
    if request.param == "sqlite":
        return url_of(tmp_path / "bot.db")
    return await empty_database(request.getfixturevalue("postgres"))


def _to_the_first(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "0001")


async def test_older_rows_get_what_lists_find_them_by(before: str) -> None:
    first = Database(home_of(before), read_only=False)
    async with first.write() as tx:
        await tx.run_sync(_to_the_first)
        for id, said in (("a", SAID), ("b", UNREAD)):
            await tx.execute(
                text(
                    "insert into resource (id, kind, connection, key, vendor_id, generation, snapshot_json,"
                    " is_live, run_type, ends_on, observed_at, first_seen_at)"
                    " values (:id, 'x.payrun', 'x', :id, :id, 1, :said, true, '', '2026-11-20', 0, 0)"
                ),
                {"id": id, "said": said},
            )
        for said in ('{"rule":"r","what":"asked"}', '{"what":"it\'s \\"odd\\""}'):
            await tx.execute(
                text("insert into audit (at, actor, what_json) values (0, 'x', :said)"), {"said": said}
            )
    await first.close()
    later = await open_database(before)
    async with later.read() as tx:
        runs = (await tx.execute(select(resource.c.status, resource.c.pay_on).order_by(resource.c.id))).all()
        lines = (await tx.execute(select(audit.c.what, audit.c.rule).order_by(audit.c.seq))).all()
    await later.close()

    assert [tuple(row) for row in runs] == [("open", "2026-11-26"), ("unknown", None)]
    assert [tuple(row) for row in lines] == [("asked", "r"), ('it\'s "odd"', None)]
