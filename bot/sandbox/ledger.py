"""What really happened at a vendor, kept by the vendor's side.

It is the outside witness: a checker that reads only ledgers must be able to say
whether something happened twice. So a line is on the disk before the reply leaves,
and an action whose reply is then lost still has its line.
"""

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from bot.sandbox.clock import Clock
from bot.sandbox.exact import Json, dumps


class Ledger:
    """The entries of one server, oldest first.

    `effect` is True only where an action changed the vendor's state. `by` says who
    did it: `client` (a request), `vendor` (by itself, as time passed) or `person`
    (a script in the role of somebody in the vendor's own pages).
    """

    def __init__(self, clock: Clock, path: Path | None = None) -> None:
        self.clock = clock
        self.entries: list[Json] = []
        self._file = path.open("a", encoding="utf-8") if path is not None else None

    def append(self, call: str, target: str, reply: str, **more: object) -> Json:
        """Keep one entry of a request, stamped with the clock; it is on the disk when this returns."""
        effect = bool(more.pop("effect", False))
        by = str(more.pop("by", "client"))
        return self.record(call, target, reply, effect=effect, by=by, more=more)

    def record(
        self, call: str, target: str, reply: str, *, effect: bool, by: str, more: Mapping[str, object]
    ) -> Json:
        """As `append`, with everything said."""
        entry: Json = {
            "at": instant(self.clock.now()),
            "call": call,
            "target": target,
            "reply": reply,
            "effect": effect,
            "by": by,
            **more,
        }
        self.entries.append(entry)
        if self._file is not None:
            self._file.write(dumps(entry) + "\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        return entry

    def effects(self, call: str | None = None) -> list[Json]:
        """Return the entries that changed something, of one call or of all."""
        return [e for e in self.entries if e["effect"] and call in (None, e["call"])]

    def close(self) -> None:
        """Close the file, if there is one; the entries stay readable."""
        if self._file is not None:
            self._file.close()
            self._file = None


def instant(at: datetime) -> str:
    """Write an instant as the ledgers do: ISO 8601 with its offset."""
    return at.isoformat()
