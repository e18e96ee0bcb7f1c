"""Around every answer, those of a service that only starts included: its headers, and its line in the log.

Logs name the route as it is declared (`/hooks/{connection}/{event}/{token}`), never the
path as it came.
"""

import asyncio
from collections.abc import Mapping

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.engine.trace import correlated, new_correlation
from bot.web.parts import CORRELATION, receiver_of
from bot.web.wire import NAME

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""The Content-Security-Policy of every page."""

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
    for name, value in protections(receiver_of(request).settings.http.public_url).items():
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
        log = receiver_of(request).log
        # Watchdogs ask every few seconds, and would fill the log with themselves.
        write = log.debug if request.path in WATCHED else log.info
        write("answered", route=route_of(request), method=request.method, status=response.status, ms=took_ms)
        return response


def route_of(request: web.Request) -> str:
    """The route as declared: it holds no one's token, id or search."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "none"
