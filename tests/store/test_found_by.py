"""What was stored before lists could be searched is found like what is stored now."""

from contextlib import closing
from pathlib import Path
from sqlite3 import connect

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, select

from bot.store import database
from bot.store.database import open_database
from bot.store.tables import audit, resource

SAID = '{"values":{"status":{"is":["text","open"]},"pay date":{"is":["date","2026-11-26"]}}}'
UNREAD = '{"values":{"status":{"unread":"it was not read"},"pay date":{}}}'


def _to_the_first(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "0001")


async def test_older_rows_get_what_lists_find_them_by(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/bot.db"
    first = database.Database(database.make_url(url), read_only=False)
    async with first.write() as tx:
        await tx.run_sync(_to_the_first)
    await first.close()
    with closing(connect(tmp_path / "bot.db")) as db, db:
        for id, said in (("a", SAID), ("b", UNREAD)):
            db.execute(
                "insert into resource (id, kind, connection, key, vendor_id, generation, snapshot_json,"
                " is_live, run_type, ends_on, observed_at, first_seen_at)"
                " values (?, 'x.payrun', 'x', ?, ?, 1, ?, 1, '', '2026-11-20', 0, 0)",
                (id, id, id, said),
            )
        for said in ('{"rule":"r","what":"asked"}', '{"what":"it\'s \\"odd\\""}'):
            db.execute("insert into audit (at, actor, what_json) values (0, 'x', ?)", (said,))
    later = await open_database(url)
    async with later.read() as tx:
        runs = (await tx.execute(select(resource.c.status, resource.c.pay_on).order_by(resource.c.id))).all()
        lines = (await tx.execute(select(audit.c.what, audit.c.rule).order_by(audit.c.seq))).all()
    await later.close()

    assert [tuple(row) for row in runs] == [("open", "2026-11-26"), ("unknown", None)]
    assert [tuple(row) for row in lines] == [("asked", "r"), ('it\'s "odd"', None)]
