"""The settings' database address, in one function: a file, as SQLAlchemy writes it, or a server.

SQLAlchemy refuses `sqlite://` for not being asynchronous, so that one is never handed to it
as it was written. A server's address goes to its driver as it is.
"""

from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from bot.settings.values import without_login

KNOWN = "sqlite:///data/bot.db (a file) and postgresql://bot@db/bot (a server)"


def database_url(text: str, folder: Path) -> str:
    """`sqlite:///data/bot.db` is a path from `folder`; four slashes begin an absolute one.

    Raises ValueError for every other kind of database, and for SQLite in memory: what
    was decided there would be forgotten at the next start.
    """
    scheme, _, rest = text.partition("://")
    if scheme == "sqlite":
        path = unquote(rest.removeprefix("/"))
        if not rest.startswith("/") or not path or ":memory:" in path or "?" in path or path.endswith("/"):
            raise ValueError(f"{text!s:.200} names no file: known are {KNOWN}")
        return f"sqlite+aiosqlite:///{quote(str((folder / path).absolute()), safe='/')}"
    if scheme == "postgresql":
        if not urlsplit(text).path.strip("/"):
            raise ValueError(f"{without_login(text):.200} names no database: known are {KNOWN}")
        return text
    raise ValueError(f"{scheme or text!s:.40} is not a database payrunbot knows: known are {KNOWN}")
