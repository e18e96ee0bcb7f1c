"""The effect journal: one row for one thing to be done, once, in one round.

A worker holds an effect by a lease with a fencing number; every later write of its
carries the fence, and finding no row means that somebody else has taken over: stop.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from json import loads
from typing import Any

from sqlalchemy import and_, not_, or_, select, tuple_, update

from bot.core.said_json import HOW_MADE, saids_of, with_saids
from bot.core.words import say
from bot.store import rest
from bot.store.codec import canonical
from bot.store.database import AnyRow, Tx
from bot.store.paging import besides
from bot.store.tables import effect


class State(StrEnum):
    PLANNED = "planned"
    WAITING = "waiting"
    INTENT = "intent"
    SENT = "sent"
    CONFIRMING = "confirming"
    UNKNOWN = "unknown"
    VERIFIED = "verified"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"
    PARKED = "parked"


_OPEN = (State.PLANNED, State.WAITING, State.INTENT, State.SENT, State.CONFIRMING, State.UNKNOWN)
"""Everything that is not at an end or with a person. An expired lease on `intent` or
`sent` is a worker that died at the call: taken over as unknown."""

# A mail that is confirming waits for the mail server's answer, not for a worker.
_CLAIMABLE = and_(
    effect.c.state.in_(_OPEN), or_(effect.c.state != State.CONFIRMING, effect.c.is_vendor.is_(True))
)

_before = effect.alias("before")
_before_is_done = (
    select(_before.c.key)
    .where(
        _before.c.key == effect.c.after,
        _before.c.chain == effect.c.chain,
        # Found by its key: nearly all that ever was done is in this state.
        besides(_before.c.state) == State.VERIFIED,
    )
    .exists()
)
_READY = or_(effect.c.after.is_(None), _before_is_done)
POST_WEBHOOK = "post_webhook"
"""The one action with workers of its own: a receiver that hangs must hold up nothing else."""
IS_WEBHOOK = effect.c.action == POST_WEBHOOK
RUNNABLE = and_(_CLAIMABLE, _READY)
"""Open, and not behind another link of its chain: what a worker may take once it is due."""

UNDER_WAY = (State.INTENT, State.SENT, State.CONFIRMING, State.UNKNOWN, State.PARKED)
"""The vendor may have been called: no other vendor effect of the resource may start."""

ENDED = (State.VERIFIED, State.WITHDRAWN, State.REFUSED)


AT_THE_VENDOR = (State.INTENT, State.SENT, State.CONFIRMING, State.UNKNOWN)
"""Of one resource, at most one vendor effect is here at a time."""


class FenceLost(Exception):
    """Somebody else holds this effect now; whoever finds out stops at once."""


class Unexplained(Exception):
    """The journal says what cannot be. `why` is for people; `effect` is the row, where it is one."""

    def __init__(self, why: str, effect: "Effect | None" = None) -> None:
        super().__init__(why)
        self.why = why
        self.effect = effect


@dataclass(frozen=True, slots=True)
class Effect:
    key: str
    round: int
    chain: str
    position: int
    after: str | None
    action: str
    connection: str
    resource: str
    generation: int
    rule: str
    rule_hash: str
    args: Mapping[str, Any]
    request: Mapping[str, str]
    state: State
    reason: str
    not_before: datetime
    planned_at: datetime
    changed_at: datetime
    attempts: int
    calls: int
    fence: int
    lease_until: datetime | None
    intent_at: datetime | None
    sent_at: datetime | None
    confirm_until: datetime | None
    quarantine_until: datetime | None
    outcome: Mapping[str, Any]
    done_by: str | None
    lines: Sequence[Any]
    is_vendor: bool
    correlation: str
    broken: str = ""
    """Why the row cannot be what was written, for people. It reads as parked then, what is lost as empty."""

    @property
    def name(self) -> str:
        """Key and round in one, for logs and causes."""
        return f"{self.key}#{self.round}"


UNREADABLE = say("the record of an action on it cannot be read")
NO_STATE = say("the record of an action on it is in a state that does not exist")
DOCUMENTS: Mapping[str, type] = {
    "args_json": dict,
    "request_json": dict,
    "outcome_json": dict,
    "lines_json": list,
}


def document(row: AnyRow, column: str) -> tuple[Any, bool]:
    """A column's JSON, and whether it is what was written there; empty where it is not."""
    try:
        found = loads(getattr(row, column))
    except (ValueError, RecursionError):
        found = None
    shape = DOCUMENTS[column]
    return (found, True) if isinstance(found, shape) else (shape(), False)


def _with_how_made(args: Mapping[str, Any]) -> dict[str, Any]:
    saids = saids_of(dict(args))
    return {**args, HOW_MADE: saids} if saids else dict(args)


def _args(stored: dict[str, Any]) -> Mapping[str, Any]:
    saids = stored.pop(HOW_MADE, {})
    try:
        return with_saids(stored, saids)
    except (ValueError, TypeError, ArithmeticError, AttributeError):
        return stored  # they are still what they say in English


def outcome_to_json(outcome: Mapping[str, Any]) -> str:
    """What came of an effect, as its row keeps it."""
    return canonical(_with_how_made(outcome))


def _effect(row: AnyRow) -> Effect:
    """The row; one bad row must not keep anybody from the others, so nothing is raised for it."""
    known = {column: document(row, column) for column in DOCUMENTS}
    broken = "" if all(is_right for _, is_right in known.values()) else UNREADABLE
    if row.state not in list(State):
        broken = NO_STATE
    return Effect(
        key=row.key,
        round=row.round,
        chain=row.chain,
        position=row.position,
        after=row.after,
        action=row.action,
        connection=row.connection,
        resource=row.resource,
        generation=row.generation,
        rule=row.rule,
        rule_hash=row.rule_hash,
        args=_args(known["args_json"][0]),
        request=known["request_json"][0],
        state=State.PARKED if broken else State(row.state),
        reason=row.reason,
        not_before=row.not_before,
        planned_at=row.planned_at,
        changed_at=row.changed_at,
        attempts=row.attempts,
        calls=row.calls,
        fence=row.fence,
        lease_until=row.lease_until,
        intent_at=row.intent_at,
        sent_at=row.sent_at,
        confirm_until=row.confirm_until,
        quarantine_until=row.quarantine_until,
        outcome=_args(known["outcome_json"][0]),
        done_by=row.done_by,
        lines=known["lines_json"][0],
        is_vendor=row.is_vendor,
        correlation=row.correlation,
        broken=broken,
    )


@dataclass(frozen=True, slots=True)
class Plan:
    """What a new effect starts with. The journal adds round and state."""

    key: str
    action: str
    connection: str
    resource: str
    generation: int
    rule: str
    rule_hash: str
    is_vendor: bool
    not_before: datetime
    args: Mapping[str, Any]
    position: int = 0
    after: str | None = None


async def latest(tx: Tx, key: str) -> Effect | None:
    """The newest round of a key."""
    row = (
        await tx.execute(select(effect).where(effect.c.key == key).order_by(effect.c.round.desc()).limit(1))
    ).one_or_none()
    return _effect(row) if row else None


async def get(tx: Tx, key: str, round: int) -> Effect | None:
    row = (await tx.execute(select(effect).where(effect.c.key == key, effect.c.round == round))).one_or_none()
    return _effect(row) if row else None


async def plan(tx: Tx, what: Plan, *, round: int, chain: str, now: datetime, correlation: str) -> None:
    """Write one new round. Raises IntegrityError where that round is already there."""
    await tx.execute(
        effect.insert().values(
            key=what.key,
            round=round,
            chain=chain,
            position=what.position,
            after=what.after,
            action=what.action,
            connection=what.connection,
            resource=what.resource,
            generation=what.generation,
            rule=what.rule,
            rule_hash=what.rule_hash,
            args_json=canonical(_with_how_made(what.args)),
            request_json="{}",
            state=State.PLANNED,
            reason="",
            not_before=what.not_before,
            planned_at=now,
            changed_at=now,
            attempts=0,
            calls=0,
            fence=0,
            outcome_json="{}",
            lines_json="[]",
            is_vendor=what.is_vendor,
            correlation=correlation,
        )
    )


async def claim(
    tx: Tx, *, now: datetime, wall: datetime, lease: timedelta, webhooks: bool = False
) -> Effect | None:
    """Take the effect that is due longest, whose predecessor is verified, or None; webhooks apart."""
    free = or_(effect.c.lease_until.is_(None), effect.c.lease_until < wall)
    rested = or_(effect.c.quarantine_until.is_(None), effect.c.quarantine_until <= wall)
    due = (
        select(effect.c.key, effect.c.round)
        .where(RUNNABLE, IS_WEBHOOK if webhooks else not_(IS_WEBHOOK))
        .where(effect.c.not_before <= now, free, rested, rest.effect_is_awake(now))
        .order_by(effect.c.not_before, effect.c.key)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = (
        await tx.execute(
            update(effect)
            .where(tuple_(effect.c.key, effect.c.round) == due.scalar_subquery())
            .values(lease_until=wall + lease, fence=effect.c.fence + 1, attempts=effect.c.attempts + 1)
            .returning(effect)
        )
    ).one_or_none()
    return _effect(row) if row else None


async def write(tx: Tx, held: Effect, *, release: bool = False, **values: Any) -> None:
    """Change an effect that this worker holds. Raises FenceLost where it no longer does."""
    if release:
        values["lease_until"] = None
    done = await tx.execute(
        update(effect)
        .where(effect.c.key == held.key, effect.c.round == held.round, effect.c.fence == held.fence)
        .values(**values)
    )
    if done.rowcount != 1:
        raise FenceLost(held.name)


async def let_go(tx: Tx, held: Effect) -> None:
    """Give an effect back as it was, where no call was intended yet; else its lease runs out."""
    await tx.execute(
        update(effect)
        .where(
            effect.c.key == held.key,
            effect.c.round == held.round,
            effect.c.fence == held.fence,
            effect.c.state.in_((State.PLANNED, State.WAITING)),
        )
        .values(lease_until=None)
    )


async def end_unheld(
    tx: Tx, what: Effect, *, state: State, reason: str, now: datetime, wall: datetime
) -> bool:
    """End an effect that nobody is at; False where somebody is, or it ended otherwise."""
    done = await tx.execute(
        update(effect)
        .where(
            effect.c.key == what.key,
            effect.c.round == what.round,
            effect.c.state.in_((State.PLANNED, State.WAITING)),
            or_(effect.c.lease_until.is_(None), effect.c.lease_until < wall),
        )
        .values(state=state, reason=reason, changed_at=now, lease_until=None, fence=effect.c.fence + 1)
    )
    return done.rowcount == 1


async def others_under_way(tx: Tx, held: Effect) -> bool:
    """Whether another vendor effect of the same resource may be at the vendor now."""
    row = await tx.execute(
        select(effect.c.key)
        .where(
            effect.c.resource == held.resource,
            effect.c.is_vendor.is_(True),
            effect.c.state.in_(UNDER_WAY),
            ~and_(effect.c.key == held.key, effect.c.round == held.round),
        )
        .limit(1)
    )
    return row.first() is not None


async def of_resource(tx: Tx, resource_id: str) -> tuple[Effect, ...]:
    rows = await tx.execute(
        select(effect)
        .where(effect.c.resource == resource_id)
        .order_by(effect.c.planned_at, effect.c.position)
    )
    return tuple(_effect(row) for row in rows)


async def of_chain(tx: Tx, chain: str) -> tuple[Effect, ...]:
    rows = await tx.execute(select(effect).where(effect.c.chain == chain).order_by(effect.c.position))
    return tuple(_effect(row) for row in rows)


async def open_of_rule(tx: Tx, rule: str, resource_id: str | None = None) -> tuple[Effect, ...]:
    """The effects of a rule, on one resource or on all, that are not at an end."""
    query = select(effect).where(effect.c.rule == rule, effect.c.state.not_in(ENDED))
    if resource_id is not None:
        query = query.where(effect.c.resource == resource_id)
    return tuple(_effect(row) for row in await tx.execute(query))


async def rules_with_open(tx: Tx) -> frozenset[str]:
    """The rules that have an effect which is not at an end."""
    not_ended = [state for state in State if state not in ENDED]
    rows = await tx.execute(select(effect.c.rule).where(effect.c.state.in_(not_ended)).distinct())
    return frozenset(rows.scalars())


async def in_state(tx: Tx, *states: State, at_most: int = 200) -> tuple[Effect, ...]:
    rows = await tx.execute(
        select(effect).where(effect.c.state.in_(states)).order_by(effect.c.changed_at.desc()).limit(at_most)
    )
    return tuple(_effect(row) for row in rows)


async def recent(tx: Tx, *, at_most: int = 200) -> tuple[Effect, ...]:
    rows = await tx.execute(
        select(effect).order_by(effect.c.changed_at.desc(), effect.c.position.desc()).limit(at_most)
    )
    return tuple(_effect(row) for row in rows)


async def recent_at_vendors(tx: Tx, *, at_most: int) -> tuple[Effect, ...]:
    """The vendor effects that changed last, newest first."""
    rows = await tx.execute(
        select(effect)
        .where(effect.c.is_vendor.is_(True))
        .order_by(effect.c.changed_at.desc(), effect.c.position.desc())
        .limit(at_most)
    )
    return tuple(_effect(row) for row in rows)


async def stuck(tx: Tx, resources: Sequence[str]) -> dict[str, list[Effect]]:
    """The vendor effects of some resources that are under way or with a person, by resource."""
    rows = await tx.execute(
        select(effect).where(effect.c.resource.in_(list(resources)), besides(effect.c.state).in_(UNDER_WAY))
    )
    found: dict[str, list[Effect]] = {}
    for row in rows:
        if row.is_vendor:
            found.setdefault(row.resource, []).append(_effect(row))
    return found


async def withdraw_rest(tx: Tx, chain: str, *, reason: str, now: datetime) -> None:
    """End the links of a chain that have not started: the one before them did not happen."""
    await tx.execute(
        update(effect)
        .where(effect.c.chain == chain, effect.c.state.in_((State.PLANNED, State.WAITING)))
        .values(
            state=State.WITHDRAWN, reason=reason, changed_at=now, fence=effect.c.fence + 1, lease_until=None
        )
    )


async def mails_settled(tx: Tx, key: str, round: int, *, state: State, reason: str, now: datetime) -> None:
    """The last mail of a confirming mail effect has its answer."""
    await tx.execute(
        update(effect)
        .where(effect.c.key == key, effect.c.round == round, effect.c.state == State.CONFIRMING)
        .values(state=state, reason=reason, changed_at=now, lease_until=None)
    )


async def open_of_connection(tx: Tx, connection: str) -> tuple[Effect, ...]:
    """Everything of a connection that is not at an end, oldest first."""
    rows = await tx.execute(
        select(effect)
        .where(effect.c.connection == connection, effect.c.state.not_in(ENDED))
        .order_by(effect.c.planned_at, effect.c.key, effect.c.round)
    )
    return tuple(_effect(row) for row in rows)
