"""Whether the tables are this program's, asked without Alembic: at most starts there is nothing to add."""

from sqlalchemy import Connection, inspect, text

from bot.store.newest import newest


def is_current(connection: Connection) -> bool:
    if not inspect(connection).has_table("alembic_version"):
        return False
    there = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    return there == [newest()]
