"""The database without its thread: a statement runs where it is asked for.

The driver hands each statement to a thread of its connection and waits for it. In a
simulation nothing else happens meanwhile, and the two hand-overs cost more than the
statement. For a process of its own: it is not undone.
"""

from collections.abc import Callable
from typing import Any

import aiosqlite

_HANDED_OVER = "_execute"
"""The driver's method that hands a statement to the thread."""


async def _at_once(self: aiosqlite.Connection, do: Callable[..., Any], *args: Any, **named: Any) -> Any:
    return do(*args, **named)


def run_statements_at_once() -> None:
    setattr(aiosqlite.Connection, _HANDED_OVER, _at_once)
