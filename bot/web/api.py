"""The JSON API: what the console does, for programs and for the command line.

Every deed answers `{"said": …}` with the sentence that a page would show. Who may do it
is settled by the same functions as for pages.
"""

from datetime import datetime
from typing import Any

from aiohttp import web

from bot.core.explain import tree_from_json
from bot.engine import approve as deeds
from bot.engine import mutes
from bot.engine.access import issue_token
from bot.engine.ask import asked_from_json
from bot.engine.bot import Bot
from bot.engine.case import Case, load_case
from bot.engine.payruns import payruns_json
from bot.engine.read_back import changes_of, rule_of, sentence_of
from bot.engine.replay import replay_everything, replay_failed, replay_one
from bot.engine.versions import propose, sign_off
from bot.store import approvals, decisions, parked, resources, rules
from bot.store.approvals import Approval, ApprovalState
from bot.store.database import Tx
from bot.web.api_shapes import (
    Decision,
    Empty,
    Hold,
    Mute,
    NewToken,
    Pause,
    Replay,
    Resume,
    Settlement,
    SignOff,
    Unmute,
    body_of,
)
from bot.web.console.payrun import resource_of
from bot.web.deeds import refusals_as_answers
from bot.web.desk import is_for
from bot.web.parts import PERSON, RELOAD, Answer, bot_of
from bot.web.shapes import WhyLine
from bot.web.standing import Standing, guards_of, standings, who_signs
from bot.web.wording import question, why_lines

CHANNEL = "api"


def _said(text: str, **more: Any) -> web.Response:
    return web.json_response({"said": text, **more})


async def payruns(request: web.Request) -> web.Response:
    bot, connection = bot_of(request), request.query.get("connection")
    if connection is not None and connection not in bot.accounts:
        known = ", ".join(bot.accounts)
        raise Answer(404, "There is no such connection", (f"The connections are {known}.",))
    async with bot.db.read() as tx:
        return web.json_response(await payruns_json(bot, tx, connection))


async def why(request: web.Request) -> web.Response:
    """Each rule's latest answer about one pay run, line by line; `needs_you` where it waits for somebody."""
    bot = bot_of(request)
    async with bot.db.read() as tx:
        resource = await resource_of(tx, request)
        kept = await decisions.of_resource(tx, resource)
        apart = await parked.get(tx, resource)
        case = await load_case(bot, tx, resource)
    rows = [
        {
            "rule": one.rule,
            "title": bot.rules[one.rule].rule.title if one.rule in bot.rules else "",
            "answer": one.answer,
            "verdict": one.verdict,
            "decided_at": one.at.isoformat(),
            "since": one.since.isoformat(),
            "until": _instant(tree_from_json(one.tree).until),
            "lines": [_line(line) for line in why_lines(one.tree)],
        }
        for one in kept
    ]
    needs_you = {"needs_you": apart.why} if apart else {}
    about = _about(case) if case else {}
    return web.json_response({**about, "timezone": bot.settings.timezone.key, "rules": rows, **needs_you})


def _about(case: Case) -> dict[str, Any]:
    return {
        "ref": case.snapshot.ref,
        "title": case.title,
        "status": case.text("status"),
        "observed_at": case.snapshot.observed_at.isoformat(),
    }


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def _line(line: WhyLine) -> dict[str, Any]:
    said: dict[str, Any] = {
        "answer": line.answer,
        "says": line.says,
        "saw": line.saw,
        "until": _instant(line.until),
    }
    if line.under:
        said["under"] = [_line(one) for one in line.under]
    return said


async def approvals_listed(request: web.Request) -> web.Response:
    """What waits for an answer; with `?state=` of another state."""
    bot, person = bot_of(request), request[PERSON]
    wanted = request.query.get("state", ApprovalState.OPEN)
    if wanted not in list(ApprovalState):
        known = ", ".join(ApprovalState)
        raise Answer(422, "There is no such state", (f"The states are {known}.",))
    async with bot.db.read() as tx:
        rows = []
        for one in await approvals.listed(tx, ApprovalState(wanted)):
            found = await resources.get(tx, one.shown["resource"])
            ref = found.ref if found else str(one.shown["resource"]).partition(":")[2]
            rows.append({**_asked(one, ref), "is_yours": is_for(bot, person, one)})
    return web.json_response({"approvals": rows})


def _asked(one: Approval, ref: str) -> dict[str, Any]:
    was = asked_from_json(one.shown["asked"])
    amount = was.amount
    return {
        "id": one.id,
        "question": question(was),
        "connection": was.connection,
        "ref": ref,
        "rule": was.rule,
        "amount": {"amount": f"{amount.amount:f}", "currency": amount.currency} if amount else None,
        "asked_at": one.asked_at.isoformat(),
        "decide_by": one.expires_at.isoformat(),
        "state": one.state.value,
        "why": one.why,
        "people_needed": one.people_needed,
        "approved_by": list(one.approved_by),
        "checks": [
            {"check": found.check, "title": found.title, "detail": found.detail} for found in was.to_tick
        ],
        "asks_for": {"at": was.asks_for, "help": was.asks_help} if was.asks_for else None,
        "given_at": one.given_at.isoformat() if one.given_at else None,
    }


async def decide(request: web.Request) -> web.Response:
    body = await body_of(request, Decision)
    bot, person, approval = bot_of(request), request[PERSON], request.match_info["approval"]
    with refusals_as_answers():
        if body.answer == "reject":
            if not body.comment:
                raise Answer(422, "Nothing was decided: a no needs its reason", ("Send it as comment.",))
            said = await deeds.reject(bot, person, approval, channel=CHANNEL, reason=body.comment)
            return _said(said)
        checks = await _all_checks(bot, approval) if body.checks == "all" else tuple(body.checks)
        try:
            said = await deeds.approve(
                bot, person, approval, channel=CHANNEL, comment=body.comment, checks=checks, at=body.at
            )
        except deeds.MissingChecks as missing:
            raise Answer(
                422, "Not approved: checks are missing", (f"Look at {', '.join(missing.checks)}.",)
            ) from None
    return _said(said)


async def _all_checks(bot: Bot, approval: str) -> tuple[str, ...]:
    async with bot.db.read() as tx:
        asked, _ = await deeds.find(tx, approval)
    return deeds.checks_of(asked)


async def hold(request: web.Request) -> web.Response:
    body = await body_of(request, Hold)
    with refusals_as_answers():
        said = await deeds.hold(
            bot_of(request), request[PERSON], await _resource(request), reason=body.reason, until=body.until
        )
    return _said(said)


async def release(request: web.Request) -> web.Response:
    await body_of(request, Empty)
    with refusals_as_answers():
        said = await deeds.release(bot_of(request), request[PERSON], await _resource(request))
    return _said(said)


async def settle(request: web.Request) -> web.Response:
    body = await body_of(request, Settlement)
    with refusals_as_answers():
        said = await deeds.settle(
            bot_of(request), request[PERSON], await _resource(request), what=body.what, comment=body.comment
        )
    return _said(said)


async def _resource(request: web.Request) -> str:
    async with bot_of(request).db.read() as tx:
        return await resource_of(tx, request)


async def pause(request: web.Request) -> web.Response:
    body = await body_of(request, Pause)
    with refusals_as_answers():
        said = await deeds.pause(
            bot_of(request), request[PERSON], body.scope, reason=body.reason, until=body.until
        )
    return _said(said)


async def resume(request: web.Request) -> web.Response:
    body = await body_of(request, Resume)
    with refusals_as_answers():
        said = await deeds.resume(bot_of(request), request[PERSON], body.scope)
    return _said(said)


async def mute(request: web.Request) -> web.Response:
    body = await body_of(request, Mute)
    bot, person = bot_of(request), request[PERSON]
    with refusals_as_answers():
        said = await mutes.mute(bot, person, body.about, why=body.why, until=body.until, lasts=body.lasts)
    return _said(said)


async def unmute(request: web.Request) -> web.Response:
    body = await body_of(request, Unmute)
    with refusals_as_answers():
        said = await mutes.unmute(bot_of(request), request[PERSON], body.about)
    return _said(said)


async def replay(request: web.Request) -> web.Response:
    """Make stored webhooks news again: one, those that failed, or all of them."""
    body = await body_of(request, Replay)
    bot, person = bot_of(request), request[PERSON]
    with refusals_as_answers():
        if body.event is not None:
            done = await replay_one(bot, person, body.event)
        elif body.failed_since is not None:
            done = await replay_failed(bot, person, body.failed_since)
        else:
            done = await replay_everything(bot, person, body.connection)
    return _said(done.said, replayed=done.count, unreadable=done.unreadable)


async def rules_listed(request: web.Request) -> web.Response:
    """Each rule as it runs, and the version of it that waits for a signature.

    The sentence and the guards are those of what waits, where something does.
    """
    bot = bot_of(request)
    async with bot.db.read() as tx:
        rows = [await _rule(bot, tx, one) for one in await standings(bot, tx)]
    return web.json_response({"rules": rows, "problems": list(bot.problems)})


async def _rule(bot: Bot, tx: Tx, one: Standing) -> dict[str, Any]:
    running = one.running
    runs = await rules.version(tx, running.rule.hash) if running else None
    version = one.waiting or runs
    assert version is not None, "what runs or waits has a version"
    rule = running.rule if running and running.rule.hash == version.hash else rule_of(version)
    return {
        "id": one.state.rule,
        "mode": running.mode.value if running else "off",
        "version": running.version if running else None,
        "is_signed": bool(running and running.is_signed),
        "why": running.why if running else "",
        "sentence": sentence_of(bot, rule),
        "changes": list(changes_of(bot, running, runs, one.waiting)) if one.waiting else [],
        "wider": running.wider if running else "",
        "guards": list(guards_of(bot, rule)),
        "who": who_signs(bot, one.waiting) if one.waiting else "",
        "waiting": {
            "version": one.waiting.number,
            "mode": one.waiting.mode,
            "proposed_by": one.waiting.proposed_by,
            "signed_by": list(one.waiting.signed_by),
        }
        if one.waiting
        else None,
    }


async def propose_rules(request: web.Request) -> web.Response:
    """Be the author of every version in the files that has none."""
    await body_of(request, Empty)
    with refusals_as_answers():
        await request.app[RELOAD]()
        proposed = await propose(bot_of(request), request[PERSON])
    said = f"You proposed {', '.join(proposed)}." if proposed else "Nothing waits for an author."
    return _said(said, rules=list(proposed))


async def sign_off_rule(request: web.Request) -> web.Response:
    body = await body_of(request, SignOff)
    with refusals_as_answers():
        said = await sign_off(
            bot_of(request),
            request[PERSON],
            request.match_info["rule"],
            request.app[RELOAD],
            number=body.version,
        )
    return _said(said)


async def new_token(request: web.Request) -> web.Response:
    """A further token for oneself, shown in this answer only."""
    bot, person = bot_of(request), request[PERSON]
    asked = await body_of(request, NewToken)
    if asked.person not in (None, person.id):
        raise Answer(403, "Nothing was issued: a token is issued to oneself", (f"You are {person.id}.",))
    async with bot.db.write() as tx:
        token, ends_at = await issue_token(tx, bot.settings, person, issued_by=person.id, now=bot.now())
    bot.wake()
    return _said("Keep it: it is not shown again.", token=token, expires_at=ends_at.isoformat())
