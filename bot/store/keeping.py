"""What may be erased by now: statements for small batches, each complete in itself.

Nothing here touches what is open. A run is at its end when it is closed or gone, the
vendor changes nothing of it any more, and nothing of ours is under way about it. Its
totals stay for ever, and so do the keys of effects: they are what keeps a thing from being
done a second time.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from json import loads
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Select,
    Table,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from bot.store import effects
from bot.store.codec import canonical
from bot.store.database import AnyRow, Tx, insert_once
from bot.store.effects import State
from bot.store.erase import ERASED, without_lines, without_shown_lines
from bot.store.mails import OPEN as MAIL_OPEN
from bot.store.tables import (
    approval,
    approval_answer,
    decision_change,
    effect,
    inbox,
    mail,
    occurrence,
    resource,
    snapshot,
)

BATCH = 100
KEEP = "payrunbot:keep"
"""The schedule of its occurrences; a rule's own cannot be called so."""

_OURS = effect.alias("ours")
_UNDER_WAY = exists().where(
    _OURS.c.resource == resource.c.id,
    _OURS.c.state.not_in(effects.ENDED),
    or_(_OURS.c.is_vendor.is_(True), _OURS.c.state != State.PARKED),
)
AT_ITS_END = and_(
    or_(resource.c.gone_at.is_not(None), and_(resource.c.is_open.is_(False), resource.c.is_live.is_(False))),
    ~_UNDER_WAY,
)


def _ended_before(column: ColumnElement[Any], day: date) -> ColumnElement[bool]:
    """Whether the resource that a row is about is at its end, and its period was over by then."""
    return column.in_(select(resource.c.id).where(AT_ITS_END, resource.c.ends_on < day.isoformat()))


@dataclass(frozen=True, slots=True)
class Sweep:
    """One kind of thing that is erased: which rows, in the order of which key, and how."""

    counts: str
    """What the record calls them: `webhooks`, `readings`."""
    table: Table
    key: Column[Any]
    rows: ColumnElement[bool]
    erase: Callable[[Tx, AnyRow], Awaitable[None]]

    async def find(self, tx: Tx, after: Any) -> Sequence[Any]:
        """The next keys, without holding up anybody who writes."""
        query = select(self.key).where(self.rows).order_by(self.key).limit(BATCH).distinct()
        if after is not None:
            query = query.where(self.key > after)
        return (await tx.execute(query)).scalars().all()

    async def do(self, tx: Tx, keys: Sequence[Any]) -> int:
        """Erase those that still are to be: one may have been opened again meanwhile."""
        rows = (await tx.execute(select(self.table).where(self.key.in_(keys), self.rows))).all()
        for row in rows:
            await self.erase(tx, row)
        return len(rows)


def raw(before: datetime) -> tuple[Sweep, ...]:
    """The bodies of webhooks. What they were about stays, and so does the hash of each."""

    async def erase(tx: Tx, row: AnyRow) -> None:
        await tx.execute(update(inbox).where(inbox.c.id == row.id).values(raw=None, headers_redacted="{}"))

    due = and_(inbox.c.raw.is_not(None), inbox.c.state != "new", inbox.c.delivered_at < before)
    return (Sweep("webhooks", inbox, inbox.c.id, due, erase),)


_HAS_LINES = ('"lines":[{', '"detail":')


def _holds_lines(column: ColumnElement[str]) -> ColumnElement[bool]:
    return or_(*(column.contains(one, autoescape=True) for one in _HAS_LINES))


def lines(before: datetime) -> tuple[Sweep, ...]:
    """People's lines, wherever they were kept, and the mails that showed them."""
    day = before.date()
    return (
        Sweep(
            "pay runs",
            resource,
            resource.c.id,
            and_(_ended_before(resource.c.id, day), _holds_lines(resource.c.snapshot_json)),
            _erase_resource,
        ),
        Sweep(
            "readings",
            snapshot,
            snapshot.c.id,
            and_(_ended_before(snapshot.c.resource, day), _holds_lines(snapshot.c.snapshot_json)),
            _erase_reading,
        ),
        Sweep(
            "actions",
            effect,
            effect.c.key,
            and_(
                _ended_before(effect.c.resource, day),
                effect.c.state.in_(effects.ENDED),
                effect.c.lines_json != "[]",
            ),
            _erase_lines,
        ),
        Sweep(
            "questions",
            approval,
            approval.c.id,
            and_(
                approval.c.effect_key.in_(_effects_of_ended(day)),
                approval.c.state != "open",
                ~approval.c.shown_json.contains('"erased":true', autoescape=True),
            ),
            _erase_shown,
        ),
        Sweep(
            "mails",
            mail,
            mail.c.message_id,
            and_(
                mail.c.state.not_in(MAIL_OPEN),
                mail.c.created_at < before,
                func.length(mail.c.raw) > 0,
                or_(mail.c.resource.is_(None), _ended_before(mail.c.resource, day)),
            ),
            erase_mail,
        ),
    )


def _effects_of_ended(day: date) -> Select[tuple[str]]:
    return select(effect.c.key).where(_ended_before(effect.c.resource, day))


async def _erase_resource(tx: Tx, row: AnyRow) -> None:
    left = without_lines(loads(row.snapshot_json))
    if left is not None:
        await tx.execute(
            update(resource).where(resource.c.id == row.id).values(snapshot_json=canonical(left))
        )


async def _erase_reading(tx: Tx, row: AnyRow) -> None:
    left = without_lines(loads(row.snapshot_json))
    if left is not None:
        await tx.execute(
            update(snapshot).where(snapshot.c.id == row.id).values(snapshot_json=canonical(left))
        )


async def _erase_lines(tx: Tx, row: AnyRow) -> None:
    await _change_effect(tx, row, lines_json="[]")


async def _erase_shown(tx: Tx, row: AnyRow) -> None:
    left = without_shown_lines(loads(row.shown_json)) or {**loads(row.shown_json), "erased": True}
    await tx.execute(update(approval).where(approval.c.id == row.id).values(shown_json=canonical(left)))


async def erase_mail(tx: Tx, row: AnyRow) -> None:
    """The body. To whom it went, when and about what stays."""
    await tx.execute(update(mail).where(mail.c.message_id == row.message_id).values(raw=b""))


def decisions(before: datetime) -> tuple[Sweep, ...]:
    """What was decided and why: the answers that changed, what actions were, who was asked."""
    day = before.date()
    return (
        Sweep(
            "answers",
            decision_change,
            decision_change.c.id,
            and_(_ended_before(decision_change.c.resource, day), decision_change.c.at < before),
            _erase_answer,
        ),
        Sweep(
            "closed questions",
            approval,
            approval.c.id,
            and_(
                approval.c.effect_key.in_(_effects_of_ended(day)),
                approval.c.state != "open",
                approval.c.closed_at < before,
            ),
            _erase_question,
        ),
        Sweep(
            "ended actions",
            effect,
            effect.c.key,
            and_(
                effect.c.state.in_(effects.ENDED),
                effect.c.changed_at < before,
                effect.c.reason != ERASED,
                or_(effect.c.resource == "", _ended_before(effect.c.resource, day)),
            ),
            _erase_details,
        ),
    )


async def _erase_answer(tx: Tx, row: AnyRow) -> None:
    await tx.execute(delete(decision_change).where(decision_change.c.id == row.id))


async def _erase_question(tx: Tx, row: AnyRow) -> None:
    await tx.execute(delete(approval_answer).where(approval_answer.c.approval == row.id))
    await tx.execute(delete(approval).where(approval.c.id == row.id))


_KEPT_ARGS = ("seen", "letter", "template", "to", "group", "episode")
_KEPT_OUTCOME = ("seen", "final", "outcome")
"""What a later round is compared with, and what names a mail: hashes and words of ours."""


async def _erase_details(tx: Tx, row: AnyRow) -> None:
    """Key, round, state, times and by whom stay: they say that it was done, and keep it so."""
    args, outcome = loads(row.args_json), loads(row.outcome_json)
    await _change_effect(
        tx,
        row,
        args_json=canonical({name: args[name] for name in _KEPT_ARGS if name in args}),
        outcome_json=canonical({name: outcome[name] for name in _KEPT_OUTCOME if name in outcome}),
        request_json="{}",
        lines_json="[]",
        reason=ERASED,
    )


async def _change_effect(tx: Tx, row: AnyRow, **values: str) -> None:
    await tx.execute(
        update(effect).where(effect.c.key == row.key, effect.c.round == row.round).values(**values)
    )


async def went_through(tx: Tx, now: datetime) -> None:
    """Note when all of it was last gone through."""
    await tx.execute(delete(occurrence).where(occurrence.c.schedule == KEEP, occurrence.c.due_at < now))
    await tx.execute(
        insert_once(
            tx, occurrence, schedule=KEEP, slot=now.isoformat(), due_at=now, state="done", why="", at=now
        )
    )
