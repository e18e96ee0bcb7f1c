"""The audit, newest first, and whether its chain is whole."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from bot.engine.bot import Bot
from bot.engine.case import page_of, title_of
from bot.engine.seal import audit_keys
from bot.store import audit, resources
from bot.store.database import Tx
from bot.web import reads
from bot.web.desk import frame_of, shown
from bot.web.forms import forms_for
from bot.web.parts import Answer, bot_of
from bot.web.shapes import AuditRow, Status
from bot.web.views import Audit
from bot.web.wording import audit_says

A_PAGE = 100
MOST_VERIFIED = 20_000
"""Above this many lines the page does not verify them all each time it is opened."""
_SAYS = ("rule", "connection", "scope", "person", "why", "until", "amount")
"""What of a line's particulars is for people; the rest is for `payrunbot audit verify`."""


async def lines(request: web.Request) -> web.Response:
    bot, forms = bot_of(request), await forms_for(request)
    before = _number(request.query.get("before"))
    async with bot.db.read() as tx:
        found = await reads.audit_before(tx, before, at_most=A_PAGE + 1)
        rows = [await _row(bot, tx, line) for line in found[:A_PAGE]]
        chain, note = await _chain(bot, tx)
        newer = await reads.audit_after(tx, before - 1, at_most=A_PAGE + 1) if before is not None else ()
        frame = await frame_of(request, tx, forms)
    view = Audit(
        frame=frame,
        rows=tuple(rows),
        chain=chain,
        chain_note=note,
        older_url=f"/audit?before={found[A_PAGE - 1].seq}" if len(found) > A_PAGE else "",
        newer_url=_newer(newer),
    )
    return shown(request, view)


def _newer(after: Sequence[int]) -> str:
    if not after:
        return ""
    return f"/audit?before={after[A_PAGE]}" if len(after) > A_PAGE else "/audit"


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 15:
        raise Answer(
            400, "No such page of the audit", ("It is named by a number.",), "To the audit", "/audit"
        )
    return int(text)


async def _chain(bot: Bot, tx: Tx) -> tuple[Status, str]:
    count = await reads.count_sealed(tx)
    if count > MOST_VERIFIED:
        return (
            Status("not verified here", "wait", "calm"),
            f"{count} lines are more than a page verifies: run payrunbot audit verify.",
        )
    wrong = await audit.verify(tx, audit_keys(bot))
    if wrong is not None:
        return Status("the chain is broken", "fail", "bad"), f"{wrong[:1].upper()}{wrong[1:]}."
    return Status("the chain is whole", "done"), f"{count} lines are sealed, each over the one before it."


async def _row(bot: Bot, tx: Tx, line: reads.Line) -> AuditRow:
    about, url = "", ""
    found = await resources.get(tx, line.resource) if line.resource else None
    account = bot.accounts.get(found.snapshot.connection) if found else None
    if found is not None and account is not None:
        about = title_of(account.kind(found.snapshot.kind), found.snapshot)
        url = page_of(found.snapshot)
    elif "rule" in line.more:
        about, url = str(line.more["rule"]), f"/rules/{line.more['rule']}"
    return AuditRow(line.seq, line.at, line.actor, _what(line.what, line.more), about, url)


def _what(what: str, more: Mapping[str, Any]) -> str:
    said = [f"{name} {more[name]}" for name in _SAYS if more.get(name) not in (None, "")]
    return f"{audit_says(what)} ({', '.join(said)})" if said else audit_says(what)
