"""Rules: what each may do, what waits for a signature, what a version says and changes."""

from difflib import ndiff
from typing import Literal

from aiohttp import web

from bot.core import words
from bot.core.rule import Mode
from bot.engine.bot import Bot, Running
from bot.engine.case import page_of, title_of
from bot.engine.read_back import changes_of, rule_of, sentence_of
from bot.settings import Person
from bot.store import decisions, resources, rules
from bot.store.database import Tx
from bot.store.rules import Version
from bot.web import reads
from bot.web.desk import frame_of, shown
from bot.web.forms import forms_for
from bot.web.parts import PERSON, bot_of, not_there
from bot.web.shapes import Answer, Proposal, RuleRow, Status
from bot.web.standing import Standing, guards_of, standings, who_signs
from bot.web.views import RulePage, Rules
from bot.web.wording import why_lines

ANSWERS_SHOWN = 50
_MARKS: dict[str, Literal[" ", "-", "+"]] = {" ": " ", "-": "-", "+": "+"}
_ANSWERS: tuple[Answer, ...] = ("unknown", "yes", "no")


async def all_of_them(request: web.Request) -> web.Response:
    bot, forms = bot_of(request), await forms_for(request)
    async with bot.db.read() as tx:
        found = await standings(bot, tx)
        answers = await reads.answers_by_rule(tx)
        frame = await frame_of(request, tx, forms)
    view = Rules(
        frame=frame,
        proposals=tuple(_proposal(bot, one.waiting) for one in found if one.waiting is not None),
        rules=tuple(_row(bot, one, one.running, answers) for one in found if one.running is not None),
        problems=bot.problems,
    )
    return shown(request, view)


def _proposal(bot: Bot, version: Version) -> Proposal:
    by = f"proposed by {version.proposed_by}" if version.proposed_by else "changed in the file"
    return Proposal(
        id=version.rule,
        version=str(version.number),
        url=f"/rules/{version.rule}",
        proposed=f"{by}, {words.moment(version.seen_at, bot.settings.timezone)}",
        detail=who_signs(bot, version),
    )


def _row(bot: Bot, one: Standing, running: Running, answers: dict[str, dict[str, int]]) -> RuleRow:
    given = answers.get(running.rule.id, {})
    return RuleRow(
        id=running.rule.id,
        url=f"/rules/{running.rule.id}",
        sentence=sentence_of(bot, running.rule),
        mode=running.mode,
        version=str(running.version),
        signed="signed off" if running.is_signed else "not signed: it only watches",
        answers=", ".join(f"{given[name]} {name}" for name in ("yes", "no") if name in given),
        unknown=given.get("unknown", 0),
        note=one.running.why if one.running and one.waiting else "",
    )


async def one(request: web.Request) -> web.Response:
    bot, person = bot_of(request), request[PERSON]
    rule_id = request.match_info["rule"]
    async with bot.db.read() as tx:
        standing = next((one for one in await standings(bot, tx) if one.state.rule == rule_id), None)
    if standing is None:
        raise not_there("There is no such rule in the files.")
    # The version is part of the address, so that a signature is under what was read.
    number = standing.waiting.number if standing.waiting else 0
    here = f"/rules/{rule_id}/{number}/sign-off"
    forms = await forms_for(request, here)
    async with bot.db.read() as tx:
        running = standing.running
        runs = await rules.version(tx, running.rule.hash) if running else None
        version = standing.waiting or runs
        assert version is not None, "what runs or waits has a version"
        rule = running.rule if running and running.rule.hash == version.hash else rule_of(version)
        may_not = _may_not(bot, person, standing)
        view = RulePage(
            frame=await frame_of(request, tx, forms),
            id=rule_id,
            version=str(version.number),
            title=(rule.title if rule else rule_id).rstrip("."),
            sentence=sentence_of(bot, rule),
            mode=Mode(version.mode) if standing.waiting or running is None else running.mode,
            text=version.text,
            file=version.file,
            status=Status("waits for sign-off", "need", "need")
            if standing.waiting
            else Status("runs", "done"),
            proposed=_proposal(bot, version).proposed if standing.waiting else "",
            until_then=_until_then(standing),
            signed=tuple(f"{name} signed version {version.number}" for name in version.signed_by),
            guards=guards_of(bot, rule),
            changed=_changed(runs, standing.waiting),
            changes=changes_of(bot, running, runs, standing.waiting) if standing.waiting else (),
            wider=running.wider if running else "",
            answers=await _answers(bot, tx, rule_id),
            sign_off=forms[here] if standing.waiting and not may_not else None,
            who=who_signs(bot, standing.waiting) if standing.waiting else "",
            may_not=may_not,
        )
    return shown(request, view)


def _until_then(standing: Standing) -> str:
    running = standing.running
    if standing.waiting is None or running is None:
        return ""
    if running.rule.hash == standing.waiting.hash:
        narrower = "It runs already, being only narrower than what was signed."
        return narrower if running.is_signed else "Until then it only watches."
    return f"Version {running.version} keeps running until you decide."


def _may_not(bot: Bot, person: Person, standing: Standing) -> str:
    """Why this person does not sign; empty where they may, or where nothing waits."""
    version = standing.waiting
    if version is None:
        return ""
    if not person.is_approver:
        return "An approver signs rules off."
    if person.id == version.proposed_by and not bot.settings.sole:
        return "You proposed it, so somebody else signs."
    if person.id in version.signed_by:
        return "You have signed it; it needs one more person."
    return ""


def _changed(runs: Version | None, waiting: Version | None) -> tuple[tuple[Literal[" ", "-", "+"], str], ...]:
    if runs is None or waiting is None or runs.hash == waiting.hash:
        return ()
    lines = ndiff(runs.text.splitlines(), waiting.text.splitlines())
    return tuple((_MARKS[line[0]], line[2:]) for line in lines if line[0] in _MARKS)


async def _answers(bot: Bot, tx: Tx, rule_id: str) -> tuple[tuple[str, str, Answer, str], ...]:
    """(pay run, its url, answer, since when or why), what is unknown first."""
    rows: list[tuple[str, str, Answer, str]] = []
    for answer in _ANSWERS:
        for kept in await decisions.answering(tx, rule_id, answer):
            found = await resources.get(tx, kept.resource)
            account = bot.accounts.get(found.snapshot.connection) if found else None
            if found is None or account is None or len(rows) == ANSWERS_SHOWN:
                continue
            deciding = [line for line in why_lines(kept.tree) if line.answer == kept.answer]
            since = words.moment(kept.since, bot.settings.timezone)
            note = since if answer == "yes" else "; ".join(_said(line.says, line.saw) for line in deciding)
            title = title_of(account.kind(found.snapshot.kind), found.snapshot)
            rows.append((title, page_of(found.snapshot), answer, note))
    return tuple(rows)


def _said(says: str, saw: str) -> str:
    return f"{says} ({saw})" if saw else says
