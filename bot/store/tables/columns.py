"""What all tables are made of: instants, serial numbers, and how keys and indexes are called."""

from datetime import UTC, datetime, timedelta
from json import dumps, loads

from sqlalchemy import BigInteger, Dialect, Integer, MetaData, Text, TypeDecorator

from bot.core.said_json import said_from_json, said_to_json
from bot.core.words import Said

_BEHIND = "\x1e"
"""Parts a text from how it was made; ASCII's record separator, which no text needs."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LATEST = datetime(9999, 1, 1, tzinfo=UTC)
"""Beyond it an instant may have no day in some zone, and every reading of it would fail."""


class Instant(TypeDecorator[datetime]):
    """An aware instant as microseconds. A naive one is a bug, so it raises."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is not None and value >= _LATEST:
            raise ValueError(f"{value} could not be read back")
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + value * _MICROSECOND


class Words(TypeDecorator[str]):
    """A text for people. One that can be said in another language has how it was made behind it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        plain = value.replace(_BEHIND, " ")
        return f"{plain}{_BEHIND}{dumps(said_to_json(value))}" if isinstance(value, Said) else plain

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        plain, is_made, made = (value or "").partition(_BEHIND)
        if not is_made:
            return value
        try:
            return said_from_json(loads(made))
        except (ValueError, TypeError, ArithmeticError):  # it is still what it says in English
            return plain


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only where the key is a plain INTEGER.
Serial = BigInteger().with_variant(Integer, "sqlite")
