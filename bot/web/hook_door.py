"""The door for webhooks: past the application's router and what it does around every page.

Finding the route, the log line of each request and who may see a page cost more than storing
a webhook does. So one that comes as vendors send them is known by its path alone and handled
here; whatever is odd about it (another spelling, an escape, a compressed body, no length, one
that waits to be asked for its body) is left to the application, which answers it as it answers everything.
"""

import asyncio
import re
from collections.abc import Awaitable, Mapping
from functools import partial
from typing import cast

from aiohttp import HttpVersion11, web
from aiohttp.helpers import rfc822_formatted_time

from bot.engine.receiver import Account, Receiver
from bot.engine.trace import are_spans_kept, correlated, new_correlation
from bot.web.hooks import AT_MOST, STORED, headers_of, take
from bot.web.traced import protections

_PLAIN = re.compile("[A-Za-z0-9_-]+")
"""What stands for itself in a path."""
_ROUTE = "/hooks/{connection}/{event}"
_ROUTE_WITH_TOKEN = "/hooks/{connection}/{event}/{token}"  # noqa: S105 - the path of one, not one


class HookDoor:
    """Called with each request, it says who answers it, or None where that is not its business."""

    def __init__(self, bot: Receiver, within_s: float) -> None:
        self._bot = bot
        self._within_s = within_s
        self._accounts: Mapping[str, Account] = {}
        self._hooks: Mapping[str, tuple[Account, str]] = {}
        self._headers = protections(bot.settings.http.public_url)
        self._head = _head(self._headers)

    def __call__(self, request: web.BaseRequest) -> Awaitable[web.StreamResponse] | None:
        path = request.raw_path
        if not path.startswith("/hooks/") or request.method != "POST" or self._bot.is_stopping:
            return None
        headers = request.headers
        if not 0 <= (request.content_length or -1) <= AT_MOST:
            return None
        if "Content-Encoding" in headers or "Expect" in headers:
            return None
        if self._accounts is not self._bot.accounts:
            self._know(self._bot.accounts)
        token = None
        found = self._hooks.get(path)
        if found is None:
            path, _, token = path.rpartition("/")
            found = self._hooks.get(path)
            if found is None or not _PLAIN.fullmatch(token):
                return None
        return self._answer(request, *found, token)

    def _know(self, accounts: Mapping[str, Account]) -> None:
        self._accounts = accounts
        self._hooks = {
            f"/hooks/{account.id}/{event}": (account, event)
            for account in accounts.values()
            for event in account.connector.hook_events
            if _PLAIN.fullmatch(account.id)
        }

    async def _answer(
        self, request: web.BaseRequest, account: Account, event: str, token: str | None
    ) -> web.StreamResponse:
        correlation = new_correlation("hook")
        began = asyncio.get_running_loop().time()
        taking = partial(
            take,
            self._bot,
            account,
            event,
            request,
            token=token,
            correlation=correlation,
            within_s=self._within_s,
        )
        route = _ROUTE if token is None else _ROUTE_WITH_TOKEN
        if are_spans_kept():
            with correlated(f"POST {route}", correlation):
                status = await taking()
        else:
            status = await taking()
        if status != STORED:  # what is stored is said once for the whole commit
            took_ms = round((asyncio.get_running_loop().time() - began) * 1000)
            self._bot.log.info(
                "answered", route=route, method="POST", status=status, ms=took_ms, correlation=correlation
            )
        if status == STORED and request.version == HttpVersion11 and request.keep_alive:
            return cast(web.StreamResponse, _Stored(self._head, correlation))
        return web.Response(
            status=status, headers={**self._headers, **headers_of(status), "X-Request-Id": correlation}
        )


def _head(headers: Mapping[str, str]) -> str:
    """How every answer to a stored webhook begins."""
    lines = (f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {STORED} OK\r\n{''.join(lines)}Content-Length: 0\r\n"


class _Stored:
    """The answer to a stored webhook, on a connection that is kept: made by hand, it is in one piece.

    It has what the server asks of an answer; making a whole one and its headers each time takes
    as long as checking the signature does.
    """

    keep_alive = True

    def __init__(self, head: str, correlation: str) -> None:
        self._bytes = f"{head}Date: {rfc822_formatted_time()}\r\nX-Request-Id: {correlation}\r\n\r\n".encode()

    async def prepare(self, request: web.BaseRequest) -> None:
        """Raises ConnectionResetError where nobody is there any more."""
        transport = request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError
        transport.write(self._bytes)

    async def write_eof(self) -> None:
        """All of it is written already."""
