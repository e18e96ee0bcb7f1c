"""The stand: the engine over a real database, real sandbox vendors and a real mail inbox.

Nothing ticks here. A test moves two clocks by hand (the time of rules, and the wall
clock of leases and quarantine) and the steps are called until none finds anything due.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.message import EmailMessage
from json import loads
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from cryptography.fernet import Fernet, MultiFernet
from sqlalchemy import Table, func, select

from bot.actions import general_actions
from bot.app import SealedTokens, budgets, read_rules, setup_of, shipped
from bot.connectors import connectors, vendor_actions
from bot.connectors.budget import BudgetLimits
from bot.connectors.client import Sleep, VendorClient, open_session
from bot.core.clock import Clock
from bot.core.money import Money
from bot.core.resource import Snapshot
from bot.engine import approve, look, receive, versions
from bot.engine.bot import Account, Bot
from bot.engine.calls import Calls
from bot.engine.quiet import what_is_due
from bot.jobs import KINDS
from bot.mail.render import Renderer
from bot.mail.smtp import Mailer
from bot.rulebook import Rulebook
from bot.sandbox import Gigapay, Inbox, Roubler, Staffology, Vendor, Xero
from bot.sandbox.staffology.server import ACME
from bot.settings import Person, Settings
from bot.store import approvals, effects, resources, rules
from bot.store.approvals import Approval, ApprovalState
from bot.store.database import Database, open_database
from bot.store.effects import Effect
from bot.store.tables import audit
from tests.databases import Migrated

from .ahead import next_after
from .clocks import KeptLog, TwoClocks
from .place import make_place

STOCKHOLM = ZoneInfo("Europe/Stockholm")
TOO_MANY = 500
"""Rounds after which a test is told that something goes round in circles."""

VENDORS: Mapping[str, type[Vendor[Any]]] = {
    "gigapay": Gigapay,
    "xero": Xero,
    "staffology": Staffology,
    "roubler": Roubler,
}
_BOOKS: dict[str, Rulebook] = {}


def at(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """A moment of November 2026 in Stockholm, where the 13th and the 20th are Fridays."""
    return datetime(2026, 11, day, hour, minute, second, tzinfo=STOCKHOLM).astimezone(UTC)


BEGINS = at(13, 12)
OPENED = at(13, 13)
CUT_OFF = at(13, 15)
JUST_AFTER = timedelta(seconds=1)
"""The cut-off itself is still in time, so the rule says yes a second later."""


@dataclass(slots=True)
class Stand:
    """Everything a test of the engine touches."""

    folder: Path
    clock: TwoClocks
    vendors: dict[str, Any]
    inbox: Inbox
    bot: Bot
    log: KeptLog

    @property
    def gigapay(self) -> Gigapay:
        found = self.vendors["gigapay"]
        assert isinstance(found, Gigapay)
        return found

    @property
    def xero(self) -> Xero:
        found = self.vendors["xero"]
        assert isinstance(found, Xero)
        return found

    @property
    def staffology(self) -> Staffology:
        found = self.vendors["staffology"]
        assert isinstance(found, Staffology)
        return found

    @property
    def roubler(self) -> Roubler:
        found = self.vendors["roubler"]
        assert isinstance(found, Roubler)
        return found

    # Time

    async def settle(self) -> None:
        """Do everything that is due at this moment."""
        for _ in range(TOO_MANY):
            due, now = await what_is_due(self.bot), self.clock.now()
            did = [await kind.step(self.bot) for kind in KINDS if kind.is_due(due, now)]
            if not any(did):
                return
        raise AssertionError(f"still something to do after {TOO_MANY} rounds at {self.clock.now()}")

    async def until(self, moment: datetime) -> None:
        """Go from one due instant to the next, up to and with this one."""
        await self.settle()
        while True:
            due = await next_after(self.bot, self.clock.now())
            self.clock.go_to(min(due, moment) if due is not None else moment)
            for vendor in self.vendors.values():
                vendor.advance()
            await self.settle()
            if self.clock.now() == moment:
                return

    async def poll(self) -> None:
        """Read every connection's list now, and what follows from it."""
        await look.start_polling(self.bot)
        await self.settle()

    async def after(self, **by: float) -> None:
        await self.until(self.clock.now() + timedelta(**by))

    async def quarantine(self) -> None:
        """Let the quarantine be over on the wall clock, and go on."""
        self.clock.pass_wall(self.bot.settings.timing.quarantine + timedelta(seconds=1))
        await self.settle()

    # People and rules

    def person(self, id: str) -> Person:
        found = self.bot.settings.person(id)
        assert found is not None
        return found

    async def reload(self) -> None:
        """Read the rule files as the service does; what was read before is not read again."""
        setup = setup_of(self.bot.settings, self.bot.renderer.names())
        folder = self.bot.settings.rules
        content = repr((setup, [(path.name, path.read_text()) for path in sorted(folder.iterdir())]))
        if content not in _BOOKS:
            _BOOKS[content] = read_rules(folder, setup)
        await versions.put_in_force(self.bot, _BOOKS[content], setup)

    def write_rule(self, file: str, text: str) -> None:
        (self.bot.settings.rules / file).write_text(text)

    def change_rule(self, file: str, old: str, new: str) -> None:
        """Change a rule, and take out its tests: they say what it was, and it would be refused by them."""
        path = self.bot.settings.rules / file
        before = path.read_text()
        assert old in before, f"{file} has no {old!r}"
        path.write_text(re.sub(r"^    tests:\n(?:      .*\n)+", "", before.replace(old, new), flags=re.M))

    async def sign(self) -> None:
        """payroll-1 has proposed what is in the files and finance-1 has signed it off, without the mails."""
        now = self.clock.now()
        hashes = [one.rule.hash for one in self.bot.rules.values()]
        async with self.bot.db.write() as tx:
            await rules.propose(tx, hashes, "payroll-1", now)
            for one in hashes:
                await rules.sign(tx, one, "finance-1", now)
        await self.reload()
        await self.settle()

    def narrow_day(self, amount: str) -> None:
        """Let the day have room for this much and no more."""
        account = self.bot.accounts["gigapay-se"]
        guards = replace(account.guards, per_day={"SEK": Money.of(amount, "SEK")})
        self.bot.accounts = {"gigapay-se": replace(account, guards=guards)}

    # What there is

    async def approve(self, person: str = "finance-1") -> str:
        """Approve what is open, every check ticked."""
        asked = await self.asked()
        return await approve.approve(
            self.bot, self.person(person), asked.id, channel="test", checks=approve.checks_of(asked)
        )

    async def askings(self, *states: ApprovalState) -> list[Approval]:
        """Oldest first."""
        async with self.bot.db.read() as tx:
            return list(reversed(await approvals.listed(tx, *states)))

    async def asked(self) -> Approval:
        """The one asking that is open."""
        (one,) = await self.askings(ApprovalState.OPEN)
        return one

    async def effects(self, action: str) -> list[Effect]:
        """All effects of an action, oldest first."""
        async with self.bot.db.read() as tx:
            found = [one for one in await effects.recent(tx) if one.action == action]
        return sorted(found, key=lambda one: (one.planned_at, one.key, one.round))

    async def effect(self, action: str = "gigapay.close_payrun") -> Effect:
        """The newest effect of an action."""
        return (await self.effects(action))[-1]

    async def snapshot(self, connection: str, vendor_id: str) -> Snapshot:
        async with self.bot.db.read() as tx:
            found = await resources.by_vendor_id(tx, connection, vendor_id)
        assert found is not None
        return found.snapshot

    async def count(self, table: Table) -> int:
        async with self.bot.db.read() as tx:
            return (await tx.execute(select(func.count()).select_from(table))).scalar_one()

    async def noted(self, resource: str) -> list[str]:
        """What the record says of a resource, oldest first; all of it is sealed."""
        async with self.bot.db.read() as tx:
            rows = (await tx.execute(select(audit).where(audit.c.resource == resource))).all()
        assert all(row.hash for row in rows)
        return [str(loads(row.what_json)["what"]) for row in rows]

    def closes(self) -> list[str]:
        """The payruns that clients closed at Gigapay, by its own ledger."""
        return [one["target"] for one in self.gigapay.ledger.effects("close") if one["by"] == "client"]

    def close_calls(self) -> int:
        """How many close requests reached Gigapay, whatever came of them."""
        return sum(one["call"] == "close" for one in self.gigapay.ledger.entries)

    def reads(self, payrun: str) -> int:
        """How often a payrun was read by itself."""
        return sum(
            one["call"] == "GET /payruns/:id/" and one["target"] == payrun
            for one in self.gigapay.ledger.entries
        )

    def subjects(self, to: str | None = None) -> list[str]:
        """Subjects of the mails that the server accepted."""
        mails = self.inbox.messages if to is None else self.inbox.to(f"{to}@example.com")
        return [subject(one.message) for one in mails]

    def texts(self, to: str | None = None) -> list[str]:
        mails = self.inbox.messages if to is None else self.inbox.to(f"{to}@example.com")
        return [text(one.message) for one in mails]

    async def hook(self, event: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Hand a webhook to the engine as the web does."""
        account, name = receive.find_hook(self.bot, "gigapay-se", event)
        await receive.receive(
            self.bot, account, name, token=None, headers=headers, body=body, correlation="hook-test"
        )

    # Payouts

    def add_payouts(self, *amounts: str, first: int = 1041) -> str:
        """Add a payout each to the open payrun; says which payrun that is."""
        payrun = ""
        for number, amount in enumerate(amounts):
            payrun = str(self.gigapay.add_payout(str(first + number), Decimal(amount))["payrun"])
        return payrun

    async def weekly(self, *amounts: str) -> str:
        """Signed rules, and a payrun opened at Friday 13:00 with these payouts; says which.

        The usual three payouts are 4 880.00 SEK for their payees and cost 6 413.30 SEK.
        """
        await self.sign()
        await self.until(OPENED)
        payrun = self.add_payouts(*amounts or ("1450.00", "1650.00", "1780.00"))
        await self.poll()
        return payrun


def subject(message: EmailMessage) -> str:
    return str(message["Subject"])


def text(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\xa0", " ")


@asynccontextmanager
async def stand(
    folder: Path,
    *vendors: str,
    guards: str = "per_action: {SEK: 250 000, GBP: 120 000, AUD: 200 000}\n  per_day: {SEK: 1 000 000}",
    sole: bool = False,
    poll: str = "24h",
    history: bool = False,
    autopilot: bool = False,
    begins: datetime = BEGINS,
    database: Migrated | None = None,
    call_time_out: timedelta | None = None,
    budget: BudgetLimits | None = None,
) -> AsyncIterator[Stand]:
    """The stand with these vendors, read once and in `watch`: nothing is signed off yet.

    `database` is where a migrated one comes from. With `history` there are six earlier runs each.
    """
    clock = TwoClocks(begins)
    running: dict[str, Any] = {name: VENDORS[name](clock) for name in vendors or ("gigapay",)}
    inbox = Inbox(clock)
    await inbox.start()
    for vendor in running.values():
        await vendor.start()
    _prepare(running, history, autopilot)
    settings = make_place(folder, running, inbox, guards=guards, sole=sole, poll=poll)
    if call_time_out is not None:
        timing = settings.timing.model_copy(update={"call_time_out": call_time_out})
        settings = settings.model_copy(update={"timing": timing})
    if budget is not None:
        parts = [
            replace(one, part=one.part.model_copy(update={"budget": budget})) for one in settings.connections
        ]
        settings = settings.model_copy(update={"connections": tuple(parts)})
    if database is not None:
        settings = settings.model_copy(update={"database": await database.fresh(folder)})
        if settings.database.startswith("postgresql"):  # which has no file to keep the head beside
            settings = settings.model_copy(update={"audit_head": folder / "bot.db.head"})
    db = await open_database(settings.database)
    session = open_session()
    log = KeptLog()
    try:
        made = Stand(folder, clock, running, inbox, wire(settings, clock, db, session, log), log)
        await made.reload()
        await look.start_polling(made.bot)
        await made.settle()
        yield made
    finally:
        await session.close()
        await db.close()
        for vendor in running.values():
            await vendor.stop()
        await inbox.stop()


def _prepare(running: Mapping[str, Any], history: bool, autopilot: bool) -> None:
    for name, vendor in running.items():
        if name == "roubler":
            vendor.allow_refresh_token("test-refresh")
        if name == "staffology":
            vendor.seed_history(date(2026, 5, 1), ACME, "Acme Ltd", pay_day=20, enableAutoPilot=autopilot)
        elif name == "xero":
            vendor.seed_history(date(2026, 8, 10), "Fortnightly")
        elif name == "gigapay" and history:
            vendor.seed_history(date(2026, 10, 2))
        elif name == "roubler" and history:
            vendor.seed_history(date(2026, 8, 10))


async def _at_once(_: float) -> None:
    await asyncio.sleep(0)


def wire(
    settings: Settings,
    clock: Clock,
    db: Database,
    session: Any,
    log: Callable[[Any, str, MutableMapping[str, Any]], str],
    *,
    sleep: Sleep = _at_once,
) -> Bot:
    """As `app` does it, without the web and without anything that ticks."""
    logger = structlog.wrap_logger(
        None,
        processors=[structlog.contextvars.merge_contextvars, log],
        wrapper_class=structlog.make_filtering_bound_logger(0),
    )
    calls = Calls(db, clock, budgets(settings))
    client = VendorClient(
        session,
        timeout_s=settings.timing.call_time_out.total_seconds(),
        clock=clock,
        sleep=sleep,
        log=logger,
        gate=calls,
    )
    keys = MultiFernet([Fernet(key.get_secret_value()) for key in settings.keys.tokens])
    accounts = {}
    for one in settings.connections:
        connector = connectors()[one.vendor]
        # The settings' part is typed by the connector that made it.
        connection = connector.open(one.part, client, SealedTokens(db, one.id, keys, clock))
        accounts[one.id] = Account(one.id, connector, connection, one.calendar, one.poll, one.guards)
    assert general_actions(), "rules need send_mail and alert"
    return Bot(
        settings=settings,
        clock=clock,
        db=db,
        accounts=accounts,
        actions=vendor_actions(),
        renderer=Renderer(settings.templates, shipped("templates")),
        mailer=Mailer(settings.mail),
        calls=calls,
        log=logger,
    )
