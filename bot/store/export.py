"""What is known of one connection, as JSON lines: `{"table": "resource", …}`, a row a line.

Bodies of mails and webhooks are left out, and so is what a connection logs in with.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Table, or_, select

from bot.store.codec import canonical
from bot.store.database import Tx
from bot.store.tables import (
    adoption,
    approval,
    approval_answer,
    audit,
    decision,
    decision_change,
    effect,
    inbox,
    mail,
    resource,
    snapshot,
)

_LEFT_OUT = frozenset({"raw", "headers_redacted"})


def _queries(connection: str) -> list[tuple[Table, Select[Any]]]:
    own = select(resource.c.id).where(resource.c.connection == connection)
    keys = select(effect.c.key).where(effect.c.connection == connection)
    asked = select(approval.c.id).where(approval.c.effect_key.in_(keys))
    return [
        (resource, select(resource).where(resource.c.connection == connection)),
        (snapshot, select(snapshot).where(snapshot.c.resource.in_(own)).order_by(snapshot.c.id)),
        (inbox, select(inbox).where(inbox.c.connection == connection).order_by(inbox.c.id)),
        (adoption, select(adoption).where(adoption.c.connection == connection)),
        (decision, select(decision).where(decision.c.resource.in_(own))),
        (
            decision_change,
            select(decision_change).where(decision_change.c.resource.in_(own)).order_by(decision_change.c.id),
        ),
        (effect, select(effect).where(effect.c.connection == connection).order_by(effect.c.planned_at)),
        (approval, select(approval).where(approval.c.effect_key.in_(keys)).order_by(approval.c.asked_at)),
        (approval_answer, select(approval_answer).where(approval_answer.c.approval.in_(asked))),
        (mail, select(mail).where(or_(mail.c.resource.in_(own), mail.c.effect_key.in_(keys)))),
        (
            audit,
            select(audit)
            .where(
                or_(
                    audit.c.resource.in_(own),
                    audit.c.what_json.contains(f'"connection":"{connection}"', autoescape=True),
                    audit.c.what_json.contains(f'"scope":"{connection}"', autoescape=True),
                )
            )
            .order_by(audit.c.seq),
        ),
    ]


async def lines_of(tx: Tx, connection: str) -> AsyncIterator[str]:
    """Every line, with its newline: what it was about, what was decided, done, asked and said."""
    for table, query in _queries(connection):
        async with tx.stream(query) as rows:
            async for row in rows:
                yield canonical({"table": table.name, **_plain(row)}) + "\n"


def _plain(row: Any) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in row._mapping.items()
        if name not in _LEFT_OUT
    }
