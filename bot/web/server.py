"""Every address that this service answers, in one place. It is run as `wire` says."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.engine.bot import Bot
from bot.engine.fit import Fitness
from bot.web import api, api_record, health, hooks, login, sign_in
from bot.web.console import approvals, audit, connections, decide, mails, payrun, payruns, rules, today
from bot.web.gate import know_who
from bot.web.middleware import add_headers, errors, refuse_while_stopping, trace
from bot.web.parts import BODY_WITHIN, BOT, FITNESS, RELOAD
from bot.web.render import STYLESHEET
from bot.web.sign_in import REFUSALS, Refusals

BODY_WITHIN_S = 5.0
_CSS = web.AppKey("css", bytes)


def make_web_app(
    bot: Bot,
    reload: Callable[[], Awaitable[None]],
    *,
    fitness: Fitness | None = None,
    body_within_s: float = BODY_WITHIN_S,
) -> web.Application:
    """Hooks, health, console and API of one bot. `reload` reads the rule files again."""
    app = web.Application(
        middlewares=[trace, refuse_while_stopping, errors, know_who], client_max_size=hooks.AT_MOST
    )
    app[BOT] = bot
    app[RELOAD] = reload
    app[FITNESS] = fitness or Fitness(bot)
    app[BODY_WITHIN] = body_within_s
    app[REFUSALS] = Refusals()
    app[_CSS] = STYLESHEET.read_bytes()
    app.on_response_prepare.append(add_headers)
    app.add_routes(_MACHINES + _SIGN_IN + _PAGES + _DEEDS + _API)
    return app


async def _stylesheet(request: web.Request) -> web.Response:
    return web.Response(
        body=request.app[_CSS],
        content_type="text/css",
        charset="utf-8",
        headers={"Cache-Control": "public, max-age=300"},
    )


# The router's own pattern takes no braces, and a vendor's id may hold them.
_PAYRUN = "/payruns/{connection}/{vendor_id:[^/]+}"

_MACHINES = [
    web.post("/hooks/{connection}/{event}", hooks.hook),
    web.post("/hooks/{connection}/{event}/{token}", hooks.hook),
    web.get("/healthz", health.alive),
    web.get("/readyz", health.ready),
    web.get("/static/app.css", _stylesheet),
]

_SIGN_IN = [
    web.get("/sign-in", sign_in.form),
    web.post("/sign-in", sign_in.sign_in),
    web.post("/sign-out", sign_in.sign_out),
]

_PAGES = [
    web.get("/", today.today),
    web.get("/payruns", payruns.all_of_them),
    web.get(_PAYRUN, payrun.one),
    web.get("/approvals", approvals.all_of_them),
    web.get("/approvals/{approval}", approvals.one),
    web.get("/rules", rules.all_of_them),
    web.get("/rules/{rule}", rules.one),
    web.get("/connections", connections.all_of_them),
    web.get("/login/{connection}", login.page),
    web.get("/mails", mails.all_of_them),
    web.get("/mails/{mail}", mails.one),
    web.get("/mails/{mail}/html", mails.html),
    web.get("/audit", audit.lines),
]

_DEEDS = [
    web.post("/approvals/{approval}/approve", decide.approve),
    web.post("/approvals/{approval}/reject", decide.reject),
    web.post("/approvals/{approval}/hold", decide.hold_from_approval),
    web.post(_PAYRUN + "/hold", decide.hold),
    web.post(_PAYRUN + "/release", decide.release),
    web.post(_PAYRUN + "/settle", decide.settle),
    web.post("/connections/{connection}/pause", decide.pause),
    web.post("/connections/{connection}/resume", decide.resume),
    web.post(r"/rules/{rule}/{number:\d{1,9}}/sign-off", decide.sign),
]

_API = [
    web.get("/api/payruns", api.payruns),
    web.get("/api" + _PAYRUN + "/why", api.why),
    web.post("/api" + _PAYRUN + "/hold", api.hold),
    web.post("/api" + _PAYRUN + "/release", api.release),
    web.post("/api" + _PAYRUN + "/settle", api.settle),
    web.get("/api/approvals", api.approvals_listed),
    web.post("/api/approvals/{approval}", api.decide),
    web.post("/api/pause", api.pause),
    web.post("/api/resume", api.resume),
    web.post("/api/mute", api.mute),
    web.post("/api/unmute", api.unmute),
    web.post("/api/replay", api.replay),
    web.post("/api/webhooks/sync", api_record.sync_webhooks),
    web.post("/api/connections/{connection}/login", login.api),
    web.post("/api/connections/{connection}/remove", api_record.remove),
    web.post("/api/forget", api_record.forget),
    web.get("/api/rules", api.rules_listed),
    web.post("/api/rules/propose", api.propose_rules),
    web.post("/api/rules/{rule}/sign-off", api.sign_off_rule),
    web.post("/api/tokens", api.new_token),
]
