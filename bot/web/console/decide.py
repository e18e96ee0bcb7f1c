"""What people decide on pages: approve, reject, hold, settle, pause, sign off.

Each spends its form first and then asks the engine, which settles who may. Every way
out is a redirect with one sentence, or a page that says what was not done.
"""

from aiohttp import web

from bot.core.words import say, told_by
from bot.engine import approve as deeds
from bot.engine.versions import sign_off
from bot.store.brakes import EVERYTHING
from bot.web.console.approvals import question_page
from bot.web.console.connections import ALL
from bot.web.console.payrun import path_of, resource_of
from bot.web.deeds import refusals_as_answers
from bot.web.desk import done
from bot.web.forms import first, instant_of, posted, text_of
from bot.web.parts import PERSON, RELOAD, Answer, bot_of

PAGE = "page"
SETTLED = ("happened", "again", "never")


def _approval(request: web.Request) -> tuple[str, str]:
    approval = request.match_info["approval"]
    return approval, f"/approvals/{approval}"


async def approve(request: web.Request) -> web.Response:
    fields = await posted(request)
    approval, here = _approval(request)
    checks, given = tuple(fields.get("check", ())), first(fields, "at")
    with refusals_as_answers(here):
        try:
            said = await deeds.approve(
                bot_of(request),
                request[PERSON],
                approval,
                channel=PAGE,
                checks=checks,
                at=instant_of(request, given) if given else None,
                typed=first(fields, "typed"),
            )
        except deeds.MissingChecks as missing:
            return await question_page(request, missing=missing.checks, ticked=checks, status=422)
        except deeds.NotTyped as wrong:
            return await question_page(request, wrong=told_by(wrong), ticked=checks, status=422)
    return done(request, here, said)


async def reject(request: web.Request) -> web.Response:
    fields = await posted(request)
    approval, here = _approval(request)
    reason = text_of(fields, "reason", say("the reason"))
    with refusals_as_answers(here):
        said = await deeds.reject(bot_of(request), request[PERSON], approval, channel=PAGE, reason=reason)
    return done(request, here, said)


async def hold_from_approval(request: web.Request) -> web.Response:
    """Hold the pay run that is asked about: this one is done by hand."""
    fields = await posted(request)
    approval, here = _approval(request)
    reason, until = text_of(fields, "reason", say("the reason")), instant_of(request, first(fields, "until"))
    bot = bot_of(request)
    with refusals_as_answers(here):
        async with bot.db.read() as tx:
            _, effect = await deeds.find(tx, approval)
        said = await deeds.hold(bot, request[PERSON], effect.resource, reason=reason, until=until)
    return done(request, here, said)


async def hold(request: web.Request) -> web.Response:
    fields = await posted(request)
    here = path_of(request)
    reason, until = text_of(fields, "reason", say("the reason")), instant_of(request, first(fields, "until"))
    resource = await _resource(request)
    with refusals_as_answers(here):
        said = await deeds.hold(bot_of(request), request[PERSON], resource, reason=reason, until=until)
    return done(request, here, said)


async def release(request: web.Request) -> web.Response:
    await posted(request)
    here, resource = path_of(request), await _resource(request)
    with refusals_as_answers(here):
        said = await deeds.release(bot_of(request), request[PERSON], resource)
    return done(request, here, said)


async def settle(request: web.Request) -> web.Response:
    fields = await posted(request)
    here, resource = path_of(request), await _resource(request)
    what, comment = first(fields, "answer"), text_of(fields, "comment", say("the comment"))
    if what not in SETTLED:
        raise Answer(422, say("Nothing was settled: say what happened"), (say("happened, again or never"),))
    with refusals_as_answers(here):
        said = await deeds.settle(bot_of(request), request[PERSON], resource, what=what, comment=comment)
    return done(request, here, said)


async def _resource(request: web.Request) -> str:
    async with bot_of(request).db.read() as tx:
        return await resource_of(tx, request)


def _scope(request: web.Request) -> str:
    named = request.match_info["connection"]
    return EVERYTHING if named == ALL else named


async def pause(request: web.Request) -> web.Response:
    fields = await posted(request)
    reason = text_of(fields, "reason", say("the reason"))
    with refusals_as_answers("/connections"):
        said = await deeds.pause(bot_of(request), request[PERSON], _scope(request), reason=reason)
    return done(request, "/connections", said)


async def resume(request: web.Request) -> web.Response:
    await posted(request)
    with refusals_as_answers("/connections"):
        said = await deeds.resume(bot_of(request), request[PERSON], _scope(request))
    return done(request, "/connections", said)


async def sign(request: web.Request) -> web.Response:
    fields = await posted(request)
    rule, number = request.match_info["rule"], int(request.match_info["number"])
    if first(fields, "seen") != "yes":
        raise Answer(
            422,
            say("Not signed: tick that you have read it"),
            (say("A signature is for what the rule says."),),
            say("Read it again"),
            f"/rules/{rule}",
        )
    with refusals_as_answers(f"/rules/{rule}"):
        said = await sign_off(bot_of(request), request[PERSON], rule, request.app[RELOAD], number=number)
    return done(request, f"/rules/{rule}", said)
