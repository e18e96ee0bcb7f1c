"""The audit, newest first: what is looked for, and how far it was last found whole."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aiohttp import web

from bot.core import words
from bot.core.words import joined, say, upper
from bot.engine.bot import Bot
from bot.engine.case import page_of, title_of
from bot.engine.may import Deed, may_do
from bot.engine.seal import audit_keys, head_file
from bot.engine.settings_seen import TOOK_UP
from bot.engine.verify import verify_all
from bot.store import audit, audit_check, head, record, resources
from bot.store.audit import START, Last
from bot.store.audit_check import Check
from bot.store.database import Tx
from bot.store.head import HeadProblem
from bot.store.record import Line
from bot.store.resources import Resource
from bot.web.cursor import NAME, links, place_in
from bot.web.deeds import refusals_as_answers
from bot.web.desk import done, frame_of, shown
from bot.web.forms import forms_for, posted
from bot.web.parts import PERSON, bot_of
from bot.web.shapes import AuditRow, Pager, Status
from bot.web.sought import A_PAGE, AUDIT_FIELDS, audit_sought, fields_of
from bot.web.views import Audit
from bot.web.wording import audit_says

VERIFIED_HERE = 500
"""Lines since the last verifying that the page verifies itself. It says how many more there are."""
HERE = "/audit"
VERIFY = f"{HERE}/verify"
_SAYS = ("rule", "connection", "scope", "person", "why", "until", "amount")
"""What of a line's particulars is for people; the rest is for `payrunbot audit verify`."""
NOTHING = "–"
"""Where a setting was not there, or is not."""


async def lines(request: web.Request) -> web.Response:
    bot, person = bot_of(request), request[PERSON]
    given, place = (
        fields_of(request.query, AUDIT_FIELDS),
        place_in(request.query.get(NAME, ""), datetime, int),
    )
    may_verify = may_do(bot.settings, person, Deed.VERIFY)
    forms = await forms_for(request, *([VERIFY] if may_verify else []))
    async with bot.db.read() as tx:
        sought = await audit_sought(bot, tx, given)
        found, listed = await record.page(tx, sought, place, at_most=A_PAGE)
        about = await resources.several(
            tx, (*(sought.resources or ()), *(one.resource or "" for one in found))
        )
        chain, note = await chain_of(bot, tx)
        kinds = await record.kinds(tx)
        frame = await frame_of(request, tx, forms)
    older, newer = links(HERE, given, listed)
    view = Audit(
        frame=frame,
        rows=tuple(_row(bot, one, about.get(one.resource or "")) for one in found),
        evidence=tuple(
            (named[0], f"{named[1]}/evidence")
            for one in sought.resources or ()
            if (named := _named(bot, about.get(one))) and named[1].startswith("/payruns/")
        ),
        chain=chain,
        chain_note=note,
        head=await _head(bot),
        verify=forms.get(VERIFY),
        people=(*(one.id for one in bot.settings.people), audit.BOT),
        kinds=tuple(audit_says(one) for one in kinds),
        rules=tuple(bot.rules),
        asked=given,
        pager=Pager(older=older, newer=newer),
    )
    return shown(request, view)


async def verify(request: web.Request) -> web.Response:
    """Have all of it verified, in the background."""
    await posted(request)
    with refusals_as_answers(HERE):
        said = await verify_all(bot_of(request), request[PERSON])
    return done(request, HERE, said)


async def chain_of(bot: Bot, tx: Tx) -> tuple[Status, str]:
    """How the record stands, as of the last verifying and of the lines since then."""
    known, last = await audit_check.known(tx), await audit.last_sealed(tx)
    if known is not None and known.wrong:
        return _broken(known.wrong)
    if known is not None and known.ended_at is None and (known.begun == 0 or last is None):
        begun = {"person": known.by, "when": _moment(bot, known.began_at), "line": known.last.seq}
        said = say("Begun by {person} {when}: it has come to line {line}.", **begun)
        if last is not None:
            said = say(
                "Begun by {person} {when}: it has come to line {line} of {last}.", **begun, last=last.seq
            )
        return Status(say("being verified"), "wait", "calm"), said
    return await _as_of(bot, tx, known, last)


def _broken(why: str) -> tuple[Status, str]:
    return Status(say("the chain is broken"), "fail", "bad"), say("{text}.", text=upper(why))


async def _as_of(bot: Bot, tx: Tx, known: Check | None, last: Last | None) -> tuple[Status, str]:
    if last is None:
        note = say("Lines are sealed within a second or so.")
        return Status(say("nothing is sealed yet"), "open", "calm"), note
    before = known.last if known is not None else START
    rows = await audit.sealed_after(tx, before.seq, at_most=VERIFIED_HERE)
    reached, wrong = audit.verify_lines(rows, dict(audit_keys(bot)), before)
    if wrong is not None:
        return _broken(wrong)
    verified = []
    if known is not None and known.ended_at is not None and before.seq:
        at = _moment(bot, known.ended_at)
        verified = [
            say("Lines 1 to {line} were verified {when}, what came since just now.", line=before.seq, when=at)
        ]
    if reached.seq < last.seq:
        unverified = say(
            "Lines {first} to {last} are sealed and were not verified yet.",
            first=reached.seq + 1,
            last=last.seq,
        )
        status = Status(say("the chain is whole to line {line}", line=reached.seq), "wait", "calm")
        return status, joined((unverified, *verified), " ")
    whole = say("To line {line}, each is sealed over the one before it.", line=last.seq)
    return Status(say("the chain is whole"), "done"), joined((whole, *verified), " ")


async def _head(bot: Bot) -> str:
    path = head_file(bot)
    if path is None:
        return say(
            "The settings name no file for the end of the record, so that lines cut off there would not show."
        )
    try:
        found = await asyncio.to_thread(head.newest, path, dict(audit_keys(bot)))
    except HeadProblem as problem:
        return say(
            "The end of the record is kept outside of the database, and cannot be read: {problem}.",
            problem=str(problem),
        )
    return say(
        "Kept outside of the database: line {line}, sealed as {seal}, {when}.",
        line=found.seq,
        seal=found.hash,
        when=_moment(bot, found.at),
    )


def _moment(bot: Bot, at: datetime) -> str:
    return words.moment(at, bot.settings.timezone)


def _row(bot: Bot, line: Line, found: Resource | None) -> AuditRow:
    about, url = _named(bot, found) or ("", "")
    if not about and "rule" in line.more:
        about, url = str(line.more["rule"]), f"/rules/{line.more['rule']}"
    return AuditRow(line.seq, line.at, line.actor, said_of(line), about, url)


def _named(bot: Bot, found: Resource | None) -> tuple[str, str] | None:
    """How a resource is called, and its page; None where its connection is no longer known."""
    account = bot.accounts.get(found.snapshot.connection) if found is not None else None
    if found is None or account is None:
        return None
    return title_of(account.kind(found.snapshot.kind), found.snapshot), page_of(found.snapshot)


def said_of(line: Line) -> str:
    """What a line says, as a screen says it."""
    more: Mapping[str, Any] = line.more
    said = [f"{name} {more[name]}" for name in _SAYS if more.get(name) not in (None, "")]
    if line.what == TOOK_UP:
        said += [f"{name} {was or NOTHING} → {is_now or NOTHING}" for name, was, is_now in more["changed"]]
    return f"{audit_says(line.what)} ({', '.join(said)})" if said else audit_says(line.what)
