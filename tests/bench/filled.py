"""Databases with many pay runs that are over, beside the one of the web tests that still waits.

Every copy has what a pay run leaves behind: readings, answers, an action, a question with its
answer, mails, webhooks, and ten lines of the record.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, CookieJar, web
from sqlalchemy import Table, select, text
from structlog.testing import LogCapture

from bot.engine.bot import Bot
from bot.store import audit_check
from bot.store.audit import BOT, Last
from bot.store.codec import canonical
from bot.store.database import Database, Tx
from bot.store.tables import (
    approval,
    approval_answer,
    audit,
    decision,
    decision_change,
    effect,
    inbox,
    mail,
    resource,
    resource_identity,
    snapshot,
)
from bot.web.server import make_web_app
from tests.web.stand import (
    APPROVER,
    FRIDAY,
    LOOPBACK,
    RUN,
    Browser,
    HandMade,
    Served,
    StillClock,
    make_bot,
    prepared,
)

LINES_EACH = 10
A_DAY = 8
"""So many runs were over on one day: of what lately was, there is about as much everywhere."""
AT_ONCE = 10_000
FILLED: Sequence[Table] = (
    resource,
    resource_identity,
    snapshot,
    decision,
    decision_change,
    effect,
    approval,
    approval_answer,
    mail,
    inbox,
    audit,
)
WHATS = ("asked", "approved", "is about to act", "called the vendor", "confirmed")
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Pattern:
    """The rows of the run that waits, of which the others are copies."""

    resource: Row
    decision: Row
    effect: Row
    approval: Row
    mail: Row

    @classmethod
    async def of(cls, tx: Tx) -> "Pattern":
        id = f"gigapay.payrun:gigapay-se/{RUN}"
        queries = (
            select(resource).where(resource.c.id == id),
            select(decision).where(decision.c.resource == id),
            select(effect).where(effect.c.resource == id, effect.c.is_vendor.is_(True)),
            select(approval),
            select(mail).where(mail.c.resource == id),
        )
        return cls(*[dict((await tx.execute(one)).first()._mapping) for one in queries])  # type: ignore[union-attr]


def vendor_id_of(number: int) -> str:
    return f"1{number:07}"


def rows_of(pattern: Pattern, count: int) -> dict[Table, Iterator[Row]]:
    """What is inserted into each table, made as it is asked for."""
    closed = str(pattern.resource["snapshot_json"]).replace('"is":["text","open"]', '"is":["text","closed"]')

    def each(make: Callable[[int, str, str, Any], Sequence[Row]]) -> Iterator[Row]:
        for number in range(count):
            vendor_id = vendor_id_of(number)
            at = FRIDAY - timedelta(days=7 + number // A_DAY, minutes=number % A_DAY)
            yield from make(number, vendor_id, f"gigapay.payrun:gigapay-se/{vendor_id}", at)

    def resources(number: int, vendor_id: str, id: str, at: Any) -> list[Row]:
        return [
            {
                **pattern.resource,
                "id": id,
                "key": vendor_id,
                "vendor_id": vendor_id,
                "snapshot_json": closed.replace(RUN, vendor_id),
                "is_open": False,
                "is_live": False,
                "status": "closed",
                "ends_on": at.date().isoformat(),
                "pay_on": (at + timedelta(days=6)).date().isoformat(),
                "observed_at": at,
                "first_seen_at": at,
            }
        ]

    def identities(number: int, vendor_id: str, id: str, at: Any) -> list[Row]:
        named = {"connection": "gigapay-se", "kind": "gigapay.payrun", "resource": id}
        return [{**named, "identity": f"invoice:{vendor_id}"}]

    def snapshots(number: int, vendor_id: str, id: str, at: Any) -> list[Row]:
        said = closed.replace(RUN, vendor_id)
        return [{"resource": id, "at": at, "snapshot_json": said, "correlation": f"look-{number}"}]

    def decisions(number: int, vendor_id: str, id: str, at: Any) -> list[Row]:
        return [{**pattern.decision, "resource": id, "answer": "no", "verdict": "nothing", "next_at": None}]

    def changes(number: int, vendor_id: str, id: str, at: Any) -> list[Row]:
        kept = {name: pattern.decision[name] for name in ("rule", "rule_hash", "tree_json")}
        return [
            {
                **kept,
                "resource": id,
                "answer": answer,
                "verdict": "ask",
                "at": at,
                "correlation": f"look-{number}",
            }
            for answer in ("yes", "no")
        ]

    def effects(number: int, vendor_id: str, id: str, at: Any) -> list[Row]:
        times = dict.fromkeys(("planned_at", "changed_at", "intent_at", "sent_at", "not_before"), at)
        key = f"{pattern.effect['action']}:{id}"
        own = {"key": key, "chain": f"{key}#1", "resource": id, "state": "verified", "done_by": BOT}
        told = {"key": f"tell:{id}", "chain": f"tell:{id}#1", "action": "tell", "is_vendor": False}
        done = {**pattern.effect, **times, **own}
        return [done, {**done, **told}]

    def approvals(number: int, vendor_id: str, id: str, at: Any) -> list[Row]:
        return [
            {
                **pattern.approval,
                "id": f"{number:012}",
                "effect_key": f"{pattern.effect['action']}:{id}",
                "shown_json": str(pattern.approval["shown_json"]).replace(RUN, vendor_id),
                "asked_at": at,
                "expires_at": at,
                "state": "approved",
                "closed_at": at,
            }
        ]

    def answers(number: int, vendor_id: str, id: str, at: Any) -> list[Row]:
        said = {"answer": "approve", "comment": "", "checks_json": "[]", "channel": "page"}
        return [{"approval": f"{number:012}", "person": APPROVER, "at": at, **said}]

    def mails(number: int, vendor_id: str, id: str, at: Any) -> list[Row]:
        return [
            {
                **pattern.mail,
                "message_id": f"<{number:012}@bot>",
                "cause": f"cause {number:012}",
                "recipient": f"finance-{1 + number % 2}@example.com",
                "subject": str(pattern.mail["subject"]).replace(RUN, vendor_id),
                "raw": b"Subject: x\r\n\r\n" + b"y" * 500,
                "resource": id,
                "state": "accepted",
                "created_at": at,
                "settled_at": at,
            }
        ]

    def webhooks(number: int, vendor_id: str, id: str, at: Any) -> list[Row]:
        return [
            {
                "connection": "gigapay-se",
                "event": "Payrun.created",
                "dedupe_key": f"{number:012}",
                "received_at": at,
                "delivered_at": at,
                "deliveries": 1,
                "headers_redacted": "{}",
                "raw": None,
                "sha256": f"{number:064}",
                "signature": "right",
                "about_json": canonical([["gigapay.payrun", vendor_id]]),
                "state": "sorted",
                "correlation": f"look-{number}",
            }
        ]

    first = 1_000

    def lines(number: int, vendor_id: str, id: str, at: Any) -> list[Row]:
        found = []
        for line in range(LINES_EACH):
            seq, what = first + number * LINES_EACH + line, WHATS[line % len(WHATS)]
            rule = "gigapay-weekly-close" if line % 2 else None
            found.append(
                {
                    "seq": seq,
                    "at": at,
                    "actor": APPROVER if what == "approved" else BOT,
                    "what_json": canonical({"what": what, **({"rule": rule} if rule else {})}),
                    "resource": id,
                    "prev": f"{seq:064}",
                    "hash": f"{seq + 1:064}",
                    "key_id": "0" * 12,
                    "what": what,
                    "rule": rule,
                }
            )
        return found

    makers = (
        resources,
        identities,
        snapshots,
        decisions,
        changes,
        effects,
        approvals,
        answers,
        mails,
        webhooks,
        lines,
    )
    return {table: each(make) for table, make in zip(FILLED, makers, strict=True)}


async def fill(db: Database, count: int) -> None:
    """Put in so many pay runs that are over. Indexes are made once all of it is there.

    It is committed in parts, each of which moves from the journal into the file before the next: in one
    transaction the journal of a million would be as large as all there is.
    """
    async with db.read() as tx:
        pattern = await Pattern.of(tx)
    indexes = [index for table in FILLED for index in table.indexes]
    async with db.write() as tx:
        for index in indexes:
            await tx.run_sync(index.drop)
    for table, rows in rows_of(pattern, count).items():
        while several := list(islice(rows, AT_ONCE)):
            async with db.write() as tx:
                await tx.execute(table.insert(), several)
    for index in indexes:
        async with db.write() as tx:
            await tx.execute(text("PRAGMA cache_size=-262144"))
            await tx.run_sync(index.create)
    async with db.write() as tx:
        last = 1_000 + count * LINES_EACH - 1
        await audit_check.begin(tx, by=BOT, now=FRIDAY, after=Last(last, f"{last + 1:064}", ""))
        known = await audit_check.known(tx)
        assert known is not None
        await audit_check.came_to(tx, known, known.last, ended_at=FRIDAY)


@dataclass
class Site:
    """A service over one of these databases, and somebody who is signed in there."""

    bot: Bot
    browser: Browser
    token: str


def _copy(folder: Path, database: bytes) -> None:
    folder.mkdir(parents=True)
    (folder / "bot.db").write_bytes(database)


@asynccontextmanager
async def site(
    folder: Path, count: int, dress: Callable[[web.Application], None] = lambda _: None
) -> AsyncIterator[Site]:
    story = await prepared()
    await asyncio.to_thread(_copy, folder, story.database)
    vendor = HandMade("gigapay-se", dict(story.runs))
    _, db = await make_bot(folder, StillClock(), LogCapture(), vendor, LOOPBACK)
    await fill(db, count)
    await db.close()  # which moves what is in the journal into the file, as it is in life
    bot, db = await make_bot(folder, StillClock(), LogCapture(), vendor, LOOPBACK)
    bot.rules, bot.calendars = story.rules, story.calendars

    async def reload() -> None: ...

    app: web.Application = make_web_app(bot, reload)
    dress(app)
    server = Served(app, 5)
    await server.start_server()
    try:
        async with ClientSession(server.make_url("/"), cookie_jar=CookieJar(unsafe=True)) as client:
            browser = Browser(client)
            reply = await browser.submit("/sign-in", "/sign-in", token=story.tokens[APPROVER])
            assert reply.status == 303
            yield Site(bot, browser, story.tokens[APPROVER])
    finally:
        await server.close()
        await db.close()
