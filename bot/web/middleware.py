"""Around every handler: a correlation id, one log line, headers, and errors as answers.

Logs name the route as it is declared (`/hooks/{connection}/{event}/{token}`), never the
path as it came, and of an exception its type and place, never its text: a statement that
failed quotes its parameters, and those are somebody's body.
"""

import asyncio
from collections.abc import Mapping
from traceback import extract_tb

from aiohttp import web
from aiohttp.typedefs import Handler
from sqlalchemy.exc import SQLAlchemyError

from bot.core.words import say
from bot.engine.trace import correlated, new_correlation
from bot.web.parts import API, CORRELATION, NOTHING_HERE, Answer, bot_of, refuse_compressed
from bot.web.problems import answer_of
from bot.web.render import POLICY
from bot.web.wire import NAME

_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not `no-referrer`: forms would then be posted with `Origin: null`, and be refused.
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cache-Control": "no-store",
    "Server": NAME,
}


WATCHED = ("/healthz", "/readyz", "/metrics")


def protections(public_url: str) -> Mapping[str, str]:
    """The headers that every answer has."""
    if public_url.startswith("https://"):
        return {**_HEADERS, "Strict-Transport-Security": "max-age=31536000"}
    return _HEADERS


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """The same protections on every answer, errors and files included."""
    for name, value in protections(bot_of(request).settings.http.public_url).items():
        if name == "Server":  # the library has put its own name and version there
            response.headers[name] = value
        else:
            response.headers.setdefault(name, value)
    if CORRELATION in request:
        response.headers["X-Request-Id"] = request[CORRELATION]


@web.middleware
async def trace(request: web.Request, handler: Handler) -> web.StreamResponse:
    """One correlation id from the request to the last mail it leads to."""
    correlation = new_correlation("hook" if request.path.startswith("/hooks/") else "web")
    request[CORRELATION] = correlation
    with correlated(f"{request.method} {route_of(request)}", correlation):
        started = asyncio.get_running_loop().time()
        response = await handler(request)
        took_ms = round((asyncio.get_running_loop().time() - started) * 1000)
        log = bot_of(request).log
        # Watchdogs ask every few seconds, and would fill the log with themselves.
        write = log.debug if request.path in WATCHED else log.info
        write("answered", route=route_of(request), method=request.method, status=response.status, ms=took_ms)
        return response


@web.middleware
async def refuse_while_stopping(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A service that was asked to end begins nothing new: senders try again, and find the next one."""
    if bot_of(request).is_stopping and request.path not in WATCHED:
        again = {"Retry-After": "30"}
        refused = web.Response(status=503, headers=again)
        if request.path.startswith(API):
            says = ("It is asked to end. Try again in half a minute.",)
            refused = answer_of(
                request, Answer(503, "Nothing was done: the service is ending", says, headers=again)
            )
        refused.force_close()
        return refused
    return await handler(request)


def route_of(request: web.Request) -> str:
    """The route as declared: it holds no one's token, id or search."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "none"


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Whatever goes wrong becomes an answer that says what was not done."""
    try:
        refuse_compressed(request)
        return await handler(request)
    except Answer as said:
        return answer_of(request, said)
    except web.HTTPException as raised:
        if raised.status < 400:
            raise
        return answer_of(request, _of_http(raised))
    except (SQLAlchemyError, OSError) as problem:
        _log(request, problem)
        return answer_of(
            request,
            Answer(
                503,
                say("Nothing was done: the database does not answer"),
                (say("Try again in half a minute."),),
                headers={"Retry-After": "30"},
            ),
        )
    except Exception as bug:
        _log(request, bug)
        return answer_of(
            request,
            Answer(
                500,
                say("This is a fault of payrunbot"),
                (say("Whether anything was done is shown on the pay run's page."), say("It is in the log.")),
                say("To what needs you today"),
                "/",
            ),
        )


def _of_http(raised: web.HTTPException) -> Answer:
    match raised.status:
        case 404:
            return Answer(404, say("Not found"), (NOTHING_HERE,), say("To today"), "/")
        case 405:
            allowed = {"Allow": raised.headers["Allow"]} if "Allow" in raised.headers else {}
            says = (say("This address does not take that."),)
            return Answer(405, say("Nothing was done"), says, headers=allowed)
        case status:
            return Answer(status, raised.reason)


def _log(request: web.Request, problem: BaseException) -> None:
    frames = extract_tb(problem.__traceback__)
    ours = [frame for frame in frames if "/bot/" in frame.filename] or frames[-1:]
    bot_of(request).log.error(
        "a request failed",
        route=route_of(request),
        problem=type(problem).__name__,
        places=[f"{frame.filename.rpartition('/bot/')[2]}:{frame.lineno}" for frame in ours[-4:]],
    )
