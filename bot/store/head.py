"""The exported head: where the record ended, kept outside the database.

A chain shows every change but one, that its last lines are gone: what is left is still a
whole chain. So after each sealing the last line's number and hash are added to a file, with
a MAC that nobody can make without the key. Lines are only ever added, so that a crash
spoils the last one at most; at `LARGEST` the newest of them begin a file anew.

Surprising here: an older copy of the database that was put back also ends too early. The
service says so in the record when it starts on one (`OLDER_COPY`), and from then on the
heads of what was lost are accounted for, but never hidden: `gaps` names them.
"""

import hmac
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from json import JSONDecodeError, loads
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.store.audit import BOT, last_sealed, note
from bot.store.codec import canonical
from bot.store.database import Tx
from bot.store.tables import audit

LARGEST = 256 * 1024
KEPT = 200
"""How many heads a file begins with that was begun anew."""

OLDER_COPY = "went on from an older copy"
"""What the record says where the service found it older than its exported head."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last sealed line at some moment. `at` is by the machine's clock."""

    seq: int
    hash: str
    key_id: str
    at: datetime

    def line(self, key: bytes) -> str:
        return canonical({**self._content(), "mac": self.mac(key)})

    def mac(self, key: bytes) -> str:
        return hmac.new(key, b"head" + canonical(self._content()).encode(), sha256).hexdigest()

    def _content(self) -> dict[str, Any]:
        return {"seq": self.seq, "hash": self.hash, "key": self.key_id, "at": self.at.isoformat()}


def export(path: Path, head: Head, key: bytes) -> None:
    """Add a head to the file. Raises OSError.

    Forced to the disk once a second at most: one that is lost with the power leaves the
    one before it, which is true as well.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        size = os.fstat(handle).st_size
        end = os.pread(handle, 1024, max(0, size - 1024))
        before = _last(end)
        torn = b"" if not end or end.endswith(b"\n") else b"\n"
        os.write(handle, torn + head.line(key).encode() + b"\n")
        if before is None or int(before.at.timestamp()) != int(head.at.timestamp()):
            os.fsync(handle)
    finally:
        os.close(handle)
    if size > LARGEST:
        _begin_anew(path)


def _last(end: bytes) -> Head | None:
    lines = end.splitlines()
    parsed = _parse(lines[-1].decode("utf-8", "replace")) if lines else None
    return parsed[0] if parsed else None


def _begin_anew(path: Path) -> None:
    lines = path.read_text("utf-8", "replace").splitlines()[-KEPT:]
    fresh = path.with_name(path.name + ".new")
    with open(fresh, "w", encoding="utf-8", opener=_private) as file:
        file.write("".join(f"{line}\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _parse(line: str) -> tuple[Head, str] | None:
    """A head and its MAC as they stand there, not verified; None for what is no such line."""
    try:
        said = loads(line)
        head = Head(int(said["seq"]), str(said["hash"]), str(said["key"]), datetime.fromisoformat(said["at"]))
        return head, str(said["mac"])
    except (JSONDecodeError, KeyError, TypeError, ValueError):
        return None


class HeadProblem(Exception):
    """The file cannot be believed, or says nothing. The text is a clause that says why."""


def read(path: Path, keys: Mapping[str, bytes]) -> tuple[Head, ...]:
    """The heads of a file, oldest first. Raises HeadProblem.

    Those of a key that has left the settings are passed over, but for the newest.
    """
    try:
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError as error:
        raise HeadProblem(f"{path} cannot be read: {error.strerror}") from None
    parsed = [(number, found) for number, line in enumerate(lines, 1) if (found := _parse(line))]
    heads = []
    for number, (head, mac) in parsed:
        key = keys.get(head.key_id)
        if key is None and number == parsed[-1][0]:
            raise HeadProblem(
                f"line {number} of {path} was made with key {head.key_id}, which is not in the settings: "
                "put it back at the end of keys.audit"
            )
        if key is not None and not hmac.compare_digest(mac.encode(), head.mac(key).encode()):
            raise HeadProblem(f"line {number} of {path} is not as it was written")
        if key is not None:
            heads.append(head)
    if not heads:
        raise HeadProblem(f"{path} holds no head")
    return tuple(heads)


def newest(path: Path, keys: Mapping[str, bytes]) -> Head:
    """The last head of a file, of which only the end is read. Raises HeadProblem."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 1024))
            parsed = [
                found
                for line in file.read().splitlines()
                if (found := _parse(line.decode("utf-8", "replace")))
            ]
    except OSError as error:
        raise HeadProblem(f"{path} cannot be read: {error.strerror}") from None
    if not parsed:
        raise HeadProblem(f"{path} holds no head")
    head, mac = parsed[-1]
    key = keys.get(head.key_id)
    if key is None or not hmac.compare_digest(mac.encode(), head.mac(key).encode()):
        raise HeadProblem(
            f"the last line of {path} is not as it was written, or its key is not in the settings"
        )
    return head


@dataclass(frozen=True, slots=True)
class Gap:
    """A head that the record no longer bears out: what it saw is gone, or another."""

    head: Head
    ends_at: int
    """The number of the last line that is there up to the head's; 0 where none is."""
    excuse: "Excuse | None" = None
    """What the record itself says of it: that it went on from an older copy."""

    @property
    def excused_at(self) -> datetime | None:
        return self.excuse.at if self.excuse is not None else None


async def gaps(tx: Tx, exported: Iterable[Head]) -> tuple[Gap, ...]:
    """Each head that is not borne out, in the order of the file."""
    excuses = await _excuses(tx)
    found = []
    for head in exported:
        row = (
            await tx.execute(
                select(audit.c.seq, audit.c.hash)
                .where(audit.c.seq <= head.seq, audit.c.hash.is_not(None))
                .order_by(audit.c.seq.desc())
                .limit(1)
            )
        ).one_or_none()
        if row is None or row.seq != head.seq or not hmac.compare_digest(row.hash, head.hash):
            excuse = next((one for one in excuses if one.covers(head)), None)
            found.append(Gap(head, row.seq if row is not None else 0, excuse))
    return tuple(found)


def lost(gap: Gap) -> str:
    """What a gap is, as a clause."""
    if gap.ends_at == gap.head.seq:
        return f"line {gap.head.seq} is not the one that was exported"
    return f"{_lines(gap.ends_at + 1, gap.head.seq)} gone, which its exported head has seen"


def _lines(first: int, last: int) -> str:
    return f"lines {first} to {last} are" if first < last else f"line {last} is"


@dataclass(frozen=True, slots=True)
class Excuse:
    """What the record says of lines that it lost: their numbers, and the last head that saw them."""

    first: int
    until: int
    exported_at: datetime
    at: datetime

    def covers(self, head: Head) -> bool:
        """Numbers are given out anew after a loss: the same ones may be lost again, and said again."""
        return self.first <= head.seq <= self.until and head.at <= self.exported_at

    def lost(self) -> str:
        """What is not in the copy, as a clause. Other lines may have those numbers by now."""
        return f"{_lines(self.first, self.until)} lost with the database that it replaced"


async def _excuses(tx: Tx) -> Sequence[Excuse]:
    rows = await tx.execute(
        select(audit.c.seq, audit.c.what_json, audit.c.at).where(
            audit.c.what == OLDER_COPY, audit.c.hash.is_not(None)
        )
    )
    said = [(row, loads(row.what_json)) for row in rows]
    return [
        Excuse(
            int(more.get("first", row.seq)),  # a line of an older version does not say it
            int(more["until"]),
            datetime.fromisoformat(more["exported_at"]),
            row.at,
        )
        for row, more in said
        if more["what"] == OLDER_COPY
    ]


async def note_older_copy(tx: Tx, now: datetime, exported: Sequence[Head]) -> None:
    """Say in the record that it goes on from an older copy, and up to which line it lost some.

    The chain goes on from where the copy ends, and the heads of what was lost are accounted for.
    A server may leave out some numbers after it has failed, so the first that was lost is said too.
    """
    last = await last_sealed(tx)
    await note(
        tx,
        now,
        BOT,
        OLDER_COPY,
        first=last.seq + 1 if last is not None else 1,
        until=max(one.seq for one in exported),
        exported_at=max(one.at for one in exported).isoformat(),
    )
