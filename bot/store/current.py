"""Whether the tables are this program's, asked without Alembic: at most starts there is nothing to add."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

MIGRATIONS = Path(__file__).parent / "migrations"


def newest() -> str:
    """The version that this program brings tables to: each migration's file begins with its own."""
    names = (path.name for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
    return max(names).partition("_")[0]


def is_current(connection: Connection) -> bool:
    if not inspect(connection).has_table("alembic_version"):
        return False
    there = connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    return there == [newest()]
