"""Decisions: the latest answer of each rule about each resource, and every change of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from json import loads
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from bot.core.condition import Answer
from bot.store.codec import canonical
from bot.store.database import AnyRow, Tx, upsert
from bot.store.tables import decision, decision_change
from bot.store.tables import resource as resource_row
from bot.store.unhurried import parts

RULES_EACH = 16
"""About so many rules that ask about one resource at most; of more, some are decided in the next round."""


@dataclass(frozen=True, slots=True)
class Kept:
    rule: str
    resource: str
    rule_hash: str
    answer: str
    verdict: str
    tree: Mapping[str, Any]
    at: datetime
    since: datetime
    """When the answer last changed."""
    next_at: datetime | None
    told_unknown_at: datetime | None


def _kept(row: AnyRow) -> Kept:
    return Kept(
        rule=row.rule,
        resource=row.resource,
        rule_hash=row.rule_hash,
        answer=row.answer,
        verdict=row.verdict,
        tree=loads(row.tree_json),
        at=row.at,
        since=row.since,
        next_at=row.next_at,
        told_unknown_at=row.told_unknown_at,
    )


@dataclass(frozen=True, slots=True)
class Given:
    """What one rule answers about a resource."""

    rule: str
    rule_hash: str
    answer: str
    verdict: str
    tree: Mapping[str, Any]
    next_at: datetime | None


async def keep(
    tx: Tx,
    *,
    rule: str,
    resource: str,
    rule_hash: str,
    answer: str,
    verdict: str,
    tree: Mapping[str, Any],
    now: datetime,
    next_at: datetime | None,
    correlation: str,
) -> None:
    """Replace the latest answer, and keep a line where it changed."""
    given = Given(rule, rule_hash, answer, verdict, tree, next_at)
    await keep_all(tx, resource, [given], now=now, correlation=correlation)


async def keep_all(
    tx: Tx, resource: str, answers: Sequence[Given], *, now: datetime, correlation: str
) -> None:
    """The same for all rules that were asked about a resource: one statement of each sort, however many."""
    if not answers:
        return
    columns = decision.c
    kept = await tx.execute(
        select(
            columns.rule,
            columns.answer,
            columns.verdict,
            columns.rule_hash,
            columns.since,
            columns.told_unknown_at,
        ).where(columns.resource == resource)
    )
    before = {row.rule: row for row in kept}
    rows, changes = [], []
    for one in answers:
        was = before.get(one.rule)
        same_answer = was is not None and was.answer == one.answer
        said = {
            "rule": one.rule,
            "resource": resource,
            "rule_hash": one.rule_hash,
            "answer": one.answer,
            "verdict": one.verdict,
            "tree_json": canonical(one.tree),
            "at": now,
        }
        rows.append(
            {
                **said,
                "since": was.since if was is not None and same_answer else now,
                "next_at": one.next_at,
                "told_unknown_at": was.told_unknown_at if was is not None and same_answer else None,
            }
        )
        if was is None or (was.answer, was.verdict, was.rule_hash) != (
            one.answer,
            one.verdict,
            one.rule_hash,
        ):
            changes.append({**said, "correlation": correlation})
    fresh = upsert(tx, decision)
    replaced = {name: fresh.excluded[name] for name in rows[0] if name not in ("rule", "resource")}
    await tx.execute(
        fresh.on_conflict_do_update(index_elements=[columns.rule, columns.resource], set_=replaced), rows
    )
    if changes:
        await tx.execute(decision_change.insert(), changes)


async def get(tx: Tx, rule: str, resource: str) -> Kept | None:
    row = (
        await tx.execute(select(decision).where(decision.c.rule == rule, decision.c.resource == resource))
    ).one_or_none()
    return _kept(row) if row else None


async def of_resource(tx: Tx, resource: str) -> tuple[Kept, ...]:
    rows = await tx.execute(select(decision).where(decision.c.resource == resource).order_by(decision.c.rule))
    return tuple(_kept(row) for row in rows)


async def changes_of(tx: Tx, resource: str, *, at_most: int = 500) -> Sequence[Any]:
    """The newest rows (rule, rule_hash, answer, verdict, tree_json, at), oldest first."""
    rows = await tx.execute(
        select(decision_change)
        .where(decision_change.c.resource == resource)
        .order_by(decision_change.c.id.desc())
        .limit(at_most)
    )
    return list(reversed(rows.all()))


async def tree_of_yes(tx: Tx, rule: str, resource: str, until: datetime) -> Mapping[str, Any] | None:
    """What was so when a rule last came to say yes about a resource, up to an instant."""
    rows = await tx.execute(
        select(decision_change.c.tree_json)
        .where(
            decision_change.c.rule == rule,
            decision_change.c.resource == resource,
            decision_change.c.answer == Answer.YES,
            decision_change.c.at <= until,
        )
        .order_by(decision_change.c.id.desc())
        .limit(1)
    )
    found = rows.scalar_one_or_none()
    return loads(found) if found is not None else None


async def latest_answering(tx: Tx, rule: str, answer: str, *, at_most: int) -> tuple[Kept, ...]:
    """What a rule came to answer so last, newest first."""
    rows = await tx.execute(
        select(decision)
        .where(decision.c.rule == rule, decision.c.answer == answer)
        .order_by(decision.c.since.desc())
        .limit(at_most)
    )
    return tuple(_kept(row) for row in rows)


async def answering(tx: Tx, rule: str, answer: str) -> tuple[Kept, ...]:
    """What a rule now answers so."""
    rows = await tx.execute(select(decision).where(decision.c.rule == rule, decision.c.answer == answer))
    return tuple(_kept(row) for row in rows)


async def yes_at(tx: Tx, rule: str, connection: str) -> tuple[str, ...]:
    """Ids of the resources of a connection about which a rule now says yes."""
    rows = await tx.execute(
        select(decision.c.resource)
        .join(resource_row, resource_row.c.id == decision.c.resource)
        .where(
            decision.c.rule == rule,
            decision.c.answer == Answer.YES,
            resource_row.c.connection == connection,
        )
        .order_by(decision.c.resource)
    )
    return tuple(rows.scalars())


async def due(tx: Tx, now: datetime, *, at_most: int) -> tuple[str, ...]:
    """Ids of resources about which time alone may have changed an answer."""
    # Several rules fall due at once about one resource. Grouped, all decisions there are would be read.
    rows = await tx.execute(
        select(decision.c.resource)
        .where(decision.c.next_at <= now)
        .order_by(decision.c.next_at)
        .limit(at_most * RULES_EACH)
    )
    return tuple(dict.fromkeys(rows.scalars()))[:at_most]


async def not_due(tx: Tx, resource: str) -> None:
    """Time alone no longer brings up the decisions about this resource."""
    await tx.execute(update(decision).where(decision.c.resource == resource).values(next_at=None))


async def decide_unknown_again(tx: Tx, resources: Iterable[str], now: datetime) -> None:
    """Make the unanswered decisions about these resources due now."""
    mine = (decision.c.resource == bindparam("a_resource"), decision.c.answer == Answer.UNKNOWN)
    several = [{"a_resource": one} for one in resources]
    if several:
        await tx.execute(update(decision).where(*mine).values(next_at=now), several)


async def decide_again(tx: Tx, resources: Sequence[str], now: datetime) -> None:
    """Make all decisions about these resources due now."""
    await tx.execute(update(decision).where(decision.c.resource.in_(list(resources))).values(next_at=now))


async def told_unknown(tx: Tx, rule: str, resource: str, now: datetime) -> None:
    await tx.execute(
        update(decision)
        .where(decision.c.rule == rule, decision.c.resource == resource)
        .values(told_unknown_at=now)
    )


async def forget_rules(tx: Tx, rules: Iterable[str]) -> None:
    """Rules that are no longer there answer nothing; their changes stay."""
    for several in parts(rules):
        await tx.execute(delete(decision).where(decision.c.rule.in_(several)))


async def forget_others(tx: Tx, resource: str, rules: Sequence[str]) -> tuple[str, ...]:
    """Keep only the answers of these rules about a resource. The others ask no more: which they were."""
    others = delete(decision).where(decision.c.resource == resource, decision.c.rule.not_in(list(rules)))
    return tuple((await tx.execute(others.returning(decision.c.rule))).scalars())
