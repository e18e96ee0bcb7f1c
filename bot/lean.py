"""What a service leaves out of its libraries: to be called before any of them is imported.

They bring it along unasked: it makes a start a third of a second slower, and stays in memory
for good. Each part is only for who asks for it by name, which nothing in a service does.
"""

import os
import sys
from types import ModuleType

_WITHOUT_ORM = ("sqlalchemy.ext.asyncio.scoping", "sqlalchemy.ext.asyncio.session")


class _LeftOut(ModuleType):
    """A module whose names can be imported and not be used: each is None."""

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)


def leave_out() -> None:
    # pydantic asks everything that is installed whether it has a plugin for it.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # structlog prints errors in colours where rich is there; a service writes JSON.
    if "structlog" not in sys.modules:
        sys.modules["rich"] = None  # type: ignore[assignment]  # how Python says: not to be imported
    # SQLAlchemy's half for asyncio has sessions of the ORM, and all of the ORM with them.
    for name in _WITHOUT_ORM:
        sys.modules.setdefault(name, _LeftOut(name))
