"""Signing in: a personal token in, a session's cookie out.

The form has no session yet to be bound to. Its token is made of a cookie that the same
page set (a double submit, sealed with the session keys), so that no other site can sign
somebody in as somebody else. A GET never signs in: links are followed by scanners.
"""

import asyncio
import hmac
import re
from urllib.parse import quote

from aiohttp import web

from bot.core.words import say, say_many
from bot.engine import access
from bot.engine.access import close_session, fresh_secret, hashes
from bot.web.desk import bare_frame, is_secure, shown
from bot.web.forms import first, posted, read_fields
from bot.web.gate import COOKIE, local_path, set_session, tokens_sign_in
from bot.web.parts import SESSION, Answer, bot_of
from bot.web.refusals import LONGEST_WAIT_S, REFUSALS, WITHIN_S
from bot.web.shapes import Form
from bot.web.views import SignIn

BEFORE = "payrunbot_before"
"""The cookie that a sign-in form belongs to."""
LONGEST_TOKEN = 200

_MADE_HERE = re.compile(r"[A-Za-z0-9_-]{1,64}")


async def form(request: web.Request) -> web.Response:
    """The form; whoever is signed in already may sign in as somebody else."""
    _refuse_beside_proxy(request)
    return _page(request)


async def sign_in(request: web.Request) -> web.Response:
    """Take a token. A refused one is counted against the address it came from."""
    _refuse_beside_proxy(request)
    bot, refusals = bot_of(request), request.app[REFUSALS]
    fields = await read_fields(request)
    if not _belongs(request, first(fields, "csrf")):
        raise Answer(
            403,
            say("Not signed in: the form was too old"),
            (say("Your browser must keep a cookie between the page and the answer."),),
            say("Sign in"),
            "/sign-in",
        )
    token = first(fields, "token").strip()
    address, now_s = request.remote or "", asyncio.get_running_loop().time()
    hashed = hashes(bot.settings, token[:LONGEST_TOKEN])[0]
    if not await refusals.may_be_looked_at(hashed, address, now_s):
        raise _too_many(LONGEST_WAIT_S)
    left = refusals.left(address, now_s) - 1
    if left >= 0:
        # Counted before the database is asked: tries at the same moment must not share one place.
        refusals.add(address, now_s)
    session = await access.sign_in(bot, token) if 0 < len(token) <= LONGEST_TOKEN else None
    if session is None:
        bot.log.warning("sign-in refused", tries_left=max(left, 0))
        if left < 0:
            raise _too_many(WITHIN_S)
        return _page(
            request,
            refused=say("This token is not known, or it has expired."),
            tries_left=say_many(
                left, "{count} more try in the next minutes.", "{count} more tries in the next minutes."
            ),
        )
    refusals.was_right(hashed)
    if left >= 0:
        refusals.take_back(address, now_s)
    response = web.Response(status=303, headers={"Location": local_path(request.query.get("next", "/"))})
    set_session(request, response, session)
    response.del_cookie(BEFORE, path="/sign-in")
    return response


def _too_many(wait_s: float) -> Answer:
    is_short = wait_s < WITHIN_S
    return Answer(
        429,
        say("Not signed in: too many tries"),
        (
            say("Wrong tokens come from many places just now, and yours was not looked at. Try again.")
            if is_short
            else say("Wait five minutes, then try again."),
        ),
        say("Sign in"),
        "/sign-in",
        headers={"Retry-After": str(int(wait_s))},
    )


async def sign_out(request: web.Request) -> web.Response:
    await posted(request)
    await close_session(bot_of(request), request[SESSION])
    response = web.Response(status=303, headers={"Location": "/sign-in"})
    response.del_cookie(COOKIE)
    return response


def _refuse_beside_proxy(request: web.Request) -> None:
    """Raises Answer 403 where a proxy alone signs people in."""
    if not tokens_sign_in(request):
        raise Answer(
            403,
            say("Nobody signs in here with a token"),
            (say("The proxy in front of payrunbot signs people in, and signs them out."),),
            say("To what needs you today"),
            "/",
        )


def _page(request: web.Request, *, refused: str = "", tries_left: str = "") -> web.Response:
    going = local_path(request.query.get("next", "/"))
    before = _before(request) or fresh_secret()
    action = "/sign-in" if going == "/" else f"/sign-in?next={quote(going, safe='')}"
    view = SignIn(
        frame=bare_frame(request),
        form=Form(action, _token(request, before)[0]),
        going_to="" if going == "/" else going.partition("?")[0],
        refused=refused,
        tries_left=tries_left,
    )
    response = shown(request, view, status=403 if refused else 200)
    response.set_cookie(
        BEFORE,
        before,
        max_age=3600,
        httponly=True,
        samesite="Lax",
        secure=is_secure(request),
        path="/sign-in",
    )
    return response


def _before(request: web.Request) -> str:
    """The cookie, where it can be one that was set here: it is sent back, and may hold anything."""
    before = request.cookies.get(BEFORE, "")
    return before if _MADE_HERE.fullmatch(before) else ""


def _token(request: web.Request, before: str) -> list[str]:
    return hashes(bot_of(request).settings, f"sign-in:{before}")


def _belongs(request: web.Request, token: str) -> bool:
    before = _before(request)
    sealed = _token(request, before) if before else []
    return any(hmac.compare_digest(one.encode(), token.encode()) for one in sealed)
