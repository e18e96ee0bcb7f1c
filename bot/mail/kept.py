"""SMTP sessions that took a mail, kept a while for the next one.

Connecting, greeting, TLS and login are most of what a short mail costs, to the server too. Only
a session whose last mail was accepted is kept: whatever else was said in it, it is left. It is
said goodbye to when nobody wanted it for some seconds, long before a server would hang up.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from aiosmtplib import SMTP, SMTPException

GOODBYE_S = 2
MAILS_EACH = 50
"""Mails in one session: many servers take a hundred, and are not to be asked for more."""


async def leave(client: SMTP) -> None:
    """Say goodbye. Never raises."""
    with suppress(SMTPException, OSError, TimeoutError):
        if client.is_connected:
            await client.quit(timeout=GOODBYE_S)
    client.close()


class KeptSessions:
    """Those that nobody is sending in. With `for_s` of 0 none is kept."""

    def __init__(self, for_s: float) -> None:
        self._for_s = for_s
        self._free: dict[SMTP, asyncio.TimerHandle] = {}
        self._sent: dict[SMTP, int] = {}
        self._leaving: set[asyncio.Task[None]] = set()

    def take(self) -> SMTP | None:
        """The one that was used last, if there is one that still stands."""
        while self._free:
            client, ends = self._free.popitem()
            ends.cancel()
            if client.is_connected:
                return client
            self._sent.pop(client, None)
            client.close()
        return None

    def keep(self, client: SMTP) -> None:
        """Its mail was accepted: here for the next one, unless it is time to leave it."""
        sent = self._sent.get(client, 0) + 1
        if self._for_s > 0 and sent < MAILS_EACH and client.is_connected:
            self._sent[client] = sent
            self._free[client] = asyncio.get_running_loop().call_later(self._for_s, self._give_up, client)

    @asynccontextmanager
    async def left_well(self, client: SMTP) -> AsyncIterator[SMTP]:
        """At the end it is left, unless it was kept meanwhile."""
        try:
            yield client
        finally:
            if client not in self._free:
                self._sent.pop(client, None)
                await leave(client)

    def _give_up(self, client: SMTP) -> None:
        if self._free.pop(client, None) is not None:
            self._sent.pop(client, None)
            leaving = asyncio.get_running_loop().create_task(leave(client))
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)

    async def close(self) -> None:
        """Leave all of them."""
        for client, ends in list(self._free.items()):
            ends.cancel()
            self._give_up(client)
        await asyncio.gather(*self._leaving)
