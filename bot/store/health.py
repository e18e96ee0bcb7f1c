"""How each connection does, and the episodes that alerts are told once for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from bot.store.database import AnyRow, Tx, upsert
from bot.store.tables import connection_state, episode
from bot.store.unhurried import parts


@dataclass(frozen=True, slots=True)
class Health:
    connection: str
    synced_at: datetime | None
    """When its first complete list had been read in full."""
    listed_at: datetime | None
    hook_at: datetime | None
    failing_since: datetime | None
    failures: int
    problem: str
    told_at: datetime | None
    rest_until: datetime | None = None
    """Nothing is read or called there until then."""
    rests: int = 0
    """How often in a row it was put to rest; then its list is read first, and alone."""
    oldest_at: datetime | None = None
    """When the row of its last list that was read longest ago was read, where not all are each time."""


def _health(row: AnyRow) -> Health:
    return Health(
        connection=row.connection,
        synced_at=row.synced_at,
        listed_at=row.listed_at,
        hook_at=row.hook_at,
        failing_since=row.failing_since,
        failures=row.failures,
        problem=row.problem,
        told_at=row.told_at,
        rest_until=row.rest_until,
        rests=row.rests,
        oldest_at=row.oldest_at,
    )


async def health(tx: Tx, connection: str) -> Health:
    row = (
        await tx.execute(select(connection_state).where(connection_state.c.connection == connection))
    ).one_or_none()
    return _health(row) if row else Health(connection, None, None, None, None, 0, "", None)


async def resting(tx: Tx) -> tuple[str, ...]:
    """The connections that are left alone, or of which the list is to be read before anything else."""
    rows = await tx.execute(
        select(connection_state.c.connection)
        .where(connection_state.c.rest_until.is_not(None))
        .order_by(connection_state.c.connection)
    )
    return tuple(rows.scalars())


async def set_health(tx: Tx, connection: str, **values: object) -> None:
    """Change what is known of a connection; the columns are those of `Health`."""
    await tx.execute(
        upsert(tx, connection_state)
        .values(**{"connection": connection, "failures": 0, "problem": "", **values})
        .on_conflict_do_update(index_elements=[connection_state.c.connection], set_=values)
    )


async def removed(tx: Tx) -> frozenset[str]:
    """The connections that were removed: they stay so, whatever the settings still say."""
    rows = await tx.execute(
        select(connection_state.c.connection).where(connection_state.c.removed_at.is_not(None))
    )
    return frozenset(rows.scalars())


@dataclass(frozen=True, slots=True)
class Episode:
    """From when an alert's condition became true until it was cleared."""

    rule: str
    grp: str
    number: int
    since: datetime
    told_at: datetime | None
    cleared_at: datetime | None

    @property
    def chain(self) -> str:
        """The chain of what tells of it."""
        return f"{self.rule}:{self.grp}:{self.number}"


def _episode(row: AnyRow) -> Episode:
    return Episode(row.rule, row.grp, row.number, row.since, row.told_at, row.cleared_at)


async def last_episode(tx: Tx, rule: str, grp: str) -> Episode | None:
    row = (
        await tx.execute(
            select(episode)
            .where(episode.c.rule == rule, episode.c.grp == grp)
            .order_by(episode.c.number.desc())
            .limit(1)
        )
    ).one_or_none()
    return _episode(row) if row else None


async def open_episodes_of(tx: Tx, rule: str) -> tuple[Episode, ...]:
    """What a rule found and has not yet found to be over."""
    rows = await tx.execute(
        select(episode)
        .where(episode.c.rule == rule, episode.c.cleared_at.is_(None))
        .order_by(episode.c.grp, episode.c.number)
    )
    return tuple(_episode(row) for row in rows)


async def with_open_episodes(tx: Tx, rules: Iterable[str]) -> frozenset[str]:
    """Those of these rules that have found something which is not over."""
    found: set[str] = set()
    for several in parts(rules):
        running = select(episode.c.rule).where(episode.c.rule.in_(several), episode.c.cleared_at.is_(None))
        found.update((await tx.execute(running.distinct())).scalars())
    return frozenset(found)


async def open_episode(tx: Tx, rule: str, grp: str, now: datetime) -> Episode:
    """The running episode, begun now where the last one was cleared."""
    last = await last_episode(tx, rule, grp)
    if last is not None and last.cleared_at is None:
        return last
    fresh = Episode(rule, grp, 1 if last is None else last.number + 1, now, None, None)
    await tx.execute(episode.insert().values(rule=rule, grp=grp, number=fresh.number, since=now))
    return fresh


async def change_episode(tx: Tx, one: Episode, **values: datetime) -> None:
    """Note when it was told, or cleared."""
    await tx.execute(
        update(episode)
        .where(episode.c.rule == one.rule, episode.c.grp == one.grp, episode.c.number == one.number)
        .values(**values)
    )
