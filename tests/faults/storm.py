"""A storm of webhooks on a whole service: what is sent, by whom it is read, and what came of it.

Everything is real here: sockets, the service as `serve` runs it, the vendors as servers.
The news is about runs that the vendors have; each event is one body, sent one to five
times, in any order, over as many connections as there are senders.
"""

import asyncio
import random
import shutil
from bisect import bisect_left
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Any

from aiohttp import ClientSession, ClientTimeout, TCPConnector, web

from bot.app import Service, SystemClock, connection_models, shipped, start
from bot.sandbox import Gigapay, Inbox, Staffology
from bot.sandbox.exact import dumps
from bot.sandbox.gigapay.desk import sign
from bot.sandbox.gigapay.state import State
from bot.sandbox.staffology.schedule import Schedule
from bot.sandbox.staffology.server import ACME
from bot.sandbox.staffology.shapes import run_json
from bot.settings import Settings, load, new_key
from bot.store import rules
from tests.databases import Migrated
from tests.faults.database import Address, rows

CONNECTIONS = 100
COPIES = (1, 1, 1, 2, 3, 4, 5)
WITHIN_S = 600
GAP = timedelta(seconds=2)
"""`timing.look_gap` here: between two readings of one resource."""
SECRET = "c1329a085d65f7757838df5920fdcc9a"
GIGAPAY, STAFFOLOGY = "gigapay-se", "staffology-acme"
PER_MINUTE = 6000
OF_AN_ACTION = 6
UNDER_WAY_S = 0.5
HOT = 3
READS: dict[str, str] = {"gigapay": "GET /payruns/:id/", "staffology": "GET /payrun/:year/:payPeriod/:number"}


class SlowGigapay(Gigapay):
    """Gigapay, whose answers about a payrun can be under way for a while: then news overtakes them."""

    under_way_s = 0.0

    def first_state(self) -> State:
        self.looked_up: list[tuple[str, datetime]] = []
        """What was looked up, and when: an answer is as old as that."""
        return super().first_state()

    async def _get_payrun(self, request: web.Request) -> web.Response:
        self.looked_up.append((request.match_info["id"], self.clock.now()))
        reply = await super()._get_payrun(request)
        await asyncio.sleep(self.under_way_s)
        return reply


class RunningClock:
    """The machine's time, set to another day."""

    def __init__(self, begins: datetime) -> None:
        self._machine = SystemClock()
        self._shift = begins - self._machine.now()

    def now(self) -> datetime:
        return self._machine.now() + self._shift

    def wall(self) -> datetime:
        return self._machine.now()

    def move(self, by: timedelta) -> None:
        self._shift += by


@dataclass(frozen=True)
class Event:
    """One thing that a vendor tells. Its body is like no other's."""

    connection: str
    name: str
    body: bytes
    about: str


@dataclass
class Storm:
    """The stand and what was sent on it."""

    clock: RunningClock
    gigapay: SlowGigapay
    staffology: Staffology
    inbox: Inbox
    service: Service
    database: Address
    accepted: Counter[Event] = field(default_factory=Counter)
    last_sent_at: dict[tuple[str, str], datetime] = field(default_factory=dict)
    began_at: datetime | None = None
    drizzled: tuple[datetime, datetime] | None = None
    closing: str = ""
    """The payrun that is to be closed by rule in the middle of it."""

    def events(self, count: int, draws: random.Random) -> list[Event]:
        """So many different events about the runs that there are."""
        payruns = list(self.gigapay.state.payruns.values())
        employer = self.staffology.state[ACME]
        runs = sorted(employer.runs)
        found = []
        for number in range(count):
            if number % 5 == 4:
                key = draws.choice(runs)
                body = {**run_json(employer, key), "description": f"event {number}"}
                found.append(Event(STAFFOLOGY, "Payrun_StateChanged", dumps(body).encode(), str(key)))
            else:
                # A few are talked about all the time.
                payrun = draws.choice(payruns[: HOT if number % 5 == 3 else None])
                body = {**payrun, "metadata": {"event": number}}
                name = draws.choice(("Payrun.created", "Payrun.paid"))
                found.append(Event(GIGAPAY, name, dumps(body).encode(), str(payrun["id"])))
        return found

    async def send(self, events: Sequence[Event], draws: random.Random) -> None:
        """Send each one to five times, shuffled; what is not taken is sent again, as vendors do."""
        queue = [one for one in events for _ in range(draws.choice(COPIES))]
        draws.shuffle(queue)
        self.began_at = self.clock.now()
        connector = TCPConnector(limit=CONNECTIONS)
        async with ClientSession(connector=connector, timeout=ClientTimeout(total=60)) as session:
            await asyncio.gather(*(self._sender(session, queue) for _ in range(CONNECTIONS)))

    async def overtake(self, count: int) -> None:
        """Of so many payruns, send news; and while it makes the bot read, send the next."""
        self.gigapay.under_way_s = UNDER_WAY_S
        async with ClientSession(timeout=ClientTimeout(total=60)) as session:
            payruns = [one for one in self.gigapay.state.payruns.values() if one["latest_status"] != "open"]
            await asyncio.gather(*(self._overtake(session, one) for one in payruns[-count:]))

    async def drizzle(self, lasts: timedelta) -> None:
        """Talk about the same few payruns all the time, slowly enough for each word to be read."""
        self.drizzled = self.clock.now(), self.clock.now() + lasts
        number = 0
        async with ClientSession(timeout=ClientTimeout(total=60)) as session:
            while self.clock.now() < self.drizzled[1]:
                number += 1
                for payrun in list(self.gigapay.state.payruns.values())[:HOT]:
                    body = dumps({**payrun, "metadata": {"drop": number}}).encode()
                    await self._sent(session, Event(GIGAPAY, "Payrun.paid", body, str(payrun["id"])))
                await asyncio.sleep(0.1)

    async def _overtake(self, session: ClientSession, payrun: dict[str, Any]) -> None:
        read = self._readings(str(payrun["id"]))
        for word in ("first", "last"):
            body = dumps({**payrun, "metadata": {"word": word}}).encode()
            await self._sent(session, Event(GIGAPAY, "Payrun.paid", body, str(payrun["id"])))
            until = monotonic() + WITHIN_S
            while word == "first" and self._readings(str(payrun["id"])) == read:
                assert monotonic() < until, "was not read"
                await asyncio.sleep(0.01)

    def _readings(self, id: str) -> int:
        return sum(one == id for one, _ in self.gigapay.looked_up)

    async def _sender(self, session: ClientSession, queue: list[Event]) -> None:
        while queue:
            event = queue.pop()
            if not await self._sent(session, event):
                # As its vendor does: again, a while later.
                queue.insert(0, event)
                await asyncio.sleep(0.2)

    async def _sent(self, session: ClientSession, event: Event) -> bool:
        url = f"{self.service.url}/hooks/{event.connection}/{event.name}"
        headers = {"Content-Type": "application/json"}
        if event.connection == GIGAPAY:
            headers["Gigapay-Signature"] = sign(SECRET, int(self.clock.now().timestamp()), event.body)
        else:
            url = f"{url}/{SECRET}"
        sent_at = self.clock.now()
        async with session.post(url, data=event.body, headers=headers) as reply:
            assert reply.status in (200, 503), reply.status
            if reply.status == 503:
                return False
        self.accepted[event] += 1
        about = (event.connection, event.about)
        self.last_sent_at[about] = max(sent_at, self.last_sent_at.get(about, sent_at))
        return True

    async def calm(self) -> None:
        """Wait until all has been read once, and nothing is still to be read, decided or done."""
        until = monotonic() + WITHIN_S
        while rows(
            self.database,
            "select 1 from inbox where state = 'new' union all select 1 from look where kind != '*'"
            " union all select 1 from resource where decide_since is not null"
            " union all select 1 from effect"
            " where is_vendor and state in ('planned', 'intent', 'sent', 'confirming', 'unknown')"
            " union all select 1 where (select count(synced_at) from connection_state) < 2",
        ):
            assert monotonic() < until, "still to be read"
            await asyncio.sleep(0.1)

    # What came of it, by the vendors' ledgers and the database

    def lost(self) -> list[str]:
        """Accepted news that is not in the inbox or was not sorted, and runs not read since."""
        kept = {
            (row["connection"], row["event"], row["sha256"]): row
            for row in rows(self.database, "select * from inbox")
        }
        found = []
        for event in self.accepted:
            row = kept.get((event.connection, event.name, sha256(event.body).hexdigest()))
            if row is None or row["state"] != "sorted":
                found.append(f"{event.name} about {event.about} is {row['state'] if row else 'not there'}")
        read_at = self._last_read()
        for about, sent_at in self.last_sent_at.items():
            if read_at.get(about, sent_at - GAP) < sent_at:
                found.append(f"{about} was not read after its last news")
        return found

    def doubled(self) -> list[str]:
        """Events that are more or fewer rows than one, or whose deliveries were not counted right."""
        found = []
        counted = Counter(
            {
                (row["connection"], row["event"], row["sha256"]): row["deliveries"]
                for row in rows(self.database, "select * from inbox")
            }
        )
        for event, times in self.accepted.items():
            key = (event.connection, event.name, sha256(event.body).hexdigest())
            if counted[key] != times:
                found.append(f"{event.name} about {event.about} counts {counted[key]}, and was sent {times}")
        if len(counted) != len(self.accepted):
            found.append(f"{len(counted)} rows for {len(self.accepted)} events")
        closes = [one["target"] for one in self.gigapay.ledger.entries if one["call"] == "close"]
        found += [
            f"{payrun} was closed {times} times" for payrun, times in Counter(closes).items() if times > 1
        ]
        return found

    def over_budget(self) -> list[str]:
        """Runs read oftener than once in the gap and once more at the end; minutes with too many calls."""
        assert self.began_at is not None
        found = []
        for vendor in (self.gigapay, self.staffology):
            ours = [
                datetime.fromisoformat(one["at"]) for one in vendor.ledger.entries if one["by"] == "client"
            ]
            for first, at in enumerate(ours):
                last = bisect_left(ours, at + timedelta(minutes=1))
                if last - first > PER_MINUTE:
                    found.append(f"{vendor.name} was called {last - first} times in the minute from {at}")
        for vendor in (self.gigapay, self.staffology):
            found += self._too_often(vendor, self.began_at, self.clock.now())
        if self.drizzled is not None:
            found += self._too_often(self.gigapay, *self.drizzled)
        return found

    def _too_often(self, vendor: Gigapay | Staffology, since: datetime, until: datetime) -> list[str]:
        read = Counter(
            str(entry["target"])
            for entry in vendor.ledger.entries
            if entry["call"] == READS[vendor.name] and since <= datetime.fromisoformat(entry["at"]) <= until
        )
        # One at once, one each gap, and one at the end; the bot reads the one that it closes for that, too.
        allowed = 2 + (until - since) // GAP
        return [
            f"{target} was read {times} times in {until - since}"
            for target, times in read.items()
            if times > allowed + (OF_AN_ACTION if target == self.closing else 0)
        ]

    def _last_read(self) -> dict[tuple[str, str], datetime]:
        """When each run was last read, by itself or because a list showed it as it was."""
        found: dict[tuple[str, str], datetime] = {}
        listed = [
            datetime.fromisoformat(one["at"])
            for one in self.gigapay.ledger.entries
            if one["call"] == "GET /payruns/"
        ]
        for payrun in self.gigapay.state.payruns.values():
            if payrun["latest_status"] == "paid":
                found[GIGAPAY, str(payrun["id"])] = max(listed)
        for id, at in self.gigapay.looked_up:
            found[GIGAPAY, id] = max(at, found.get((GIGAPAY, id), at))
        runs = "GET /payrun/:year/:payPeriod"
        for entry in self.staffology.ledger.entries:
            if entry["call"] == READS["staffology"]:
                parts = str(entry["target"]).split("/")
                self._note(found, STAFFOLOGY, "-".join((*parts[1:4], "1", "0")), entry)
            elif entry["call"] == runs:
                for key in self.staffology.state[ACME].runs:
                    if (key.tax_year, key.pay_period) == tuple(str(entry["target"]).split("/")[1:3]):
                        self._note(found, STAFFOLOGY, str(key), entry)
        return found

    @staticmethod
    def _note(found: dict[tuple[str, str], datetime], connection: str, id: str, entry: Any) -> None:
        at = datetime.fromisoformat(entry["at"])
        found[connection, id] = max(at, found.get((connection, id), at))


@asynccontextmanager
async def storm(folder: Path, payruns: int, migrated: Migrated) -> AsyncIterator[Storm]:
    """Half of the payruns are paid, the others still owed; a year of weekly runs at Staffology."""
    clock = RunningClock(datetime(2026, 11, 20, 13, 20, tzinfo=UTC))
    gigapay, staffology, inbox = SlowGigapay(clock), Staffology(clock), Inbox(clock)
    for server in (gigapay, staffology, inbox):
        await server.start()
    try:
        _seed(gigapay, staffology, payruns, clock.now())
        settings = _settings(folder, gigapay, staffology, inbox)
        settings = settings.model_copy(update={"database": await migrated.fresh(folder)})
        service = await start(settings, clock)
        try:
            made = Storm(clock, gigapay, staffology, inbox, service, settings.database)
            await made.calm()
            await _sign(made)
            yield made
        finally:
            await service.stop()
    finally:
        for server in (gigapay, staffology, inbox):
            await server.stop()


def _seed(gigapay: Gigapay, staffology: Staffology, payruns: int, now: datetime) -> None:
    for number in range(payruns):
        at = now - timedelta(days=60, hours=-number)
        gigapay.state.add_employee("1041", "Payee 1041", at)
        asked = {"employee": "1041", "amount": "1450.00", "currency": "SEK", "description": "Lön"}
        payout, _ = gigapay.state.add_payout(asked, at)
        gigapay.state.close(payout["payrun"], at)
        if number % 2:
            gigapay.state.pay(payout["payrun"], at)
    staffology.add_employer(ACME, "Acme Ltd")
    schedule = Schedule(2025, "Weekly")
    staffology.add_schedule(ACME, schedule)
    employer = staffology.state[ACME]
    for number in range(1, schedule.last + 1):
        employer.finish(employer.start(schedule, now - timedelta(days=200), number), now)


async def _sign(made: Storm) -> None:
    """The rules are signed off, and a payrun is opened that one of them closes a while later."""
    bot = made.service.bot
    hashes = [one.rule.hash for one in bot.rules.values()]
    async with bot.db.write() as tx:
        await rules.propose(tx, hashes, "payroll-1", made.clock.now())
        for one in hashes:
            await rules.sign(tx, one, "finance-1", made.clock.now())
    await made.service.reload()
    # The rules begin once they were asked about all that was there before; a payrun after that is new.
    await made.calm()
    made.closing = str(made.gigapay.add_payout("1041", "1450.00")["payrun"])
    made.clock.move(timedelta(minutes=45))


def _settings(folder: Path, gigapay: Gigapay, staffology: Staffology, inbox: Inbox) -> Settings:
    shutil.copytree(shipped("rules"), folder / "rules")
    environ = {f"KEY_{name}": new_key() for name in ("TOKENS", "SESSIONS", "AUDIT")}
    environ |= {"SECRET": "canary-secret", "HOOK": SECRET}
    path = folder / "bot.yaml"
    path.write_text(
        f"""\
timezone: Europe/Stockholm
database: sqlite:///bot.db
rules: rules/
http: {{listen: "127.0.0.1:0", public_url: "http://127.0.0.1:8080"}}
keys: {{tokens: ["env:KEY_TOKENS"], sessions: ["env:KEY_SESSIONS"], audit: ["env:KEY_AUDIT"]}}
mail: {{smtp: "smtp+plain://{inbox.host}:{inbox.port}", from: Payrun bot <bot@example.com>}}
people:
  - {{id: payroll-1, mail: payroll-1@example.com, roles: [operator]}}
  - {{id: finance-1, mail: finance-1@example.com, roles: [approver]}}
groups: {{payroll: [payroll-1], payroll-lead: [finance-1], finance: [finance-1], ops: [ops@example.com]}}
guards: {{per_action: {{SEK: 250 000, GBP: 120 000, AUD: 200 000}}}}
timing: {{look_gap: {GAP.seconds}s}}
connections:
  - id: {GIGAPAY}
    vendor: gigapay
    calendar: se
    base_url: "{gigapay.base_url}"
    token: env:SECRET
    integration_id: 79606358-97af-4196-b64c-5f719433d56b
    webhook_secret: env:HOOK
    poll: 2h
    budget: {{per_minute: {PER_MINUTE}, per_day: 1000000}}
  - id: {STAFFOLOGY}
    vendor: staffology
    calendar: uk-bacs
    currency: GBP
    base_url: "{staffology.base_url}"
    api_key: env:SECRET
    employer_id: "{ACME}"
    webhook_token: env:HOOK
    poll: 6h
    budget: {{per_minute: {PER_MINUTE}, per_day: 1000000}}
"""
    )
    return load(path, environ, connection_models())
