"""What a service leaves out of its libraries: to be called before any of them is imported.

They bring it along unasked: it makes a start slower by half a second, and stays in memory for
good, some 20 MiB. Each part is only for who asks for it by name, which nothing in a service does.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import CDLL
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

_COLOURS = ("rich", "pygments")
_COUNTRIES = "holidays.countries"
_M_ARENA_MAX = -8
"""The number that glibc's malloc.h gives it."""
_WITHOUT_ORM = ("sqlalchemy.ext.asyncio.scoping", "sqlalchemy.ext.asyncio.session")


class _LeftOut(ModuleType):
    """A module whose names can be imported and not be used: each is None."""

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):
            raise AttributeError(name)


@contextmanager
def lean() -> Iterator[None]:
    """For as long as a service runs. Whoever then says why it ended may have colours."""
    _leave_out()
    try:
        yield
    finally:
        for name in _COLOURS:
            if sys.modules.get(name, sys) is None:
                del sys.modules[name]


def _leave_out() -> None:
    # pydantic asks everything that is installed whether it has a plugin for it.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # structlog prints errors in colours where rich is there, Mako where Pygments is; a service writes JSON.
    for name in _COLOURS:
        if name not in sys.modules:
            sys.modules[name] = None  # type: ignore[assignment]  # how Python says: not to be imported
    # SQLAlchemy's half for asyncio has sessions of the ORM, and all of the ORM with them.
    for name in _WITHOUT_ORM:
        sys.modules.setdefault(name, _LeftOut(name))
    _one_country_at_a_time()
    _one_heap()


def _one_heap() -> None:
    """Let all threads share one heap, where the C library is glibc.

    Each thread has its own by default, and what is free in one is of no use to the others.
    """
    libc = CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(_M_ARENA_MAX, 1)


def _one_country_at_a_time() -> None:
    """The folder of all countries imports each of them, 250, with the first that is asked for by name."""
    found = find_spec("holidays")
    if found is not None and found.origin is not None:
        countries = ModuleType(_COUNTRIES)
        countries.__path__ = [str(Path(found.origin).parent / "countries")]
        sys.modules.setdefault(_COUNTRIES, countries)
