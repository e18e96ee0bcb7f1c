"""Who is asking: a session's cookie on pages or a proxy's word, a bearer token on the API, never both.

A cookie is sent by a browser whoever wrote the link; a bearer token only by who has it.
So the API takes no cookie, and needs no one-time forms.
"""

import asyncio
from typing import NoReturn
from urllib.parse import quote, urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.core.words import say
from bot.engine.access import hashes, person_of_session, person_of_token, session_by_proxy
from bot.settings import Person
from bot.web.desk import is_secure
from bot.web.parts import API, PERSON, SESSION, Answer, bot_of
from bot.web.proxy import not_signed_in, person_by_proxy
from bot.web.refusals import API_REFUSALS, LONGEST_WAIT_S, WITHIN_S

COOKIE = "payrunbot_session"
LOOKS = ("GET", "HEAD")
OPEN_TO_ALL = ("/healthz", "/readyz", "/sign-in", "/static/app.css", "/api/openapi.json", "/metrics")


@web.middleware
async def know_who(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let through whoever may be here; everybody else is sent to sign in, or told 401."""
    path = request.path
    if path.startswith("/hooks/") or path in OPEN_TO_ALL:
        return await handler(request)
    if path.startswith(API):
        await _by_token(request)
        return await handler(request)
    if await _by_proxy(request) or await _by_session(request):
        return await handler(request)
    if not tokens_sign_in(request):
        raise not_signed_in()
    if request.method not in LOOKS:
        raise _not_decided()
    return web.Response(status=303, headers={"Location": sign_in_url(request.raw_path)})


def _not_decided() -> Answer:
    return Answer(
        403,
        say("Nothing was decided: you are not signed in"),
        (say("Sign in, look at it again, and decide then."),),
        say("Sign in"),
        "/sign-in",
    )


def tokens_sign_in(request: web.Request) -> bool:
    """Whether personal tokens open sessions here."""
    proxy = bot_of(request).settings.http.proxy
    return proxy is None or proxy.tokens_too


def set_session(request: web.Request, response: web.StreamResponse, session: str) -> None:
    response.set_cookie(
        COOKIE,
        session,
        max_age=int(bot_of(request).settings.timing.session.total_seconds()),
        httponly=True,
        samesite="Lax",  # a link in a mail must find its reader signed in
        secure=is_secure(request),
    )


async def _by_proxy(request: web.Request) -> bool:
    """Take whom a proxy names, with their session; False where it names nobody.

    A form can only come from a session that is there already.
    """
    bot = bot_of(request)
    proxy = bot.settings.http.proxy
    person = person_by_proxy(request, proxy) if proxy is not None else None
    if person is None:
        return False
    session = await session_by_proxy(bot, person, may_open=request.method in LOOKS)
    if session is None:
        raise _not_decided()
    request[PERSON], request[SESSION] = person, session
    return True


async def _by_token(request: web.Request) -> None:
    person = await person_by_token(request)
    if person is None:
        refuse_token(request)
    request[PERSON] = person


async def person_by_token(request: web.Request) -> Person | None:
    """Whose token came along; None where none did, or a wrong one. Raises Answer 429."""
    bot, refusals, token = bot_of(request), request.app[API_REFUSALS], bearer(request)
    if not token:
        return None
    hashed, now_s = hashes(bot.settings, token)[0], asyncio.get_running_loop().time()
    if not await refusals.may_be_looked_at(hashed, request.remote or "", now_s):
        raise Answer(
            429,
            "Nothing was done: too many wrong tokens come from many places, and this one was not looked at",
            ("Send it again.",),
            headers={"Retry-After": str(int(LONGEST_WAIT_S))},
        )
    person = await person_of_token(bot, token)
    if person is not None:
        refusals.was_right(hashed)
    return person


def refuse_token(request: web.Request) -> NoReturn:
    """Raises Answer: 401, or 429 after many wrong tokens."""
    if bearer(request):
        _count(request)
    raise Answer(
        401,
        "Nothing was done: no valid token",
        ("Send your personal token as `Authorization: Bearer prb_…`.",),
        headers={"WWW-Authenticate": 'Bearer realm="payrunbot"'},
    )


def bearer(request: web.Request) -> str:
    """The token that came along; empty where none did."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _count(request: web.Request) -> None:
    """Count a wrong token against the address it came from. Raises Answer 429 where there were many.

    A right one is taken all the same, as on the sign-in page.
    """
    refusals, address = request.app[API_REFUSALS], request.remote or ""
    now_s = asyncio.get_running_loop().time()
    if refusals.left(address, now_s) > 0:
        refusals.add(address, now_s)
        return
    raise Answer(
        429,
        "Nothing was done: too many wrong tokens",
        ("Wait five minutes, or send a valid one.",),
        headers={"Retry-After": str(int(WITHIN_S))},
    )


async def _by_session(request: web.Request) -> bool:
    if not tokens_sign_in(request):
        return False
    session = request.cookies.get(COOKIE, "")
    person = await person_of_session(bot_of(request), session) if session else None
    if person is None:
        return False
    request[PERSON], request[SESSION] = person, session
    return True


def sign_in_url(path: str) -> str:
    return "/sign-in" if path == "/" else f"/sign-in?next={quote(path, safe='')}"


def local_path(asked: str) -> str:
    """Where to go after signing in: a path of ours, else the first page.

    `//host`, `/\\host` and control characters, which browsers take as another host, are
    none of ours.
    """
    if (
        not asked.startswith("/")
        or asked.startswith("//")
        or "\\" in asked
        or not (asked.isascii() and asked.isprintable())
    ):
        return "/"
    parts = urlsplit(asked)
    if parts.scheme or parts.netloc or parts.path in ("/sign-in", "/sign-out"):
        return "/"
    return asked
