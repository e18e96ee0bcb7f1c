"""How the HTTP server itself is set up, below every handler.

Some of its habits are switched off here: it inflates compressed bodies before anybody
has looked at them; what it could not parse it logs and sends back word for word, headers
and the secrets in them included; and it waits long for a header that never ends.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

NAME = "payrunbot"
"""What the server calls itself; the library would tell its own version and Python's."""
HEADER_WITHIN_S = 10.0
"""Seconds from connecting to the end of the first header."""
LAST_ANSWERS_WITHIN_S = 3.0
"""Seconds that a stop leaves those who are in the middle of a request, and then cuts them off."""


AT_MOST_CONNECTIONS = 500
"""Open at once. Where there are more, one that has never asked anything makes room."""


Door = Callable[[web.BaseRequest], Awaitable[web.StreamResponse] | None]
DOOR: web.AppKey[Door] = web.AppKey("door")
"""Asked first who answers a request; None leaves it to the application's router."""


class _NamesOnly(logging.Filter):
    """Of an exception only its type is logged: its text quotes what a stranger sent."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[0] is not None:
            record.msg = f"{record.msg}: {record.exc_info[0].__name__}"
            record.exc_info = record.exc_text = None
        return True


def _logger() -> logging.Logger:
    logger = logging.getLogger("payrunbot.wire")
    if not logger.filters:
        logger.addFilter(_NamesOnly())
    return logger


def _options() -> Mapping[str, Any]:
    """What the server is told besides the application."""
    return {
        "access_log": None,  # paths hold tokens; every answer is logged by its route instead
        "auto_decompress": False,
        "keepalive_timeout": 75,
        "logger": _logger(),
    }


class _Handler(web.RequestHandler):
    """One connection. What is no HTTP gets a number and nothing else."""

    __slots__ = ("_hurry",)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        assert isinstance(self._manager, _Server)
        self._hurry = self._loop.call_later(self._manager.header_within_s, self._close_silent)
        self._manager.make_room(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._hurry.cancel()
        super().connection_lost(exc)

    def _close_silent(self) -> None:
        if self.is_silent:
            self.force_close()

    @property
    def is_silent(self) -> bool:
        """Whether it has not asked anything yet."""
        return self._request_count == 0

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        super().handle_error(request, status, exc, message)  # which logs, and minds what was sent already
        bare = web.Response(status=status, headers={"Server": NAME})
        bare.force_close()
        return bare


class _Server(web.Server):
    """Makes a handler for each connection; the library's own takes no other class of them."""

    def __init__(self, made: web.Server, door: Door | None, header_within_s: float, **options: Any) -> None:
        routed = made.request_handler

        def handler(request: web.BaseRequest) -> Awaitable[web.StreamResponse]:
            return (door(request) if door is not None else None) or routed(request)

        super().__init__(
            handler,
            request_factory=made.request_factory,
            handler_cancellation=made.handler_cancellation,
            **options,
        )
        self.header_within_s = header_within_s

    def make_room(self, fresh: _Handler) -> None:
        """Hang up on the oldest silent connection where there are too many, else on the newest."""
        if len(self.connections) > AT_MOST_CONNECTIONS:
            silent = (one for one in self.connections if isinstance(one, _Handler) and one.is_silent)
            next(silent, fresh).force_close()

    def __call__(self) -> web.RequestHandler:
        return _Handler(self, loop=self._loop, **self._kwargs)


class _Runner(web.AppRunner):
    def __init__(self, app: web.Application, header_within_s: float, **options: Any) -> None:
        super().__init__(app, handle_signals=False, shutdown_timeout=LAST_ANSWERS_WITHIN_S, **options)
        self._options, self._header_within_s = options, header_within_s

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(made, self.app.get(DOOR), self._header_within_s, **self._options)


def make_runner(app: web.Application, *, header_within_s: float = HEADER_WITHIN_S) -> web.AppRunner:
    """A runner for the application of `make_web_app`. Whoever makes it handles the signals."""
    return _Runner(app, header_within_s, **_options())
