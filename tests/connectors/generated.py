"""What vendors might answer: recorded replies with one thing in them gone wrong.

The replies are those of the sandbox vendors, recorded once through the connector itself, so
that a new connector is tried by being in its folder. Then a connection reads them again and
again from here, each time with one leaf, or one reply, that is not as it should be.
"""

import json
import random
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from multidict import CIMultiDict
from yarl import URL

from bot.connectors.client import Reply, VendorClient

HUGE = int("9" * 31)
WRONG: tuple[Any, ...] = (
    None, True, False, "", " ", "Frozen", "NaN", "1e400", "12,50", "0x10", "2026-13-45",
    "2026-02-30T25:00:00", "9999-12-31T23:59:59-01:00", "9999-12-31T00:00:00", "\ud800",
    "XXX", "\u202e", "x" * 5000, HUGE, f"{HUGE}.01", [], {}, [None], {"id": {}},
)  # fmt: skip
"""In the place of a leaf. None of them is an amount that a vendor would mean."""
GONE = object()
BODIES = (b"", b"<html>", b"null", b"[]", b"{}", b"17", b'"text"', b"\xff\xfe", b'{"a":', b"[" * 2000)
Key = tuple[str, str, str]


class Recorder(VendorClient):
    """Calls the vendor, and keeps what it answered."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.replies: dict[Key, Any] = {}

    async def call(self, connection: str, method: str, url: str, **more: Any) -> Reply:
        reply = await super().call(connection, method, url, **more)
        self.replies[key_of(method, url, more)] = json.loads(reply.body)
        return reply


@dataclass
class Change:
    """What is wrong in one reading: the reply, where in it, and what stands there instead."""

    reply: Key
    path: tuple[Any, ...]
    value: Any

    def __str__(self) -> str:
        shown = "nothing" if self.value is GONE else repr(self.value)[:60]
        return f"{self.reply[0]} {self.reply[1]} {'.'.join(map(str, self.path)) or 'whole'} = {shown}"


@dataclass
class Replayer(VendorClient):
    """Answers from what was recorded, with the change of the moment. Reaches nobody."""

    replies: Mapping[Key, Any]
    clock: Any
    change: Change | None = None
    asked: list[Key] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(
            None,  # type: ignore[arg-type]  # no session: nothing is sent
            timeout_s=1,
            clock=self.clock,
            log=None,  # type: ignore[arg-type]
            sleep=_at_once,
        )

    async def call(self, connection: str, method: str, url: str, **more: Any) -> Reply:
        key = key_of(method, url, more)
        self.asked.append(key)
        found = self.replies.get(key)
        if found is None:
            return Reply(404, CIMultiDict(), b'{"detail": "not found"}')
        change = self.change
        if change is None or change.reply != key:
            body = json.dumps(found).encode()
        elif not change.path:
            body = change.value
        else:
            body = json.dumps(changed(found, change)).encode()
        return Reply(200, CIMultiDict(), body)


async def _at_once(seconds: float) -> None:
    """Nobody waits for a vendor that is not there."""


def key_of(method: str, url: str, more: Mapping[str, Any]) -> Key:
    asked = more.get("params") or more.get("json") or {}
    return method, URL(url).path, json.dumps(asked, sort_keys=True)


def changed(found: Any, change: Change) -> Any:
    copy = deepcopy(found)
    holder = copy
    for part in change.path[:-1]:
        holder = holder[part]
    if change.value is GONE:
        del holder[change.path[-1]]
    else:
        holder[change.path[-1]] = change.value
    return copy


def paths(found: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every key and element of a reply, the inner ones too."""
    inside = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    every = []
    for part, value in inside:
        every.append((*at, part))
        every += paths(value, (*at, part))
    return every


def draw(replies: Mapping[Key, Any], drawn: random.Random) -> Change:
    """One change: mostly a leaf, now and then a whole reply."""
    key = drawn.choice(sorted(replies))
    places = paths(replies[key])
    if not places or drawn.random() < 0.03:
        return Change(key, (), drawn.choice(BODIES))
    return Change(key, drawn.choice(places), drawn.choice((GONE, *WRONG)))
