"""/login/<connection>: from here to the vendor, and back again with a code."""

from aiohttp import web

from bot.engine import login as logins
from bot.web import replies
from bot.web.api_shapes import CameBack
from bot.web.deeds import refusals_as_answers
from bot.web.desk import done
from bot.web.parts import PERSON, bot_of

CONNECTIONS = "/connections"


async def page(request: web.Request) -> web.Response:
    """Without a query: off to the vendor. With one: the vendor sent somebody back."""
    bot, person, connection = bot_of(request), request[PERSON], request.match_info["connection"]
    with refusals_as_answers(CONNECTIONS):
        if not request.query_string:
            return web.Response(status=303, headers={"Location": logins.begin(bot, person, connection)})
        said = await logins.finish(bot, person, connection, str(request.rel_url))
    return done(request, CONNECTIONS, said)


async def log_in(request: web.Request, body: CameBack) -> replies.Login:
    """Where to log in; or, with the address that one came back to, the end of it."""
    bot, person, connection = bot_of(request), request[PERSON], request.match_info["connection"]
    with refusals_as_answers():
        if body.came_back is None:
            return replies.Login(url=logins.begin(bot, person, connection))
        said = await logins.finish(bot, person, connection, body.came_back)
    return replies.Login(said=said)
