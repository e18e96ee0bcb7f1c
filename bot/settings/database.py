"""The settings' database address as SQLAlchemy's, in one function.

SQLAlchemy reads `postgresql://` as a driver we do not have and refuses `sqlite://`
for not being asynchronous, so neither is ever handed to it as it was written.
"""

from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from bot.settings.values import without_login

KNOWN = "sqlite:///data/bot.db (a file) and postgresql://user@host/name"


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
        try:
            url = urlsplit(text)
            whole = bool(url.hostname and url.path.strip("/")) and url.port != 0
        except ValueError:
            whole = False
        if not whole:
            raise ValueError(f"{without_login(text):.200} lacks a host or a name: known are {KNOWN}")
        return f"postgresql+asyncpg://{rest}"
    raise ValueError(f"{scheme or text!s:.40} is not a database payrunbot knows: known are {KNOWN}")
