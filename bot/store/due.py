"""What is due, in one question: asked at each tick and after each piece of work."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, bindparam, exists, func, not_, or_, select

from bot.store import approvals, effects, in_force, mails, news, rest, to_decide
from bot.store.database import Tx
from bot.store.in_force import InForce
from bot.store.keeping import KEEP
from bot.store.tables import (
    Instant,
    approval,
    audit,
    audit_check,
    connection_state,
    decision,
    effect,
    house_fact,
    inbox,
    look,
    mail,
    occurrence,
    resource,
    schedule,
)


@dataclass(frozen=True, slots=True)
class Due:
    """For each kind of work whether there is some, or from when on; None where there is none."""

    to_sort: bool
    to_seal: bool
    to_decide: bool
    """Whether rules that changed are still to be asked about something."""
    look_at: datetime | None
    decide_at: datetime | None
    perform_at: datetime | None
    hand_over_at: datetime | None
    rests_until: datetime | None
    """When, on the wall clock, the first effect that waits out a lost answer may be taken up again."""
    post_at: datetime | None
    schedule_at: datetime | None
    remind_at: datetime | None
    """When somebody is next to be reminded of what waits for their answer."""
    to_verify: bool
    """Whether the record is being verified. That can always wait, like sealing."""
    in_force: InForce
    """Which rules are, so that this replica notices what another one has changed."""
    kept_at: datetime | None
    """When what the settings no longer keep was last erased; like sealing, it can always wait."""
    to_catch_up: bool = False
    """Whether another replica has changed what is in force. Whoever asks knows what it has itself."""

    def first_at(self, now: datetime) -> datetime | None:
        """The next instant at which something is to be done; sealing can always wait for it."""
        if self.to_sort or self.to_decide or self.rests_until is not None:
            return now  # what rests does so in real time, and a clock that can jump waits for it
        return _first(
            self.look_at,
            self.decide_at,
            self.perform_at,
            self.hand_over_at,
            self.post_at,
            self.schedule_at,
            self.remind_at,
        )


_WALL = bindparam("wall", type_=Instant)

_QUARANTINED = and_(effect.c.quarantine_until.is_not(None), effect.c.quarantine_until > _WALL)

# Built once: it is asked some ten times for each webhook.
_DUE = select(
    exists().where(inbox.c.state == "new").label("to_sort"),
    exists().where(audit.c.hash.is_(None)).label("to_seal"),
    exists(select(resource.c.id).where(to_decide.IS_MARKED)).label("to_decide"),
    select(func.min(look.c.due_at)).where(not_(rest.LOOK_RESTS)).scalar_subquery().label("look_at"),
    rest.first_after_rest(look.c.due_at, or_(look.c.kind == news.LIST, connection_state.c.rests == 0))
    .scalar_subquery()
    .label("rested_look_at"),
    select(func.min(decision.c.next_at)).scalar_subquery().label("decide_at"),
    select(func.min(effect.c.not_before))
    .where(effects.RUNNABLE, not_(effects.IS_WEBHOOK), not_(_QUARANTINED), not_(rest.EFFECT_RESTS))
    .scalar_subquery()
    .label("perform_at"),
    select(func.min(effect.c.not_before))
    .where(effects.RUNNABLE, effects.IS_WEBHOOK)
    .scalar_subquery()
    .label("hand_over_at"),
    rest.first_after_rest(
        effect.c.not_before,
        effects.RUNNABLE,
        effect.c.is_vendor.is_(True),
        not_(_QUARANTINED),
        connection_state.c.rests == 0,
    )
    .scalar_subquery()
    .label("rested_perform_at"),
    select(func.min(effect.c.quarantine_until))
    .where(effects.RUNNABLE, effect.c.quarantine_until > _WALL)
    .scalar_subquery()
    .label("rests_until"),
    select(func.min(mail.c.not_before)).where(mails.SENDABLE).scalar_subquery().label("post_at"),
    select(func.min(func.coalesce(schedule.c.wait_until, schedule.c.next_at)))
    .scalar_subquery()
    .label("schedule_at"),
    select(func.min(approval.c.remind_at)).where(approvals.IS_REMINDED).scalar_subquery().label("remind_at"),
    exists().where(audit_check.c.ended_at.is_(None)).label("to_verify"),
    select(func.max(occurrence.c.due_at))
    .where(occurrence.c.schedule == KEEP)
    .scalar_subquery()
    .label("kept_at"),
    select(house_fact.c.value_json)
    .where(house_fact.c.name == in_force.NAME)
    .scalar_subquery()
    .label("in_force"),
)


async def due(tx: Tx, wall: datetime) -> Due:
    """What is due; `wall` is the real time, on which lost answers are waited out.

    An effect that waits for the one before it is not counted: that one's end makes it due.
    """
    row = (await tx.execute(_DUE, {"wall": wall})).one()
    return Due(
        to_sort=bool(row.to_sort),
        to_seal=bool(row.to_seal),
        to_decide=bool(row.to_decide),
        look_at=_first(row.look_at, row.rested_look_at),
        decide_at=row.decide_at,
        perform_at=_first(row.perform_at, row.rested_perform_at),
        hand_over_at=row.hand_over_at,
        rests_until=row.rests_until,
        post_at=row.post_at,
        schedule_at=row.schedule_at,
        remind_at=row.remind_at,
        to_verify=bool(row.to_verify),
        in_force=in_force.parse(row.in_force),
        kept_at=row.kept_at,
    )


def _first(*known: datetime | None) -> datetime | None:
    return min((at for at in known if at is not None), default=None)
