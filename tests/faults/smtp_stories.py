"""Mails on the engine's stand, past a mail server that misbehaves, and what its own ledger says of them.

Two things are believed: the ledger of the server, which has what it accepted, and the
database. A process can die at a fault point on the way: what it was at is taken over once
its lease has run out.
"""

import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.core.fault import POINTS, set_fault_hook
from bot.engine.tell import tell
from bot.mail.smtp import Mailer
from bot.store import mails
from bot.store.effects import ENDED, State
from bot.store.mails import OPEN, Mail, MailState
from tests.databases import Migrated
from tests.engine.stand import Stand, stand

COMMANDS = ("EHLO", "MAIL", "RCPT", "DATA", "after-data")
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "451": ("reply", {"code": 451}),
    "421": ("reply", {"code": 421}),
    "554": ("reply", {"code": 554}),
    "drop": ("drop", {"kept": False}),
    "hang": ("hang", {}),
}
MARK = "Possibly a second copy: "
LONGEST = timedelta(days=4)
MAIL_POINTS = tuple(point for point in POINTS if point.startswith("mail."))


@dataclass(frozen=True)
class Trouble:
    """What goes wrong at a command, so many times. `after-data kept` is 250 that is never heard of."""

    kind: str
    command: str
    times: int = 1

    def __str__(self) -> str:
        return f"{self.kind} at {self.command}, {self.times} times"

    def happens(self, made: Stand) -> None:
        kind, args = ("drop", {"kept": True}) if self.kind == "kept" else KINDS[self.kind]
        made.inbox.faults.add(kind, call=self.command, times=self.times, **args)

    @property
    def may_double(self) -> bool:
        return self.command in ("DATA", "after-data") and self.kind in ("drop", "hang", "kept")


class Died(BaseException):
    """The process ends where the hook is: nothing after it runs, and what was not committed is gone."""


@dataclass
class Death:
    """A hook that ends the process at the `nth` passage of a point, once."""

    point: str
    nth: int
    passed: int = 0

    async def __call__(self, point: str) -> None:
        if point == self.point:
            self.passed += 1
            if self.passed == self.nth:
                raise Died


@dataclass
class Found:
    """What must not be, in words; empty where all is well."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)


@asynccontextmanager
async def posting(
    folder: Path, migrated: Migrated, *, hangs_at_content: bool = False
) -> AsyncIterator[Stand]:
    """A stand with a mailer that does not wait long for an answer."""
    async with stand(folder, "gigapay", database=migrated) as made:
        within = 0.3 if hangs_at_content else 5
        made.bot.mailer = Mailer(made.bot.settings.mail, time_out_s=0.3, data_time_out_s=within)
        yield made


async def tell_people(made: Stand, number: int) -> None:
    """Plan a mail to four people, one that asks operations to look, and one that is only news."""
    now = made.clock.now()
    async with made.bot.db.write() as tx:
        common: dict[str, Any] = {"now": now, "correlation": "smtp", "connection": "gigapay-se"}
        about: dict[str, Any] = {
            "title": f"Odd {number}",
            "about": "it",
            "says": ["it is odd"],
            "do": "Look.",
        }
        await tell(tx, f"odd{number}", "notice", **common, **about)
        instants: dict[str, Any] = {"since": now.isoformat(), "recovered_at": now.isoformat()}
        token: dict[str, Any] = {
            "person": "finance-1",
            "issued_by": "this machine",
            "issued_at": now.isoformat(),
        }
        token["expires_on"] = now.date().isoformat()
        await tell(tx, f"token{number}", "token_issued", **common, **token)
        await tell(tx, f"news{number}", "connection_recovered", **common, **instants)


async def go_on(made: Stand, by: timedelta) -> None:
    """Let time pass. Who dies on the way is followed by somebody else after its lease."""
    until = made.clock.now() + by
    while True:
        try:
            await made.until(until)
        except Died:
            longest = made.bot.settings.timing.lease + made.bot.mailer.content_within
            made.clock.pass_wall(longest + timedelta(seconds=1))
        else:
            return


async def until_settled(made: Stand) -> None:
    """Let time pass until every mail has its answer, or far too long."""
    ends = made.clock.now() + LONGEST
    while made.clock.now() < ends:
        await go_on(made, timedelta(hours=1))
        made.clock.pass_wall(timedelta(minutes=5))
        if not any(one.state in OPEN for one in await _all(made)):
            return


async def look(made: Stand) -> Found:
    """Compare what the server accepted with what the database says."""
    found = Found()
    rows = {one.message_id: one for one in await _all(made)}
    accepted: Counter[tuple[str, str]] = Counter()
    subjects: dict[str, list[str]] = {}
    for entry in made.inbox.ledger.entries:
        subjects.setdefault(entry["target"], []).append(entry["subject"])
        accepted.update((entry["target"], to) for to in entry["to"])
    for (message_id, to), count in accepted.items():
        row = rows.get(message_id)
        marked = [one.startswith(MARK) for one in subjects[message_id]]
        if row is None or row.recipient != to or row.state is MailState.MERGED:
            found.doubled.append(f"{to} got {message_id}, which was not to be sent")
        elif count > 2 or (count == 2 and marked != [False, True]):
            found.doubled.append(f"{to} got {row.subject} {count} times, marked {marked}")
    for row in rows.values():
        told_by = rows[row.merged_into or ""] if row.state is MailState.MERGED else row
        if row.state in OPEN:
            found.open.append(f"{row.subject} to {row.recipient} is {row.state}: {row.outcome}")
        elif told_by.state is MailState.ACCEPTED and not accepted[told_by.message_id, told_by.recipient]:
            found.lost.append(f"{row.subject} to {row.recipient} counts as accepted")
    await _somebody_heard(made, found)
    return found


async def _somebody_heard(made: Stand, found: Found) -> None:
    """Of what nobody got, operations are told, or the row says so where telling them failed, too."""
    told = await made.effects("tell")
    names = {one.key for one in told}
    digest_lost = any(key.startswith("tell:lost:digest:") for key in names)
    for one in told:
        if one.state not in ENDED:
            found.open.append(f"{one.name} is {one.state}")
        is_notice = one.args.get("letter") == "notice"
        heard = is_notice or digest_lost or f"tell:lost:{one.name}" in names
        if one.state is State.REFUSED and not heard:
            found.lost.append(f"{one.name} reached nobody, and nobody was told")


async def _all(made: Stand) -> tuple[Mail, ...]:
    async with made.bot.db.read() as tx:
        return await mails.recent(tx, at_most=10_000)


def doubled_mails(made: Stand) -> int:
    """How many mails the server accepted more than once."""
    counts = Counter(entry["target"] for entry in made.inbox.ledger.entries)
    return sum(count > 1 for count in counts.values())


@dataclass(frozen=True)
class Weather:
    """A sequence of troubles, deaths among them, drawn by a seed."""

    seed: int
    troubles: Sequence[Trouble]
    deaths: Sequence[tuple[str, int]]

    @classmethod
    def drawn(cls, seed: int) -> "Weather":
        luck = random.Random(seed)
        kinds = (*KINDS, "kept")
        troubles = []
        for _ in range(luck.randint(2, 7)):
            kind = luck.choices(kinds, (3, 2, 1, 3, 1, 2))[0]
            command = "after-data" if kind == "kept" else luck.choice(COMMANDS)
            troubles.append(Trouble(kind, command, luck.choice((1, 1, 2, 4))))
        deaths = [(luck.choice(MAIL_POINTS), luck.randint(1, 4)) for _ in range(luck.choice((0, 1, 1, 2)))]
        return cls(seed, troubles, deaths)


async def brave(made: Stand, weather: Weather) -> Found:
    """Send mails through it, in three goes, and see what became of them."""
    luck = random.Random(weather.seed + 1)
    deaths = list(weather.deaths)
    for number in range(3):
        for trouble in weather.troubles[number::3]:
            trouble.happens(made)
        set_fault_hook(Death(*deaths.pop()) if deaths else None)
        try:
            await tell_people(made, number)
            await go_on(made, timedelta(minutes=luck.choice((0, 1, 5, 40))))
        finally:
            set_fault_hook(None)
    await until_settled(made)
    return await look(made)
