"""Where one payee stands in what is kept, and taking them out of it: statements for `engine.forget`.

Rows are found by text, since JSON is one text for both engines, and changed only where the
content really is about this payee.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from json import JSONDecodeError, loads
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, func, or_, select, update

from bot.store import erase, keeping
from bot.store.codec import canonical
from bot.store.database import AnyRow, Tx
from bot.store.mails import OPEN as MAIL_OPEN
from bot.store.tables import (
    approval,
    approval_answer,
    decision,
    decision_change,
    effect,
    inbox,
    mail,
    resource,
)
from bot.store.tables import snapshot as history


@dataclass(frozen=True, slots=True)
class Webhooks:
    """What one batch came to, and where the next one begins."""

    erased: int
    left: int
    next: int | None


def _about(column: ColumnElement[str], payee: str) -> ColumnElement[bool]:
    """Whether a stored text may be about this payee: lines name them so, and so do sentences of ours."""
    quoted = canonical(payee)
    texts = (f'"payee":{quoted}', f"payee {quoted[1:-1]}", f"employee {quoted[1:-1]}")
    return or_(*(column.contains(one, autoescape=True) for one in texts))


async def runs_of(tx: Tx, payee: str, connection: str | None) -> tuple[tuple[str, bool], ...]:
    """The pay runs that this payee stands in, as (id, whether it is at its end)."""
    in_history = select(history.c.resource).where(_about(history.c.snapshot_json, payee))
    rule_saw = select(decision_change.c.resource).where(_about(decision_change.c.tree_json, payee))
    query = select(resource.c.id, keeping.AT_ITS_END.label("has_ended")).where(
        or_(
            _about(resource.c.snapshot_json, payee),
            resource.c.id.in_(in_history),
            resource.c.id.in_(rule_saw),
        )
    )
    if connection is not None:
        query = query.where(resource.c.connection == connection)
    return tuple((row.id, bool(row.has_ended)) for row in await tx.execute(query.order_by(resource.c.id)))


async def forget_in(tx: Tx, resource_id: str, payee: str) -> dict[str, int]:
    """Take a payee out of everything about one pay run; says how much of what was changed.

    Nothing where it is no longer at its end.
    """
    ended = select(resource.c.id).where(resource.c.id == resource_id, keeping.AT_ITS_END)
    if (await tx.execute(ended)).first() is None:
        return {}

    def reading(stored: Any) -> Any:
        return erase.without_lines(stored, payee) or stored

    def shown(stored: Any) -> Any:
        return erase.without_shown_lines(stored, payee) or stored

    def lines(stored: Any) -> Any:
        return erase.others(stored, payee)

    def mentions(stored: Any) -> Any:
        left = erase.without_how_made(stored, payee) if isinstance(stored, dict) else stored
        return erase.without_mention(left, payee)

    keys = select(effect.c.key).where(effect.c.resource == resource_id)
    asked = select(approval.c.id).where(approval.c.effect_key.in_(keys))
    deeds = {"lines_json": lines, "args_json": mentions, "outcome_json": mentions}
    return {
        "readings": await _change(tx, resource, resource.c.id == resource_id, snapshot_json=reading)
        + await _change(tx, history, history.c.resource == resource_id, snapshot_json=reading),
        "answers": await _change(tx, decision, decision.c.resource == resource_id, tree_json=mentions)
        + await _change(tx, decision_change, decision_change.c.resource == resource_id, tree_json=mentions),
        "actions": await _change(tx, effect, effect.c.resource == resource_id, reason=mentions, **deeds),
        "questions": await _change(tx, approval, approval.c.effect_key.in_(keys), shown_json=shown)
        + await _change(tx, approval_answer, approval_answer.c.approval.in_(asked), comment=mentions),
    }


async def _change(tx: Tx, table: Table, where: ColumnElement[bool], **columns: Callable[[Any], Any]) -> int:
    """Change columns row by row, JSON as what it holds; says how many rows are others now."""
    changed = 0
    for row in (await tx.execute(select(table).where(where))).all():
        values = {}
        for name, change in columns.items():
            stored = getattr(row, name)
            left = canonical(change(loads(stored))) if name.endswith("_json") else change(stored)
            if left != stored:
                values[name] = left
        if values:
            key = and_(*(column == getattr(row, column.name) for column in table.primary_key.columns))
            await tx.execute(update(table).where(key).values(values))
            changed += 1
    return changed


async def mails_about(tx: Tx, resource_id: str) -> Sequence[AnyRow]:
    """The settled mails about one pay run that still have a body."""
    still = and_(mail.c.resource == resource_id, mail.c.state.not_in(MAIL_OPEN), func.length(mail.c.raw) > 0)
    return (await tx.execute(select(mail.c.message_id, mail.c.raw).where(still))).all()


async def forget_webhooks(
    tx: Tx, payee: str, connection: str | None, *, after: int, at_most: int
) -> Webhooks:
    """Erase the bodies that hold this id, but of those about a run that is not at its end."""
    query = select(inbox).where(inbox.c.raw.is_not(None), inbox.c.id > after)
    if connection is not None:
        query = query.where(inbox.c.connection == connection)
    rows = (await tx.execute(query.order_by(inbox.c.id).limit(at_most))).all()
    erased = left = 0
    for row in rows:
        if not _holds(row.raw, payee):
            continue
        if row.state == "new" or await _is_about_open(tx, row):
            left += 1
            continue
        await tx.execute(update(inbox).where(inbox.c.id == row.id).values(raw=None, headers_redacted="{}"))
        erased += 1
    return Webhooks(erased, left, rows[-1].id if len(rows) == at_most else None)


def _holds(raw: bytes, payee: str) -> bool:
    try:
        return erase.names(loads(raw), payee)
    except (JSONDecodeError, UnicodeDecodeError):
        return payee.encode() in raw


async def _is_about_open(tx: Tx, row: AnyRow) -> bool:
    for kind, vendor_id in loads(row.about_json):
        query = select(resource.c.id).where(
            resource.c.connection == row.connection,
            resource.c.kind == kind,
            resource.c.vendor_id == vendor_id,
            ~keeping.AT_ITS_END,
        )
        if (await tx.execute(query)).first() is not None:
            return True
    return False
