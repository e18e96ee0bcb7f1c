"""The database without its thread: a statement runs where it is asked for.

The driver hands each statement to a thread of its connection and waits for it. In a
simulation nothing else happens meanwhile, and the two hand-overs cost more than the
statement. For a process of its own: it is not undone.
"""

from collections.abc import Callable
from typing import Any

import aiosqlite


async def _execute(self: aiosqlite.Connection, do: Callable[..., Any], *args: Any, **named: Any) -> Any:
    return do(*args, **named)


def run_statements_at_once() -> None:
    aiosqlite.Connection._execute = _execute  # type: ignore[method-assign]
