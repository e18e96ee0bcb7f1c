"""The inbox's own writer where the database is a server: one connection, one round trip a batch.

It does not wait for the writers' turn, since nothing is read before it is written: rows are
added or counted up by one statement, whatever other replicas do meanwhile. They are written
in the order of their keys, so that two replicas that are sent the same never wait for each
other in a circle.
"""

from collections.abc import Awaitable, Callable, Sequence

import asyncpg

from bot.store import home
from bot.store.intake import Delivery

_STATEMENT = """
    INSERT INTO inbox (connection, event, dedupe_key, received_at, deliveries, headers_redacted,
                       raw, sha256, signature, correlation, delivered_at, about_json, state)
    SELECT connection, event, dedupe_key, at, deliveries, headers,
           raw, sha256, signature, correlation, at, '', 'new'
    FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::int[], $6::text[],
                $7::bytea[], $8::text[], $9::text[], $10::text[])
         AS came (connection, event, dedupe_key, at, deliveries, headers,
                  raw, sha256, signature, correlation)
    ORDER BY connection, dedupe_key
    ON CONFLICT (connection, dedupe_key) DO UPDATE SET
        deliveries = inbox.deliveries + excluded.deliveries,
        delivered_at = greatest(inbox.delivered_at, excluded.delivered_at),
        state = 'new'
"""


class PostgresInbox:
    """Commits batches over a connection of its own. One that is lost is made anew for the next."""

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection]]) -> None:
        self._connect = connect
        self._connection: asyncpg.Connection | None = None

    async def write(self, deliveries: Sequence[Delivery]) -> None:
        """Raises OperationalError, asyncpg's errors, OSError and TimeoutError."""
        connection = self._connection
        if connection is None or connection.is_closed():
            connection = self._connection = await self._connect()
        try:
            await connection.execute(_STATEMENT, *zip(*deliveries, strict=True), timeout=home.WAITS_S)
        except BaseException:
            # Whatever it was, a fresh one is in no state that nobody has thought of.
            self._connection = None
            connection.terminate()
            raise

    async def close(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            try:
                await connection.close(timeout=1)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                connection.terminate()
