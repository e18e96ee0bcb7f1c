"""The settings' database address as SQLAlchemy's, in one function.

SQLAlchemy refuses `sqlite://` for not being asynchronous, so an address is never handed
to it as it was written. `postgresql://` is refused by name: the statements are written
for both, but some of them still lean on there being one writer.
"""

from pathlib import Path
from urllib.parse import quote, unquote

from bot.settings.values import without_login

KNOWN = "sqlite:///data/bot.db (a file)"


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
        raise ValueError(f"{without_login(text):.200} is not there yet: known are {KNOWN}")
    raise ValueError(f"{scheme or text!s:.40} is not a database payrunbot knows: known are {KNOWN}")
