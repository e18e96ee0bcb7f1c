"""What a run's database says, read past all of the bot's own code."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from sqlite3 import Connection, Row, connect

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@contextmanager
def opened(path: Path, *, writes: bool = False) -> Iterator[Connection]:
    """Who only reads must not be who closes the log of a bot that was killed, and empties it."""
    db = connect(f"file:{path}?mode={'rw' if writes else 'ro'}", uri=True, timeout=10)
    db.row_factory = Row
    try:
        with db:
            yield db
    finally:
        db.close()


def rows(path: Path, query: str, *values: object) -> list[Row]:
    with opened(path) as db:
        return db.execute(query, values).fetchall()


def write(path: Path, query: str, *values: object) -> None:
    with opened(path, writes=True) as db:
        db.execute(query, values)


def instant(micros: int) -> datetime:
    return _EPOCH + micros * _MICROSECOND


def micros(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


@dataclass(frozen=True)
class Left:
    """What is left to do: whether something is under way or due, and else when the next is."""

    is_busy: bool
    next_at: datetime | None
    decides_at: datetime | None
    """When time alone may next change a decision, or what waits goes on."""
    asked: Sequence[str]
    """Approvals that wait for a person."""
    paused: Sequence[str]
    """Scopes of pauses that hold an effect back."""


# A mail effect that is confirming waits for its mails; a waiting effect for a person.
_RUNNABLE = """
    state in ('planned', 'intent', 'sent', 'unknown') or (state = 'confirming' and is_vendor)
    or (state = 'waiting' and not_before <= :now)
"""
_READY = """
    after is null or exists (select 1 from effect before
      where before.key = effect.after and before.chain = effect.chain and before.state = 'verified')
"""
_LEASED = " union all ".join(
    f"select 1 from {table} where lease_until is not null" for table in ("effect", "mail", "look")
)

_LATER = """
    select next_at as at from decision union all select next_at from schedule
    union all select not_before from effect where state = 'waiting' and not_before > :now
    union all select rest_until from connection_state where rest_until > :now
"""


def what_is_left(path: Path, now: datetime) -> Left:
    """Read it at one moment, by the clock of the run."""
    with opened(path) as db:
        at = {"now": micros(now) + 300_000}  # what is due within a moment is as good as due
        db.execute("begin")
        due = [
            row[0]
            for query in (
                f"select not_before from effect where ({_RUNNABLE}) and ({_READY})",
                "select not_before from mail where state in ('queued', 'data_started')",
                "select due_at from look where kind != '*' or due_at <= :now",
                "select next_at from decision where next_at <= :now",
                "select next_at from schedule where next_at <= :now",
            )
            for row in db.execute(query, at)
        ]
        under_way = db.execute(
            f"{_LEASED} union all select 1 from inbox where state = 'new'"
            " union all select 1 from audit where hash is null"
        ).fetchone()
        asked = db.execute(
            "select a.id from approval a join effect e on e.key = a.effect_key and e.round = a.round"
            " where a.state = 'open' and e.state = 'waiting' order by a.id"
        )
        decides_at = db.execute(f"select min(at) from ({_LATER})", at).fetchone()[0]
        paused = db.execute(
            "select scope from pause where exists (select 1 from effect where state = 'waiting'"
            ' and outcome_json like \'%"waits_for":"pause"%\')'
        )
        is_busy = under_way is not None or any(one <= at["now"] for one in due)
        return Left(
            is_busy,
            instant(min(due)) if due else None,
            instant(decides_at) if decides_at is not None else None,
            [row[0] for row in asked],
            [row[0] for row in paused],
        )
