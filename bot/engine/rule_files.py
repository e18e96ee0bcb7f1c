"""Rule files and mail templates, looked at every few seconds: what was edited is read again by itself.

A file that is being written, or copied, or checked out with others, is half a rule. So a
change is read only once it looks the same at two looks one after the other.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from bot.engine.said_once import SaidOnce

Stamp = tuple[tuple[str, int, int], ...]


class RuleFiles:
    """Knows how the files of a folder looked when they were last read. `reload` reads them."""

    def __init__(
        self,
        folder: Path,
        reload: Callable[[], Awaitable[None]],
        log: FilteringBoundLogger,
        *,
        stamp: Callable[[Path], Stamp] | None = None,
        what: str = "rule files",
    ) -> None:
        self._folder = folder
        self._reload = reload
        self._stamp = stamp or _stamp
        self._trouble = SaidOnce(log, f"{what} could not be read again")
        self._read = self._seen = self._stamp(folder)

    async def look(self) -> None:
        """Read them again where they have changed and stand still. Never raises: the next look tries."""
        try:
            stamp = await asyncio.to_thread(self._stamp, self._folder)
            stands_still, self._seen = stamp == self._seen, stamp
            if stands_still and stamp != self._read:
                await self._reload()
                self._read = stamp
        except Exception as problem:
            self._trouble.failed(problem)
        else:
            self._trouble.went_well()


def _stamp(folder: Path) -> Stamp:
    """Each file's name, size and time of its last change."""
    found = []
    for path in sorted(folder.glob("*.y*ml")):
        try:
            about = path.stat()
        except FileNotFoundError:
            continue  # taken away just now
        found.append((path.name, about.st_size, about.st_mtime_ns))
    return tuple(found)
