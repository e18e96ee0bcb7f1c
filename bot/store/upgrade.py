"""Bring the tables to this program's version; and may an older program serve newer ones?

Migrations only ever add: a table, a column that may be empty, an index. A program of the
version before goes on serving what a newer one has added to, so that replicas of both can
run side by side while they are replaced. The tables say themselves from which version on a
program may serve them; a migration that takes something away raises that.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from bot.store.home import DatabaseUnsafe
from bot.store.tables import house_fact

SERVED_FROM = "0003"
"""The oldest version of a program that may serve the tables of this one."""
_NAME = "served from"


def upgrade(connection: Connection) -> None:
    """Add what these tables lack. Raises DatabaseUnsafe where they are not for this program."""
    config = _config(connection)
    there = MigrationContext.configure(connection).get_current_revision()
    known = [one.revision for one in ScriptDirectory.from_config(config).walk_revisions()]
    if there is not None and there not in known:
        _assert_served(connection, there, known)
        return
    if there == known[0]:
        return
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")  # an index of much takes its time
    try:
        command.upgrade(config, "head")
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != "42501":
            raise
        raise DatabaseUnsafe(
            "The tables are of another version, and this login may not change them: "
            "run `payrunbot migrate` as their owner."
        ) from None
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    fresh = insert(house_fact).values(name=_NAME, value_json=f'"{SERVED_FROM}"')
    connection.execute(
        fresh.on_conflict_do_update(
            index_elements=[house_fact.c.name], set_={"value_json": fresh.excluded.value_json}
        )
    )


def _assert_served(connection: Connection, there: str, known: list[str]) -> None:
    oldest = None
    if inspect(connection).has_table(house_fact.name):
        query = select(house_fact.c.value_json).where(house_fact.c.name == _NAME)
        oldest = (connection.execute(query).scalar_one_or_none() or "").strip('"')
    if oldest not in known:
        raise DatabaseUnsafe(
            f"The tables are of version {there}, newer than this program ({known[0]}) and not for it: "
            "start the program that brought them there, or a newer one."
        )


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config
