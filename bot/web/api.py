"""The JSON API: what the console does, for programs and for the command line.

Every deed answers with the sentence that a page would show. Who may do it is settled by the
engine, as for pages. How an operation is declared, stands in `operation`.
"""

from typing import Any

from aiohttp import web

from bot.core.explain import tree_from_json
from bot.engine import approve as deeds
from bot.engine import may, mutes, tokens
from bot.engine.ask import asked_from_json
from bot.engine.bot import Bot
from bot.engine.case import load_case
from bot.engine.read_back import changes_of, rule_of, sentence_of
from bot.engine.replay import replay_everything, replay_failed, replay_one
from bot.engine.typed import limit_for_typing
from bot.engine.versions import propose, sign_off
from bot.settings import Person
from bot.store import approvals, decisions, parked, resources, rules
from bot.store.database import Tx
from bot.web import replies
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
)
from bot.web.console.payrun import resource_of
from bot.web.deeds import refusals_as_answers
from bot.web.desk import is_for
from bot.web.parts import PERSON, RELOAD, Answer, bot_of
from bot.web.replies import Said, amount_of
from bot.web.shapes import WhyLine
from bot.web.standing import Standing, guards_of, standings, who_signs
from bot.web.wording import question, why_lines

CHANNEL = "api"


async def why(request: web.Request, _: Empty) -> replies.Why:
    bot = bot_of(request)
    async with bot.db.read() as tx:
        resource = await resource_of(tx, request)
        kept = await decisions.of_resource(tx, resource)
        apart = await parked.get(tx, resource)
        case = await load_case(bot, tx, resource)
    rows = [
        replies.RuleAnswer(
            rule=one.rule,
            title=bot.rules[one.rule].rule.title if one.rule in bot.rules else "",
            answer=_ANSWERS[one.answer],
            verdict=one.verdict,
            decided_at=one.at,
            since=one.since,
            until=tree_from_json(one.tree).until,
            lines=[_line(line) for line in why_lines(one.tree)],
        )
        for one in kept
    ]
    about: dict[str, Any] = {"needs_you": apart.why} if apart else {}
    if case is not None:
        about |= {
            "ref": case.snapshot.ref,
            "title": case.title,
            "status": case.text("status"),
            "observed_at": case.snapshot.observed_at,
        }
    return replies.Why(timezone=bot.settings.timezone.key, rules=rows, **about)


def _line(line: WhyLine) -> replies.Line:
    under: dict[str, Any] = {"under": [_line(one) for one in line.under]} if line.under else {}
    answer = _ANSWERS[line.answer]
    return replies.Line(answer=answer, says=line.says, saw=line.saw, until=line.until, **under)


_ANSWERS: dict[str, replies.Answer] = {"yes": "yes", "no": "no", "unknown": "unknown"}


async def asked_of(bot: Bot, tx: Tx, person: Person, one: approvals.Approval) -> replies.Approval:
    """A question as a list shows it."""
    found = await resources.get(tx, one.shown["resource"])
    was = asked_from_json(one.shown["asked"])
    return replies.Approval(
        id=one.id,
        question=question(was),
        connection=was.connection,
        ref=found.ref if found else str(one.shown["resource"]).partition(":")[2],
        rule=was.rule,
        amount=amount_of(was.amount),
        asked_at=one.asked_at,
        decide_by=one.expires_at,
        state=one.state,
        why=one.why,
        people_needed=one.people_needed,
        approved_by=list(one.approved_by),
        checks=[
            replies.Check(check=found.check, title=found.title, detail=found.detail) for found in was.to_tick
        ],
        asks_for=replies.AsksFor(at=was.asks_for, help=was.asks_help) if was.asks_for else None,
        given_at=one.given_at,
        type_amount=limit_for_typing(bot.settings, one.shown) is not None,
        is_yours=is_for(bot, person, one),
    )


async def decide(request: web.Request, body: Decision) -> Said:
    bot, person, approval = bot_of(request), request[PERSON], request.match_info["approval"]
    with refusals_as_answers():
        if body.answer == "reject":
            said = await deeds.reject(bot, person, approval, channel=CHANNEL, reason=body.comment)
            return Said(said=said)
        checks = await _all_checks(bot, approval) if body.checks == "all" else tuple(body.checks)
        try:
            said = await deeds.approve(
                bot,
                person,
                approval,
                channel=CHANNEL,
                comment=body.comment,
                checks=checks,
                at=body.at,
                typed=body.typed,
            )
        except deeds.MissingChecks as missing:
            raise Answer(
                422, "Not approved: checks are missing", (f"Look at {', '.join(missing.checks)}.",)
            ) from None
    return Said(said=said)


async def _all_checks(bot: Bot, approval: str) -> tuple[str, ...]:
    async with bot.db.read() as tx:
        asked, _ = await deeds.find(tx, approval)
    return deeds.checks_of(asked)


async def hold(request: web.Request, body: Hold) -> Said:
    with refusals_as_answers():
        said = await deeds.hold(
            bot_of(request), request[PERSON], await _resource(request), reason=body.reason, until=body.until
        )
    return Said(said=said)


async def release(request: web.Request, _: Empty) -> Said:
    with refusals_as_answers():
        said = await deeds.release(bot_of(request), request[PERSON], await _resource(request))
    return Said(said=said)


async def settle(request: web.Request, body: Settlement) -> Said:
    with refusals_as_answers():
        said = await deeds.settle(
            bot_of(request), request[PERSON], await _resource(request), what=body.what, comment=body.comment
        )
    return Said(said=said)


async def _resource(request: web.Request) -> str:
    async with bot_of(request).db.read() as tx:
        return await resource_of(tx, request)


async def pause(request: web.Request, body: Pause) -> Said:
    with refusals_as_answers():
        said = await deeds.pause(
            bot_of(request), request[PERSON], body.scope, reason=body.reason, until=body.until
        )
    return Said(said=said)


async def resume(request: web.Request, body: Resume) -> Said:
    with refusals_as_answers():
        said = await deeds.resume(bot_of(request), request[PERSON], body.scope)
    return Said(said=said)


async def mute(request: web.Request, body: Mute) -> Said:
    bot, person = bot_of(request), request[PERSON]
    with refusals_as_answers():
        said = await mutes.mute(bot, person, body.about, why=body.why, until=body.until, lasts=body.lasts)
    return Said(said=said)


async def unmute(request: web.Request, body: Unmute) -> Said:
    with refusals_as_answers():
        said = await mutes.unmute(bot_of(request), request[PERSON], body.about)
    return Said(said=said)


async def replay(request: web.Request, body: Replay) -> replies.Replayed:
    bot, person = bot_of(request), request[PERSON]
    with refusals_as_answers():
        if body.event is not None:
            done = await replay_one(bot, person, body.event)
        elif body.failed_since is not None:
            done = await replay_failed(bot, person, body.failed_since)
        else:
            done = await replay_everything(bot, person, body.connection)
    return replies.Replayed(said=done.said, replayed=done.count, unreadable=done.unreadable)


async def rules_listed(request: web.Request, _: Empty) -> replies.Rules:
    bot = bot_of(request)
    async with bot.db.read() as tx:
        rows = [await rule_as_it_stands(bot, tx, one) for one in await standings(bot, tx)]
    return replies.Rules(rules=rows, problems=list(bot.problems))


async def rule_as_it_stands(bot: Bot, tx: Tx, one: Standing) -> replies.Rule:
    """A rule as it runs, and the version of it that waits for a signature."""
    running = one.running
    runs = await rules.version(tx, running.rule.hash) if running else None
    version = one.waiting or runs
    assert version is not None, "what runs or waits has a version"
    rule = running.rule if running and running.rule.hash == version.hash else rule_of(version)
    waiting = one.waiting
    return replies.Rule(
        id=one.state.rule,
        mode=running.mode.value if running else "off",
        version=running.version if running else None,
        is_signed=bool(running and running.is_signed),
        why=running.why if running else "",
        sentence=sentence_of(rule).in_(bot.settings.language),
        changes=[one.in_(bot.settings.language) for one in changes_of(bot, running, runs, waiting)]
        if waiting
        else [],
        wider=running.wider if running else "",
        wrong=list(bot.wrong.get(one.state.rule, ())) if waiting else [],
        guards=list(guards_of(bot, rule)),
        who=who_signs(bot, waiting) if waiting else "",
        waiting=replies.Waiting(
            version=waiting.number,
            mode=waiting.mode,
            proposed_by=waiting.proposed_by,
            signed_by=list(waiting.signed_by),
        )
        if waiting
        else None,
    )


async def propose_rules(request: web.Request, _: Empty) -> replies.Proposed:
    with refusals_as_answers():
        await request.app[RELOAD]()
        proposed = await propose(bot_of(request), request[PERSON])
    said = f"You proposed {', '.join(proposed)}." if proposed else "Nothing waits for an author."
    return replies.Proposed(said=said, rules=list(proposed))


async def sign_off_rule(request: web.Request, body: SignOff) -> Said:
    with refusals_as_answers():
        said = await sign_off(
            bot_of(request),
            request[PERSON],
            request.match_info["rule"],
            request.app[RELOAD],
            number=body.version,
        )
    return Said(said=said)


async def new_token(request: web.Request, asked: NewToken) -> replies.Issued:
    """A further token for oneself, shown in this answer only."""
    bot, person = bot_of(request), request[PERSON]
    with refusals_as_answers():
        may.check(bot.settings, person, may.Deed.ISSUE, may.About(person=asked.person))
        token, ends_at = await tokens.issue(bot, person)
    return replies.Issued(said="Keep it: it is not shown again.", token=token, expires_at=ends_at)
