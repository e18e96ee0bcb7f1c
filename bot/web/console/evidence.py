"""The evidence about one pay run, as a page of its own that is printed or kept, and as a table."""

import re

from aiohttp import web

from bot.core.words import say
from bot.web.console.payrun import resource_of
from bot.web.desk import language_of
from bot.web.evidence.collect import evidence_of
from bot.web.evidence.printed import POLICY, printed
from bot.web.evidence.table import tabled
from bot.web.parts import PERSON, Answer, bot_of, not_there
from bot.web.spreadsheet import download

FORMATS = ("", "html", "csv")


async def one(request: web.Request) -> web.Response:
    bot, wanted = bot_of(request), request.query.get("format", "")
    if wanted not in FORMATS:
        raise Answer(400, say("There is no such format"), (say("It is html, or csv."),))
    async with bot.db.read() as tx:
        found = await evidence_of(bot, tx, await resource_of(tx, request), made_for=request[PERSON].id)
    if found is None:
        raise not_there(say("There is no such pay run, or it has not been read yet."))
    if wanted == "csv":
        return download(f"evidence-{re.sub(r'[^A-Za-z0-9.-]+', '-', found.ref)}.csv", tabled(found))
    page = printed(found, language_of(request))
    return web.Response(text=page, content_type="text/html", headers={"Content-Security-Policy": POLICY})
