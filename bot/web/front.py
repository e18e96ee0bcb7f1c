"""What answers while the service starts: webhooks are taken, and everything else is asked to wait."""

from aiohttp import web

from bot.engine.receiver import Receiver
from bot.web import hooks
from bot.web.hook_door import HookDoor
from bot.web.parts import BODY_WITHIN, BODY_WITHIN_S, RECEIVER
from bot.web.traced import add_headers, trace
from bot.web.wire import DOOR, Door

RETRY_AFTER_S = 5
STARTING = "payrunbot is starting. Try again in a few seconds.\n"
_AGAIN = {"Retry-After": str(RETRY_AFTER_S)}


def make_front(receiver: Receiver) -> web.Application:
    app = web.Application(middlewares=[trace], client_max_size=hooks.AT_MOST)
    app[RECEIVER] = receiver
    app[BODY_WITHIN] = BODY_WITHIN_S
    door: Door = HookDoor(receiver, BODY_WITHIN_S)
    app[DOOR] = door
    app.on_response_prepare.append(add_headers)
    app.add_routes(
        [
            *hooks.ROUTES,
            web.get("/healthz", _alive),
            web.get("/readyz", _not_ready),
            web.route("*", "/{what:.*}", _come_again),
        ]
    )
    return app


async def _alive(_request: web.Request) -> web.Response:
    return web.Response(text="ok\n")


async def _not_ready(_request: web.Request) -> web.Response:
    return web.json_response({"ready": False, "troubles": ["starting"]}, status=503, headers=_AGAIN)


async def _come_again(_request: web.Request) -> web.Response:
    return web.Response(status=503, text=STARTING, headers=_AGAIN)
