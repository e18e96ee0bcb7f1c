"""What is due, in one question: asked at each tick and after each piece of work."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select

from bot.store import effects, mails
from bot.store.database import Tx
from bot.store.tables import audit, decision, effect, inbox, look, mail


@dataclass(frozen=True, slots=True)
class Due:
    """For each kind of work whether there is some, or from when on; None where there is none."""

    to_sort: bool
    to_seal: bool
    look_at: datetime | None
    decide_at: datetime | None
    perform_at: datetime | None
    post_at: datetime | None

    def first_at(self, now: datetime) -> datetime | None:
        """The next instant at which something is to be done; sealing can always wait for it."""
        if self.to_sort:
            return now
        known = (self.look_at, self.decide_at, self.perform_at, self.post_at)
        return min((at for at in known if at is not None), default=None)


# Built once: it is asked some ten times for each webhook.
_DUE = select(
    exists().where(inbox.c.state == "new").label("to_sort"),
    exists().where(audit.c.hash.is_(None)).label("to_seal"),
    select(func.min(look.c.due_at)).scalar_subquery().label("look_at"),
    select(func.min(decision.c.next_at)).scalar_subquery().label("decide_at"),
    select(func.min(effect.c.not_before)).where(effects.RUNNABLE).scalar_subquery().label("perform_at"),
    select(func.min(mail.c.not_before)).where(mails.SENDABLE).scalar_subquery().label("post_at"),
)


async def due(tx: Tx) -> Due:
    """What is due. An effect that waits for the one before it is not counted: that one's end makes it due."""
    row = (await tx.execute(_DUE)).one()
    return Due(
        to_sort=bool(row.to_sort),
        to_seal=bool(row.to_seal),
        look_at=row.look_at,
        decide_at=row.decide_at,
        perform_at=row.perform_at,
        post_at=row.post_at,
    )
