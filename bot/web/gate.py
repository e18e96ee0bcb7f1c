"""Who is asking: a session's cookie on pages, a bearer token on the API, never both.

A cookie is sent by a browser whoever wrote the link; a bearer token only by who has it.
So the API takes no cookie, and needs no one-time forms.
"""

from urllib.parse import quote, urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.engine.access import person_of_session, person_of_token
from bot.web.parts import API, PERSON, SESSION, Answer, bot_of

COOKIE = "payrunbot_session"
OPEN_TO_ALL = ("/healthz", "/readyz", "/sign-in", "/static/app.css")


@web.middleware
async def know_who(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let through whoever may be here; everybody else is sent to sign in, or told 401."""
    path = request.path
    if path.startswith("/hooks/") or path in OPEN_TO_ALL:
        return await handler(request)
    if path.startswith(API):
        await _by_token(request)
    elif not await _by_session(request):
        if request.method not in ("GET", "HEAD"):
            raise Answer(
                403,
                "Nothing was decided: you are not signed in",
                ("Sign in, look at it again, and decide then.",),
                "Sign in",
                "/sign-in",
            )
        return web.Response(status=303, headers={"Location": sign_in_url(request.raw_path)})
    return await handler(request)


async def _by_token(request: web.Request) -> None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    person = None
    if scheme.lower() == "bearer" and token.strip():
        person = await person_of_token(bot_of(request), token.strip())
    if person is None:
        raise Answer(
            401,
            "Nothing was done: no valid token",
            ("Send your personal token as `Authorization: Bearer prb_…`.",),
            headers={"WWW-Authenticate": 'Bearer realm="payrunbot"'},
        )
    request[PERSON] = person


async def _by_session(request: web.Request) -> bool:
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
