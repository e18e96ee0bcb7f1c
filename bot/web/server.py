"""Every address that this service answers, in one place."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.engine.bot import Bot
from bot.web import health, hooks
from bot.web.middleware import add_headers, errors, trace
from bot.web.parts import BODY_WITHIN, BOT, RELOAD

BODY_WITHIN_S = 5.0


def make_web_app(
    bot: Bot, reload: Callable[[], Awaitable[None]], *, body_within_s: float = BODY_WITHIN_S
) -> web.Application:
    """Hooks, health, console and API of one bot. `reload` reads the rule files again."""
    app = web.Application(middlewares=[trace, errors], client_max_size=hooks.AT_MOST)
    app[BOT] = bot
    app[RELOAD] = reload
    app[BODY_WITHIN] = body_within_s
    app.on_response_prepare.append(add_headers)
    app.router.add_post("/hooks/{connection}/{event}", hooks.hook)
    app.router.add_post("/hooks/{connection}/{event}/{token}", hooks.hook)
    app.router.add_get("/healthz", health.alive)
    app.router.add_get("/readyz", health.ready)
    return app
