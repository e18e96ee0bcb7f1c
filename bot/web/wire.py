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


Answering = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
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

    def hand_over(self, to: web.Server) -> None:
        """What is asked on this connection from now on, others answer."""
        self._request_handler, self._request_factory = to.request_handler, to.request_factory

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


def _by(door: Door | None, routed: Answering) -> Answering:
    """Whoever answers a request: what the door leaves is routed."""
    if door is None:
        return routed

    def answer(request: web.BaseRequest) -> Awaitable[web.StreamResponse]:
        return door(request) or routed(request)

    return answer


class _Server(web.Server):
    """Makes a handler for each connection; the library's own takes no other class of them."""

    def __init__(self, made: web.Server, door: Door | None, header_within_s: float, **options: Any) -> None:
        super().__init__(
            _by(door, made.request_handler),
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

    def hand_over(self, to: web.Server, door: Door | None) -> None:
        """Another application answers from now on, on every open connection as well."""
        self.request_handler, self.request_factory = _by(door, to.request_handler), to.request_factory
        for one in self.connections:
            assert isinstance(one, _Handler)
            one.hand_over(self)

    def __call__(self) -> web.RequestHandler:
        return _Handler(self, loop=self._loop, **self._kwargs)


class Runner(web.AppRunner):
    """Runs one application, and then another in its place."""

    def __init__(self, app: web.Application, header_within_s: float, **options: Any) -> None:
        super().__init__(app, handle_signals=False, shutdown_timeout=LAST_ANSWERS_WITHIN_S, **options)
        self._options, self._header_within_s = options, header_within_s
        self._next: web.AppRunner | None = None

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(made, self.app.get(DOOR), self._header_within_s, **self._options)

    async def hand_over(self, app: web.Application) -> None:
        """Let another application answer. Whoever is being answered is so to the end by the one before."""
        self._next = web.AppRunner(app, handle_signals=False, **self._options)
        await self._next.setup()
        assert isinstance(self.server, _Server) and self._next.server is not None
        self.server.hand_over(self._next.server, app.get(DOOR))

    async def cleanup(self) -> None:
        await super().cleanup()
        if self._next is not None:
            await self._next.cleanup()


def make_runner(app: web.Application, *, header_within_s: float = HEADER_WITHIN_S) -> Runner:
    """A runner for the application of `make_web_app`. Whoever makes it handles the signals."""
    return Runner(app, header_within_s, **_options())
