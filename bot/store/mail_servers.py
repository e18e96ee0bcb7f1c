"""The mail server's health: how often it failed in a row, and until when it is left alone.

One row for a server, so that one that was replaced in the settings takes none of it along.
The row is locked while the next mail is chosen: of several that choose at once, one tries
a server that has just failed, and the mails of an hour are counted right.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from bot.store.database import Tx, insert_once
from bot.store.tables import mail_server


@dataclass(frozen=True, slots=True)
class MailServer:
    server: str
    rests: int
    """How often in a row it was left alone; 0 while it is well."""
    rest_until: datetime | None
    failing_since: datetime | None
    problem: str
    probe_until: datetime | None
    """On the wall clock: until then somebody tries whether it is well again."""


async def locked(tx: Tx, server: str) -> MailServer:
    """Its row, which nobody else chooses by before this transaction ends."""
    await tx.execute(insert_once(tx, mail_server, server=server, rests=0, problem=""))
    query = select(mail_server).where(mail_server.c.server == server).with_for_update()
    return MailServer(*(await tx.execute(query)).one())


async def known(tx: Tx, server: str) -> MailServer | None:
    row = (await tx.execute(select(mail_server).where(mail_server.c.server == server))).one_or_none()
    return MailServer(*row) if row else None


async def probe(tx: Tx, one: MailServer, *, until: datetime) -> None:
    """Note that one mail is trying it; whoever died at it is waited for until then."""
    await _write(tx, one.server, probe_until=until)


async def let_go(tx: Tx, one: MailServer) -> None:
    """The mail that was to try it does not; nothing where none was."""
    if one.rests:
        await _write(tx, one.server, probe_until=None)


async def failed(tx: Tx, one: MailServer, *, now: datetime, until: datetime, problem: str) -> None:
    """Leave it alone until then. Of those that failed side by side, the first counts."""
    await tx.execute(
        update(mail_server)
        .where(mail_server.c.server == one.server, mail_server.c.rests == one.rests)
        .values(
            rests=one.rests + 1,
            rest_until=until,
            failing_since=one.failing_since or now,
            problem=problem,
            probe_until=None,
        )
    )


async def well(tx: Tx, server: str) -> None:
    """It answers."""
    await _write(tx, server, rests=0, rest_until=None, failing_since=None, problem="", probe_until=None)


async def end_rest(tx: Tx, server: str) -> None:
    """Try it at once, with one mail."""
    await _write(tx, server, rest_until=None, probe_until=None)


async def _write(tx: Tx, server: str, **values: object) -> None:
    await tx.execute(update(mail_server).where(mail_server.c.server == server).values(**values))
