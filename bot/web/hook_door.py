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

from aiohttp import web

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
        return web.Response(
            status=status, headers={**self._headers, **headers_of(status), "X-Request-Id": correlation}
        )
