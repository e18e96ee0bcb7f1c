"""What people do about a rule on its page: send a version back, propose it, mute what it tells."""

from aiohttp import web

from bot.core.words import say
from bot.engine import mutes, versions
from bot.engine.bot import Bot
from bot.engine.send_back import send_back as send_version_back
from bot.web.deeds import refusals_as_answers
from bot.web.desk import done
from bot.web.forms import first, instant_of, posted, text_of
from bot.web.parts import PERSON, bot_of


async def send_back(request: web.Request) -> web.Response:
    fields = await posted(request)
    rule, number = request.match_info["rule"], int(request.match_info["number"])
    why, here = text_of(fields, "reason", say("what should change")), f"/rules/{rule}"
    with refusals_as_answers(here):
        said = await send_version_back(bot_of(request), request[PERSON], rule, number=number, why=why)
    return done(request, here, said)


async def propose_again(request: web.Request) -> web.Response:
    """The file's version of one rule, as it is: one that nobody proposed, or that was sent back."""
    await posted(request)
    bot, rule = bot_of(request), request.match_info["rule"]
    here = f"/rules/{rule}"
    with refusals_as_answers(here):
        said = await _propose(bot, request, rule)
    return done(request, here, said)


async def _propose(bot: Bot, request: web.Request, rule: str) -> str:
    proposed = await versions.propose(bot, request[PERSON], only=rule)
    return say("You proposed {rule}.", rule=rule) if proposed else say("Nothing of it waits for an author.")


async def mute(request: web.Request) -> web.Response:
    fields = await posted(request)
    rule, why = request.match_info["rule"], text_of(fields, "reason", say("the reason"))
    here, until = f"/rules/{rule}", instant_of(request, first(fields, "until"))
    with refusals_as_answers(here):
        said = await mutes.mute(bot_of(request), request[PERSON], f"rule:{rule}", why=why, until=until)
    return done(request, here, said)


async def unmute(request: web.Request) -> web.Response:
    await posted(request)
    rule = request.match_info["rule"]
    here = f"/rules/{rule}"
    with refusals_as_answers(here):
        said = await mutes.unmute(bot_of(request), request[PERSON], f"rule:{rule}")
    return done(request, here, said)
