"""A whole bot over a real database, with one vendor that tests write by hand.

The vendor's words are Gigapay's own; its account is a plain object that holds the pay
runs and counts what is sent to it. The approval of the stand is asked by the engine, by
the shipped rule, exactly as in life.
"""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import structlog
from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer
from pydantic import BaseModel
from structlog.testing import LogCapture

from bot.actions import general_actions
from bot.app import reload_of
from bot.connectors import Access, Gone, Hook, HookRefused, Listing, connectors, kinds, vendor_actions
from bot.core.action import Done, Outcome
from bot.core.money import Money
from bot.core.resource import MISSING, Known, Line, Snapshot, Value
from bot.core.workdays import WorkCalendar
from bot.engine import perform, versions
from bot.engine.access import issue_token
from bot.engine.adopt import adopt_when_synced
from bot.engine.bot import Account, Bot, Running
from bot.engine.calls import Calls
from bot.engine.plan import decide_about
from bot.mail.render import Renderer
from bot.mail.smtp import Mailer
from bot.rulebook import ConnectionSetup, Rulebook, Setup, load, vocabulary
from bot.settings import Settings
from bot.settings.models import ConfiguredConnection
from bot.store import approvals, health, resources
from bot.store.approvals import Approval
from bot.store.database import Database, open_database
from bot.web.server import make_web_app
from bot.web.wire import HEADER_WITHIN_S, make_runner

ROOT = Path(__file__).resolve().parents[2]
FRIDAY = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
"""Fri 20 Nov 2026 15:05 in Stockholm, five minutes after the cut-off."""
KEY = "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo="
SECRET = "canary-hook-secret"
OPERATOR, APPROVER, PROPOSER, VIEWER = "payroll-1", "finance-1", "finance-2", "audit-1"
LOOPBACK = "http://127.0.0.1:8080"
RUN = "2859272"
"""The pay run that waits for an approval."""
ODD_RUN = "week 47/B & ö"
"""One whose id must be escaped in every address."""


@dataclass
class StillClock:
    at: datetime = FRIDAY

    def now(self) -> datetime:
        return self.at

    def wall(self) -> datetime:
        return self.at


@dataclass
class HandMade:
    """An account at a vendor: what it says is what was put there."""

    id: str
    runs: dict[str, Snapshot] = field(default_factory=dict)
    acted: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    async def list(self, now: datetime) -> Listing:
        return Listing(())

    async def read(self, kind: str, vendor_id: str, now: datetime, *, lines: bool) -> Snapshot:
        if vendor_id not in self.runs:
            raise Gone(vendor_id)
        return replace(self.runs[vendor_id], observed_at=now)

    async def act(self, action: str, request: Mapping[str, str], idempotency_key: str) -> Outcome:
        self.acted.append((action, dict(request)))
        return Done()

    async def check_access(self) -> tuple[Access, ...]:
        return (Access("reading", True),)

    async def register_hooks(self, public_url: str) -> tuple[str, ...]:
        return ()

    async def unregister_hooks(self, public_url: str) -> tuple[str, ...]:
        return ()

    def check_hook(self, event: str, token: str | None, headers: Mapping[str, str], body: bytes) -> Hook:
        if SECRET not in (token, headers.get("X-Secret")):
            raise HookRefused("the signature is wrong")
        return Hook(signature="right", kept=body)


def sek(amount: str) -> Money:
    return Money(Decimal(amount), "SEK")


def run(vendor_id: str, connection: str = "gigapay-se", **changes: Value) -> Snapshot:
    """An open Gigapay payrun of two payees, over the limit above which a person is asked."""
    opened = FRIDAY - timedelta(days=4)
    lines = tuple(
        Line(f"p{number}", payee, amount, amount, opened, "available")
        for number, (payee, amount) in enumerate((("1078", sek("12000.25")), ("1080", sek("9000.00"))))
    )
    kind = kinds()["gigapay.payrun"]
    values: dict[str, Value] = dict.fromkeys(kind.fields, MISSING)
    values |= {
        "status": Known("open"),
        "opened at": Known(opened),
        "cost": Known(sek("27000.00")),
        "net pay": Known(sek("21000.25")),
        "payouts": Known(2),
        "payees": Known(2),
        "last payout": Known(opened),
        "currency": Known("SEK"),
        **changes,
    }
    return Snapshot(
        kind=kind.name,
        connection=connection,
        vendor_id=vendor_id,
        values=values,
        observed_at=FRIDAY,
        lines=lines,
        identities=(f"created:{vendor_id}",),
        vendor_status="open",
        is_open=True,
        call={"payrun": vendor_id, "open": "yes"},
    )


def settings(folder: Path, public_url: str) -> Settings:
    people = [
        {"id": OPERATOR, "mail": "payroll-1@example.com", "roles": ["operator"]},
        {"id": APPROVER, "mail": "finance-1@example.com", "roles": ["approver"]},
        {"id": PROPOSER, "mail": "finance-2@example.com", "roles": ["approver"]},
        {"id": VIEWER, "mail": "audit-1@example.com", "roles": ["viewer"]},
    ]
    return Settings.model_validate(
        {
            "timezone": "Europe/Stockholm",
            "http": {"public_url": public_url},
            "keys": {"tokens": [KEY], "sessions": [KEY], "audit": [KEY]},
            "mail": {"smtp": "smtp+plain://127.0.0.1:25", "from": "bot@example.com"},
            "people": people,
            "groups": {"ops": ["ops@example.com"], "payroll": [OPERATOR], "finance": [APPROVER, PROPOSER]},
            "database": f"sqlite+aiosqlite:///{folder}/bot.db",
            "guards": {"per_action": {"SEK": sek("250000")}, "per_day": {"SEK": sek("1000000")}},
        }
    )


@dataclass
class Stand:
    """The bot, its web application on loopback, and what it logged."""

    bot: Bot
    clock: StillClock
    vendor: HandMade
    server: TestServer
    log: LogCapture
    tokens: Mapping[str, str]
    reloads: list[None]

    def client(self) -> ClientSession:
        """A browser that nobody has signed in with."""
        # The server is on loopback by number, for which a jar keeps no cookie unless told to.
        return ClientSession(self.server.make_url("/"), cookie_jar=CookieJar(unsafe=True))

    @asynccontextmanager
    async def signed_in(self, person: str) -> "AsyncIterator[Browser]":
        async with self.client() as client:
            browser = Browser(client)
            reply = await browser.submit("/sign-in", "/sign-in", token=self.tokens[person])
            assert reply.status == 303, await reply.text()
            yield browser

    def bearer(self, person: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[person]}"}

    async def asked(self) -> Approval:
        """The one approval of the stand as it is now."""
        async with self.bot.db.read() as tx:
            found = await approvals.listed(tx)
        assert len(found) == 1
        return found[0]

    async def stored(self, table: Any) -> list[Any]:
        async with self.bot.db.read() as tx:
            return list(await tx.execute(table.select()))

    async def work(self) -> None:
        """Perform whatever is due."""
        while await perform.perform_once(self.bot):
            pass


@dataclass
class Browser:
    """Reads pages, finds their forms and posts them, as a browser would."""

    client: ClientSession

    async def get(self, path: str, **more: Any) -> Any:
        return await self.client.get(path, allow_redirects=False, **more)

    async def page(self, path: str) -> str:
        reply = await self.get(path)
        text: str = await reply.text()
        assert reply.status == 200, (reply.status, text)
        return text

    async def token(self, page: str, action: str) -> str:
        """The one-time token of a page's form."""
        return token_in(await self.page(page), action)

    async def post(self, action: str, headers: Mapping[str, str] | None = None, **fields: Any) -> Any:
        return await self.client.post(action, data=fields, headers=headers, allow_redirects=False)

    async def submit(self, page: str, action: str, **fields: Any) -> Any:
        return await self.post(action, csrf=await self.token(page, action), **fields)


def token_in(page: str, action: str) -> str:
    found = re.search(
        rf'<form[^>]*action="{re.escape(action)}"[^>]*>\s*<input type="hidden" name="csrf" value="([^"]+)"',
        page,
    )
    assert found is not None, f"no form that posts to {action}"
    return found[1]


def offers(page: str, action: str) -> bool:
    return f'action="{action}"' in page


async def make_bot(
    folder: Path, clock: StillClock, log: LogCapture, vendor: HandMade, public_url: str
) -> tuple[Bot, Database]:
    made = settings(folder, public_url)
    db = await open_database(made.database)
    logger: Any = structlog.wrap_logger(None, processors=[structlog.contextvars.merge_contextvars, log])
    poll, guards = timedelta(minutes=5), made.guards.as_guards()
    accounts = {
        "gigapay-se": Account("gigapay-se", connectors()["gigapay"], vendor, "se", poll, guards),
        "xero-uk": Account("xero-uk", connectors()["xero"], HandMade("xero-uk"), "uk-bacs", poll, guards),
    }
    bot = Bot(
        settings=made,
        clock=clock,
        db=db,
        accounts=accounts,
        actions=vendor_actions(),
        renderer=Renderer(ROOT / "templates", ROOT / "templates"),
        mailer=Mailer(made.mail),
        calls=Calls(db, clock, {}),
        log=logger,
        polled=set(accounts),
    )
    return bot, db


def rulebook(setup: Setup) -> Rulebook:
    """The shipped Gigapay rule and the calendars, without the rules of the other vendors."""
    with TemporaryDirectory() as folder:
        rules = Path(folder) / "rules"
        rules.mkdir()
        for name in ("gigapay.yaml", "calendars.yaml"):
            (rules / name).write_text((ROOT / "rules" / name).read_text("utf-8"), "utf-8")
        words = vocabulary(kinds(), vendor_actions(), general_actions())
        book = load(rules, vocabulary=words, setup=setup)
    assert book.problems == (), book.report()
    return book


async def put_rules_in_force(bot: Bot) -> None:
    """The shipped Gigapay rule, proposed by one approver and signed by the other."""
    setup = Setup(
        groups=bot.settings.groups,
        templates=bot.renderer.names(),
        connections={
            one.id: ConnectionSetup(one.connector.vendor, one.calendar, None, one.guards)
            for one in bot.accounts.values()
        },
    )
    book = rulebook(setup)

    async def reload() -> None:
        await versions.put_in_force(bot, book, setup)

    await reload()
    people = {one.id: one for one in bot.settings.people}
    await versions.propose(bot, people[PROPOSER])
    await versions.sign_off(bot, people[APPROVER], "gigapay-weekly-close", reload)


async def see(bot: Bot, vendor: HandMade, *runs: Snapshot) -> None:
    """The bot has read these runs, the first of them after the connection's first whole read."""
    async with bot.db.write() as tx:
        for account in bot.accounts:
            await health.set_health(tx, account, listed_at=bot.now())
            await adopt_when_synced(bot, tx, account)
    for one in runs:
        vendor.runs[one.vendor_id] = one
        async with bot.db.write() as tx:
            saved = await resources.save(tx, one, now=bot.now(), correlation="look-1")
            await decide_about(bot, tx, saved.resource.id, correlation="look-1")


@dataclass(frozen=True)
class Prepared:
    """The story up to the waiting approval, told once and then copied for each test."""

    database: bytes
    rules: Mapping[str, Running]
    calendars: Mapping[str, WorkCalendar]
    runs: Mapping[str, Snapshot]
    tokens: Mapping[str, str]


_prepared: list[Prepared] = []


async def prepared() -> Prepared:
    if not _prepared:
        with TemporaryDirectory() as folder:
            _prepared.append(await _prepare(Path(folder)))
    return _prepared[0]


async def _prepare(folder: Path) -> Prepared:
    clock, vendor = StillClock(FRIDAY - timedelta(minutes=10)), HandMade("gigapay-se")
    bot, db = await make_bot(folder, clock, LogCapture(), vendor, LOOPBACK)
    await put_rules_in_force(bot)
    await see(bot, vendor)
    clock.at = FRIDAY
    await see(bot, vendor, run(RUN), run(ODD_RUN, payouts=Known(0)))
    while await perform.perform_once(bot):
        pass
    tokens = {}
    for person in bot.settings.people:
        async with db.write() as tx:
            tokens[person.id], _ = await issue_token(tx, bot.settings, person, issued_by="test", now=FRIDAY)
    await db.close()  # which moves what is in the journal into the file
    return Prepared((folder / "bot.db").read_bytes(), bot.rules, bot.calendars, vendor.runs, tokens)


class NoPart(BaseModel):
    """A connection of which its connector wants to know nothing."""


def _with_files(bot: Bot, folder: Path) -> Settings:
    folder.mkdir()
    for name in ("gigapay.yaml", "calendars.yaml"):
        (folder / name).write_bytes((ROOT / "rules" / name).read_bytes())
    connections = tuple(
        ConfiguredConnection(one.id, one.connector.vendor, one.calendar, one.poll, one.guards, NoPart())
        for one in bot.accounts.values()
    )
    return bot.settings.model_copy(update={"rules": folder, "connections": connections})


class Served(TestServer):
    """The application as it is run in life, on a free port of loopback."""

    def __init__(self, app: web.Application, header_within_s: float) -> None:
        super().__init__(app)
        self._header_within_s = header_within_s

    async def _make_runner(self, **options: Any) -> web.AppRunner:
        return make_runner(self.app, header_within_s=self._header_within_s)


@asynccontextmanager
async def stand(
    folder: Path,
    *,
    public_url: str = LOOPBACK,
    body_within_s: float = 5,
    header_within_s: float = HEADER_WITHIN_S,
    reads_files: bool = False,
) -> AsyncIterator[Stand]:
    """A bot with one pay run that waits for an approval, and one that the rule leaves alone.

    With `reads_files` its rule stands in a folder of its own, which it reads as in life.
    """
    story = await prepared()
    (folder / "bot.db").write_bytes(story.database)
    clock, log, vendor = StillClock(), LogCapture(), HandMade("gigapay-se", dict(story.runs))
    bot, db = await make_bot(folder, clock, log, vendor, public_url)
    bot.rules, bot.calendars = story.rules, story.calendars
    reloads: list[None] = []

    async def reload() -> None:
        reloads.append(None)
        if reads_files:
            await read_again()

    if reads_files:
        bot.settings = _with_files(bot, folder / "rules")
        read_again = reload_of(bot)
        await reload()
        reloads.clear()
    server = Served(make_web_app(bot, reload, body_within_s=body_within_s), header_within_s)
    await server.start_server()
    try:
        yield Stand(bot, clock, vendor, server, log, story.tokens, reloads)
    finally:
        await server.close()
        await db.close()
