"""Rules: what waits for a signature, and what each may do, answers and did lately."""

from datetime import timedelta

from aiohttp import web

from bot.core import words
from bot.core.words import joined, say
from bot.engine.bot import Bot, Running
from bot.engine.read_back import changes_of, sentence_of
from bot.store import rules
from bot.store.database import Tx
from bot.store.rules import Version
from bot.web import rule_reads
from bot.web.desk import frame_of, shown
from bot.web.forms import forms_for
from bot.web.parts import bot_of
from bot.web.rule_views import Rules
from bot.web.shapes import Proposal, RuleRow
from bot.web.standing import Standing, standings, until_then, who_signs

LATELY = timedelta(days=30)
_SAYS = {"yes": say("yes"), "no": say("no"), "unknown": say("unknown")}


async def all_of_them(request: web.Request) -> web.Response:
    bot, forms = bot_of(request), await forms_for(request)
    async with bot.db.read() as tx:
        found = await standings(bot, tx)
        view = Rules(
            frame=await frame_of(request, tx, forms),
            proposals=tuple([await _proposal(bot, tx, one) for one in found if one.waiting is not None]),
            rules=tuple([await _row(bot, tx, one, one.running) for one in found if one.running is not None]),
            problems=bot.problems,
        )
    return shown(request, view)


async def _proposal(bot: Bot, tx: Tx, one: Standing) -> Proposal:
    version, running = one.waiting, one.running
    assert version is not None, "it is of one that waits"
    runs = await rules.version(tx, running.rule.hash) if running else None
    return Proposal(
        id=version.rule,
        version=str(version.number),
        url=f"/rules/{version.rule}",
        proposed=proposed_says(bot, version),
        detail=who_signs(bot, version),
        changes=changes_of(bot, running, runs, version),
        reach=(running.wider if running else "") or until_then(one),
    )


def proposed_says(bot: Bot, version: Version) -> str:
    """`proposed by payroll-1, Fri 20 Nov 14:02`"""
    if version.proposed_by is None:
        return say("changed in the file, {when}", when=words.moment(version.seen_at, bot.settings.timezone))
    at = words.moment(version.proposed_at or version.seen_at, bot.settings.timezone)
    return say("proposed by {person}, {when}", person=version.proposed_by, when=at)


def sent_back_says(bot: Bot, version: Version) -> str:
    """`finance-1 sent it back, Fri 20 Nov 15:03: too high`; empty where nobody has."""
    if version.sent_back_by is None or version.sent_back_at is None:
        return ""
    at = words.moment(version.sent_back_at, bot.settings.timezone)
    return say(
        "{person} sent it back, {when}: {why}",
        person=version.sent_back_by,
        when=at,
        why=version.sent_back_why,
    )


async def _row(bot: Bot, tx: Tx, one: Standing, running: Running) -> RuleRow:
    id = running.rule.id
    given = await rule_reads.answers(tx, id)
    did = await rule_reads.did(tx, id, bot.now() - LATELY)
    return RuleRow(
        id=id,
        url=f"/rules/{id}",
        sentence=sentence_of(running.rule),
        mode=running.mode,
        version=str(running.version),
        signed=say("signed off") if running.is_signed else say("not signed: it only watches"),
        answers=answers_say({name: count for name, count in given.items() if name != "unknown"}),
        did=joined([joined((count, what), " ") for what, count in did.words()]),
        unknown=given.get("unknown", 0),
        note=running.why if one.waiting else "",
    )


def answers_say(given: dict[str, int]) -> str:
    """`1 yes, over 1 000 no`"""
    return joined(
        [joined((rule_reads.said(given[name]), says), " ") for name, says in _SAYS.items() if name in given]
    )
