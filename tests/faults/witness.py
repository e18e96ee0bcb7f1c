"""The world outside the bot: vendors and mail inbox in the tests' own process, on fsynced ledgers.

Nothing here dies when the bot is killed, and nothing here believes the bot. The secrets are
canaries: whichever of them is found in a database, a log or a mail got there by mistake.
"""

import asyncio
import random
import shutil
import signal
import socket
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.sandbox import Deliveries, Gigapay, Inbox, Ledger, Staffology
from bot.sandbox.staffology.server import ACME
from tests.databases import url_of
from tests.faults.child import READY
from tests.faults.database import Address, copy_of, is_file
from tests.faults.fate import STRUCK, THAWED, Orders
from tests.faults.machine import SharedClock, WitnessClock
from tests.faults.nursery import Born, Nursery
from tests.faults.runrules import rule_files
from tests.ports import hold

PROPOSER, APPROVER = "payroll-1", "finance-1"
ENVIRON = {
    "TOKENS_KEY": "dG9rZW5zLWtleS1jYW5hcnktMDEyMzQ1Njc4OWFiY2Q=",
    "SESSIONS_KEY": "c2Vzc2lvbnMta2V5LWNhbmFyeS0wMTIzNDU2Nzg5YWI=",
    "AUDIT_KEY": "YXVkaXQta2V5LWNhbmFyeS0wMTIzNDU2Nzg5YWJjZGU=",
    "GIGAPAY_TOKEN": "canary-gigapay-token",
    "GIGAPAY_WEBHOOK_SECRET": "canary-webhook-secret-0123456789",
    "STAFFOLOGY_KEY": "canary-staffology-key",
    "STAFFOLOGY_HOOK": "canary-hook-token-0123456789",
}
LINK_TOKEN = "canary-invoice-link"
BOTH = ("gigapay", "staffology")


class ForgetfulGigapay(Gigapay):
    """Gigapay. After a close, its next `deaf_reads` reads of a payrun answer with a web page."""

    deaf_reads = 0

    async def _close(self, request: web.Request) -> web.Response:
        reply = await super()._close(request)
        if self.deaf_reads:
            self.faults.add("html", call="GET /payruns/:id/", times=self.deaf_reads)
        return reply


@dataclass(frozen=True)
class Template:
    """A bot that has read everything, and whose rules are signed and adopted, to start runs from."""

    vendors: tuple[str, ...]
    """At which it has connections. Starting is quicker with one."""
    database: Address
    inbox: Path
    gigapay: Any
    staffology: Any
    url: str
    tokens: dict[str, str]


@dataclass
class Witness:
    """The world of one run."""

    folder: Path
    clock: SharedClock
    gigapay: ForgetfulGigapay
    staffology: Staffology
    inbox: Inbox
    nursery: Nursery
    place: socket.socket
    """It keeps the port on which the bots of this world listen, one after the other."""
    vendors: tuple[str, ...]
    database: Address
    tokens: dict[str, str] = field(default_factory=dict)
    born: list[Born] = field(default_factory=list)
    was_asked: bool = False
    """Whether somebody has asked for what the story has them ask for."""
    was_meanwhile: bool = False
    """Whether what the story has happen around a bot that is dead or frozen has happened."""

    @property
    def port(self) -> int:
        return int(self.place.getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_told(self) -> bool:
        """Whether every webhook has been answered with 2xx, or given up."""
        return not (self.gigapay.deliveries.pending or self.staffology.deliveries.pending)

    @property
    def canaries(self) -> Sequence[str]:
        return (*ENVIRON.values(), LINK_TOKEN, *self.tokens.values())

    @property
    def logs(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("log-*.jsonl")))

    def start(self, **more: Any) -> Born:
        """Start a bot on this world; it takes what the last one left."""
        (self.folder / READY).unlink(missing_ok=True)
        log = self.folder / f"log-{len(self.born)}.jsonl"
        self.born.append(self.nursery.bear(Orders(str(self.folder), ENVIRON, str(log), **more)))
        return self.born[-1]

    @property
    def is_struck(self) -> bool:
        """Whether a bot of this world froze."""
        return (self.folder / STRUCK).exists()

    @property
    def is_frozen(self) -> bool:
        """Whether it is so now."""
        return self.is_struck and not (self.folder / THAWED).exists()

    @property
    def is_ready(self) -> bool:
        return (self.folder / READY).exists()

    async def close(self) -> None:
        """Kill what lives and stop the servers."""
        for one in self.born:
            one.send(signal.SIGKILL)
            await one.ended(5)
        await self.gigapay.stop()
        await self.staffology.stop()
        await self.inbox.stop()
        self.clock.close()
        self.place.close()


async def open_world(
    folder: Path,
    nursery: Nursery,
    template: Template | None = None,
    vendors: tuple[str, ...] = BOTH,
    database: Address | None = None,
) -> Witness:
    """Start vendors and inbox in a folder of their own, from a template if there is one, or on a database."""
    vendors = template.vendors if template is not None else vendors
    clock, ours = SharedClock(folder / "clock"), WitnessClock()
    if template is not None:
        database = await asyncio.to_thread(copy_of, template.database, folder)
        shutil.copy(template.inbox, folder / "inbox.jsonl")

    def vendor(kind: type[Any]) -> Any:
        # Every webhook comes twice, in any order, and some at the same time.
        deliveries = Deliveries(
            ours, copies=2, at_once=3, shuffle=random.Random(6), longest_pause_s=0.2, attempts=60
        )
        return kind(clock, ledger=Ledger(ours, folder / f"{kind.name}.jsonl"), deliveries=deliveries)

    gigapay, staffology = vendor(ForgetfulGigapay), vendor(Staffology)
    inbox = Inbox(ours, path=folder / "inbox.jsonl")
    world = Witness(
        folder,
        clock,
        gigapay,
        staffology,
        inbox,
        nursery,
        hold(),
        vendors,
        database or url_of(folder / "bot.db"),
    )
    try:
        for server in (gigapay, staffology, inbox):
            await server.start()
    except BaseException:  # given up while it opened: a run that nobody waits for any more
        await world.close()
        raise
    if template is not None:
        gigapay.state, staffology.state = deepcopy(template.gigapay), deepcopy(template.staffology)
        world.tokens = template.tokens
        employers = staffology.state.values()
        for hook in (*gigapay.state.webhooks.values(), *(h for e in employers for h in e.webhooks.values())):
            hook["url"] = hook["url"].replace(template.url, world.url)
    (folder / "rules").mkdir()
    for name, text in rule_files(vendors).items():
        (folder / "rules" / name).write_text(text)
    (folder / "bot.yaml").write_text(_settings(world))
    return world


def _settings(world: Witness) -> str:
    connections = {"gigapay": _gigapay(world), "staffology": _staffology(world)}
    return f"""\
timezone: Europe/Stockholm
database: {_written(world.database)}
rules: rules/
http: {{listen: "127.0.0.1:{world.port}", public_url: "{world.url}"}}
keys: {{tokens: ["env:TOKENS_KEY"], sessions: ["env:SESSIONS_KEY"], audit: ["env:AUDIT_KEY"]}}
mail: {{smtp: "smtp+plain://{world.inbox.host}:{world.inbox.port}", from: Payrun bot <bot@example.com>}}
people:
  - {{id: {PROPOSER}, mail: {PROPOSER}@example.com, roles: [operator, approver]}}
  - {{id: {APPROVER}, mail: {APPROVER}@example.com, roles: [approver], up_to: {{SEK: 500 000, GBP: 100 000}}}}
groups: {{payroll: [{PROPOSER}], payroll-lead: [{APPROVER}], ops: [ops@example.com]}}
guards: {{per_action: {{SEK: 250 000, GBP: 120 000}}, per_day: {{SEK: 25 000, GBP: 500 000}}}}
connections:
{"".join(connections[vendor] for vendor in world.vendors)}"""


def _written(address: Address) -> str:
    return "sqlite:///bot.db" if is_file(address) else address


def _gigapay(world: Witness) -> str:
    return f"""\
  - id: gigapay-se
    vendor: gigapay
    calendar: se
    base_url: "{world.gigapay.base_url}"
    token: env:GIGAPAY_TOKEN
    integration_id: 79606358-97af-4196-b64c-5f719433d56b
    webhook_secret: env:GIGAPAY_WEBHOOK_SECRET
    poll: 2h
"""


def _staffology(world: Witness) -> str:
    return f"""\
  - id: staffology-acme
    vendor: staffology
    calendar: uk-bacs
    currency: GBP
    base_url: "{world.staffology.base_url}"
    api_key: env:STAFFOLOGY_KEY
    employer_id: "{ACME}"
    webhook_token: env:STAFFOLOGY_HOOK
    poll: 6h
"""
