"""Every address that this service answers, in one place. It is run as `wire` says."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.backtest.one_rule import Trials
from bot.engine.bot import Bot
from bot.engine.fit import Fitness
from bot.web import health, hooks, login, metrics, sign_in
from bot.web.console import (
    approvals,
    approvals_list,
    audit,
    calendar,
    connections,
    decide,
    evidence,
    mail_templates,
    mails,
    payrun,
    payruns,
    people,
    people_month,
    rule,
    rule_deeds,
    rule_edit,
    rules,
    today,
)
from bot.web.console.rule_trial import TRIALS
from bot.web.document import DOCUMENT, make_document
from bot.web.gate import know_who
from bot.web.hook_door import HookDoor
from bot.web.middleware import errors, refuse_while_stopping
from bot.web.operation import routes
from bot.web.operations import OPERATIONS
from bot.web.parts import BODY_WITHIN, BODY_WITHIN_S, BOT, FITNESS, RECEIVER, RELOAD
from bot.web.refusals import API_REFUSALS, REFUSALS, Refusals
from bot.web.render import STYLESHEET
from bot.web.traced import add_headers, trace
from bot.web.wire import DOOR, Door

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
    app[RECEIVER] = bot
    app[RELOAD] = reload
    app[FITNESS] = fitness or Fitness(bot)
    app[BODY_WITHIN] = body_within_s
    door: Door = HookDoor(bot, body_within_s)
    app[DOOR] = door
    app[REFUSALS] = Refusals()
    app[TRIALS] = Trials(bot)
    app[API_REFUSALS] = Refusals()
    app[_CSS] = STYLESHEET.read_bytes()
    app[DOCUMENT] = make_document(OPERATIONS, bot.settings.http.public_url)
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
    *hooks.ROUTES,
    web.get("/healthz", health.alive),
    web.get("/readyz", health.ready),
    web.get(metrics.PATH, metrics.metrics),
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
    web.get(_PAYRUN + "/evidence", evidence.one),
    web.get("/approvals", approvals.all_of_them),
    web.get(approvals_list.PATH, approvals_list.page),
    web.get("/approvals/{approval}", approvals.one),
    web.get("/rules", rules.all_of_them),
    web.get("/rules/{rule}", rule.one),
    web.get("/rules/{rule}/try", rule.try_it),
    web.get("/rules/{rule}/edit", rule_edit.form),
    web.get("/connections", connections.all_of_them),
    web.get("/login/{connection}", login.page),
    web.get("/mails", mails.all_of_them),
    web.get("/mails/templates", mail_templates.all_of_them),
    web.get("/mails/templates/{language}/{example}", mail_templates.one),
    web.get("/mails/templates/{language}/{example}/html", mail_templates.html),
    web.get("/mails/{mail}", mails.one),
    web.get("/mails/{mail}/html", mails.html),
    web.get("/audit", audit.lines),
    web.get("/calendar", calendar.page),
    web.get("/people", people.page),
    web.get(r"/people/{month:[0-9]{4}-[0-9]{2}}", people_month.page),
]

_DEEDS = [
    web.post(approvals_list.APPROVE, approvals_list.approve),
    web.post("/approvals/{approval}/approve", decide.approve),
    web.post("/approvals/{approval}/reject", decide.reject),
    web.post("/approvals/{approval}/hold", decide.hold_from_approval),
    web.post(_PAYRUN + "/hold", decide.hold),
    web.post(_PAYRUN + "/release", decide.release),
    web.post(_PAYRUN + "/settle", decide.settle),
    web.post("/connections/{connection}/pause", decide.pause),
    web.post("/connections/{connection}/resume", decide.resume),
    web.post(people.ISSUE, people.issue),
    web.post(people.REVOKE, people.revoke),
    web.post(people.GO, people.go),
    web.post(people.BACK, people.back),
    web.post(r"/rules/{rule}/{number:\d{1,9}}/sign-off", decide.sign),
    web.post(r"/rules/{rule}/{number:\d{1,9}}/send-back", rule_deeds.send_back),
    web.post("/rules/{rule}/preview", rule_edit.preview),
    web.post("/rules/{rule}/propose", rule_edit.propose),
    web.post("/rules/{rule}/propose-again", rule_deeds.propose_again),
    web.post("/rules/{rule}/mute", rule_deeds.mute),
    web.post("/rules/{rule}/unmute", rule_deeds.unmute),
    web.post(audit.VERIFY, audit.verify),
]

_API = list(routes(OPERATIONS))
