"""What the journal cannot explain: rows that no step of the engine writes.

One question for each kind, and every one of them is bounded: a journal that is broken
in a thousand places is told of by the first two hundred, and by the rest at the next start.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, String, and_, cast, or_, select, tuple_

from bot.core.words import say
from bot.store import effects
from bot.store.approvals import ApprovalState
from bot.store.database import Tx
from bot.store.effects import AT_THE_VENDOR, ENDED, NO_STATE, Effect, State
from bot.store.health import Episode
from bot.store.resources import read_back
from bot.store.tables import approval, effect, episode, resource

AT_MOST = 200
READ_AT_MOST = 2_000
"""Rows that are opened to see whether they can be read: the newest of each kind."""

NEVER_READ = say("an action is written down for it, and it was never read")
NOBODY_DID = say("an action on it is written down as done, and by nobody")
BEHIND_NOTHING = say("an action on it waits for another one that was never written down")
TWO_AT_ONCE = say("two actions on it are under way at once")
LAST_READING = say("what was last read of it cannot be read back")


@dataclass(frozen=True, slots=True)
class Odd:
    """`why` is for people; `effect` is (key, round) of the row that it is about, where it is one."""

    resource: str
    why: str
    effect: tuple[str, int]
    is_vendor: bool


async def odd_effects(tx: Tx) -> tuple[Odd, ...]:
    """Effects that cannot be, each with the first reason that was found."""
    found: dict[tuple[str, int], Odd] = {}
    for why, condition in _CANNOT_BE:
        for row in await tx.execute(select(*_WHAT).where(condition).limit(AT_MOST)):
            found.setdefault(
                (row.key, row.round), Odd(row.resource, why, (row.key, row.round), row.is_vendor)
            )
    for one in await _unreadable(tx):
        found.setdefault(
            (one.key, one.round), Odd(one.resource, one.broken, (one.key, one.round), one.is_vendor)
        )
    return tuple(found.values())


async def _unreadable(tx: Tx) -> Iterable[Effect]:
    """No database can say of text whether it is JSON, so those that are not at an end are opened."""
    return [
        one
        for one in await effects.in_state(tx, *(s for s in State if s not in ENDED), at_most=READ_AT_MOST)
        if one.broken
    ]


async def unreadable_resources(tx: Tx) -> tuple[str, ...]:
    rows = await tx.execute(
        select(resource.c.id, resource.c.snapshot_json, resource.c.observed_at)
        .where(resource.c.gone_at.is_(None))
        .order_by(resource.c.observed_at.desc())
        .limit(READ_AT_MOST)
    )
    return tuple(row.id for row in rows if read_back(row.snapshot_json, row.observed_at) is None)


async def approvals_of_nothing(tx: Tx) -> tuple[tuple[str, str], ...]:
    """(id, what was shown) of open askings whose effect is not there."""
    theirs = and_(effect.c.key == approval.c.effect_key, effect.c.round == approval.c.round)
    is_there = select(effect.c.key).where(theirs).exists()
    rows = await tx.execute(
        select(approval.c.id, approval.c.shown_json)
        .where(approval.c.state == ApprovalState.OPEN, ~is_there)
        .limit(AT_MOST)
    )
    return tuple((row.id, row.shown_json) for row in rows)


async def episodes_of_nothing(tx: Tx) -> tuple[Episode, ...]:
    """Episodes that nobody was told of and nothing is going to tell of."""
    chain = episode.c.rule + ":" + episode.c.grp + ":" + cast(episode.c.number, String)
    tells = select(effect.c.key).where(effect.c.chain == chain).exists()
    rows = await tx.execute(
        select(episode)
        .where(episode.c.cleared_at.is_(None), episode.c.told_at.is_(None), ~tells)
        .limit(AT_MOST)
    )
    return tuple(
        Episode(row.rule, row.grp, row.number, row.since, row.told_at, row.cleared_at) for row in rows
    )


_WHAT = (effect.c.key, effect.c.round, effect.c.resource, effect.c.is_vendor)
_OPEN = effect.c.state.not_in((*ENDED, State.PARKED))
_other = effect.alias("other")
_before = effect.alias("before")
_is_known = select(resource.c.id).where(resource.c.id == effect.c.resource).exists()
_is_crowded = (
    select(_other.c.key)
    .where(
        _other.c.resource == effect.c.resource,
        _other.c.is_vendor.is_(True),
        _other.c.state.in_(AT_THE_VENDOR),
        tuple_(_other.c.key, _other.c.round) != tuple_(effect.c.key, effect.c.round),
    )
    .exists()
)
_has_one_before = (
    select(_before.c.key).where(_before.c.key == effect.c.after, _before.c.chain == effect.c.chain).exists()
)
_CANNOT_BE: tuple[tuple[str, ColumnElement[bool]], ...] = (
    (NO_STATE, effect.c.state.not_in(list(State))),
    (NEVER_READ, and_(_OPEN, or_(effect.c.resource != "", effect.c.is_vendor.is_(True)), ~_is_known)),
    (
        NOBODY_DID,
        and_(
            effect.c.state == State.VERIFIED,
            effect.c.is_vendor.is_(True),
            effect.c.calls == 0,
            effect.c.done_by.is_(None),
        ),
    ),
    (BEHIND_NOTHING, and_(_OPEN, effect.c.after.is_not(None), ~_has_one_before)),
    (TWO_AT_ONCE, and_(effect.c.is_vendor.is_(True), effect.c.state.in_(AT_THE_VENDOR), _is_crowded)),
)
