"""News: what vendors told us (`inbox`), and what is to be read because of it (`look`).

A look is one row a resource, or one a connection for its whole list (kind and key
`*`). News merges into it. Whoever reads holds a lease with a fence; news that comes
meanwhile grows `news`, and the row then stays for one more, trailing read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from json import loads

from sqlalchemy import ColumnElement, and_, bindparam, case, delete, func, or_, select, tuple_, update

from bot.store import rest
from bot.store.codec import canonical
from bot.store.database import Tx, upsert
from bot.store.tables import inbox, look, resource

GIVEN_UP_AFTER = 5
"""Attempts after which one resource no longer holds up its connection's first complete read."""

LIST = "*"
"""Kind and key of the look that reads a connection's whole list: a poll."""


About = Sequence[tuple[str, str]]
"""The (kind, vendor id) that a webhook says something of."""


@dataclass(frozen=True, slots=True)
class Look:
    connection: str
    kind: str
    key: str
    news: int
    attempts: int
    fence: int
    fingerprint: str | None
    """What the list said of it, when the list is why it is read; empty where it is read anyway."""
    correlation: str

    @property
    def is_poll(self) -> bool:
        return self.kind == LIST


async def ask_to_look(
    tx: Tx,
    *,
    connection: str,
    kind: str,
    key: str,
    due_at: datetime,
    correlation: str,
    fingerprint: str | None = None,
) -> None:
    """Merge one wish to read into the row of what it is about; the earlier time wins."""
    await ask_to_look_at(tx, connection, [(kind, key, fingerprint)], due_at=due_at, correlation=correlation)


async def ask_to_look_at(
    tx: Tx,
    connection: str,
    several: Sequence[tuple[str, str, str | None]],
    *,
    due_at: datetime,
    correlation: str,
) -> None:
    """Merge a wish to read each of these: its kind, its key, and what the list said of it."""
    if not several:
        return
    fresh = upsert(tx, look)
    merged = fresh.on_conflict_do_update(
        index_elements=[look.c.connection, look.c.kind, look.c.key],
        set_={
            "news": look.c.news + 1,
            "due_at": case(
                (look.c.due_at < fresh.excluded.due_at, look.c.due_at), else_=fresh.excluded.due_at
            ),
            # The poll's row is looked at for ever: its news belongs to the latest cause.
            "correlation": fresh.excluded.correlation,
            "fingerprint": func.coalesce(fresh.excluded.fingerprint, look.c.fingerprint),
        },
    )
    rows = [
        {
            "connection": connection,
            "kind": kind,
            "key": key,
            "due_at": due_at,
            "news": 1,
            "attempts": 0,
            "fingerprint": fingerprint,
            "correlation": correlation,
            "fence": 0,
        }
        for kind, key, fingerprint in several
    ]
    await tx.execute(merged, rows)


async def claim_look(tx: Tx, *, now: datetime, wall: datetime, lease: timedelta) -> Look | None:
    """Take the look that is due longest and that nobody is at, or None.

    Of a connection that was put to rest only the list, once the rest is over.
    """
    key = tuple_(look.c.connection, look.c.kind, look.c.key)
    awake = rest.look_is_awake(now, look.c.kind == LIST)
    due = (
        select(look.c.connection, look.c.kind, look.c.key)
        .where(look.c.due_at <= now, or_(look.c.lease_until.is_(None), look.c.lease_until < wall), awake)
        .order_by(look.c.due_at, look.c.connection, look.c.kind.desc(), look.c.key)
        .limit(1)
    )
    row = (
        await tx.execute(
            update(look)
            .where(key == due.with_for_update(skip_locked=True).scalar_subquery())
            .values(lease_until=wall + lease, fence=look.c.fence + 1, attempts=look.c.attempts + 1)
            .returning(look)
        )
    ).one_or_none()
    if row is None:
        return None
    return Look(
        row.connection, row.kind, row.key, row.news, row.attempts, row.fence, row.fingerprint, row.correlation
    )


def _mine(taken: Look) -> ColumnElement[bool]:
    return and_(
        look.c.connection == taken.connection,
        look.c.kind == taken.kind,
        look.c.key == taken.key,
        look.c.fence == taken.fence,
    )


async def finish_look(tx: Tx, taken: Look, *, again_at: datetime) -> None:
    """Done reading: forget the row, unless news came meanwhile; then once more."""
    gone = await tx.execute(delete(look).where(_mine(taken), look.c.news == taken.news))
    if gone.rowcount == 0:
        await postpone_look(tx, taken, until=again_at, attempts=0)


async def finish_poll(tx: Tx, taken: Look, *, next_at: datetime, again_at: datetime) -> None:
    """The list was read: due again at `next_at`, or sooner where news came meanwhile."""
    row = (await tx.execute(select(look.c.news).where(_mine(taken)))).scalar_one_or_none()
    await postpone_look(tx, taken, until=next_at if row == taken.news else again_at, attempts=0)


async def postpone_look(tx: Tx, taken: Look, *, until: datetime, attempts: int | None = None) -> None:
    """Give the look back, to be due at `until`."""
    await tx.execute(
        update(look)
        .where(_mine(taken))
        .values(due_at=until, lease_until=None, attempts=taken.attempts if attempts is None else attempts)
    )


async def put_off_looks(tx: Tx, connection: str, *, until: datetime, wall: datetime) -> None:
    """None of a connection's looks can be done before then. The one in hand is not among them."""
    free = or_(look.c.lease_until.is_(None), look.c.lease_until < wall)
    await tx.execute(
        update(look).where(look.c.connection == connection, look.c.due_at < until, free).values(due_at=until)
    )


async def list_again_at(tx: Tx, connection: str, at: datetime) -> None:
    """The connection rests until then, and its list is what is read first."""
    await tx.execute(
        update(look).where(look.c.connection == connection, look.c.kind == LIST).values(due_at=at)
    )


async def any_to_read(tx: Tx, connection: str) -> bool:
    """Whether a resource of this connection waits to be read.

    Its list does not count, nor what could not be read many times: one broken pay run
    must not keep the rules from all the others.
    """
    waits = (look.c.connection == connection, look.c.kind != LIST, look.c.attempts < GIVEN_UP_AFTER)
    query = select(look.c.key).where(*waits).limit(1)
    return (await tx.execute(query)).first() is not None


async def is_being_read(tx: Tx, connection: str, now: datetime) -> bool:
    """Whether something of this connection, its list included, is to be read at this very moment."""
    query = select(look.c.key).where(look.c.connection == connection, look.c.due_at <= now).limit(1)
    return (await tx.execute(query)).first() is not None


async def backlog(tx: Tx, *, at_most: int) -> int:
    """How many webhooks are not sorted, and resources not read; each is counted no further than that."""
    unsorted = select(inbox.c.id).where(inbox.c.state == "new").limit(at_most).subquery()
    unread = select(look.c.key).where(look.c.kind != LIST).limit(at_most).subquery()
    counts = select(
        select(func.count()).select_from(unsorted).scalar_subquery(),
        select(func.count()).select_from(unread).scalar_subquery(),
    )
    return sum((await tx.execute(counts)).one())


@dataclass(frozen=True, slots=True)
class Unsorted:
    """A stored webhook that nobody has looked at. `raw` is None once it was erased."""

    id: int
    connection: str
    event: str
    raw: bytes | None
    delivered_at: datetime
    correlation: str
    about: About | None
    """What it is about, where it was read before; None where it was not."""


async def unsorted(tx: Tx, *, at_most: int = 100) -> tuple[Unsorted, ...]:
    """Those that came first, for whoever sorts them in this transaction."""
    rows = await tx.execute(
        select(inbox)
        .where(inbox.c.state == "new")
        .order_by(inbox.c.id)
        .limit(at_most)
        .with_for_update(skip_locked=True)
    )
    return tuple(
        Unsorted(
            row.id,
            row.connection,
            row.event,
            row.raw,
            row.delivered_at,
            row.correlation,
            _about(row.about_json),
        )
        for row in rows
    )


def _about(stored: str) -> About | None:
    """What was read before; nothing of what can't be read back, which must not hold up the others."""
    if not stored:
        return None
    try:
        return tuple((str(kind), str(key)) for kind, key in loads(stored))
    except (ValueError, TypeError, RecursionError):
        return ()


async def sort(tx: Tx, one: Unsorted, about: About, *, now: datetime, gap: timedelta) -> None:
    """Turn a stored webhook into looks.

    One that names nothing makes the bot read the connection's list. A resource is read at
    most once in `gap`: what comes sooner waits for the rest of it.
    """
    for kind, key in about or [(LIST, LIST)]:
        read_at = (
            await tx.execute(
                select(func.max(resource.c.observed_at)).where(
                    resource.c.connection == one.connection,
                    resource.c.kind == kind,
                    resource.c.vendor_id == key,
                )
            )
        ).scalar_one_or_none()
        due_at = now if read_at is None else max(now, read_at + gap)
        await ask_to_look(
            tx, connection=one.connection, kind=kind, key=key, due_at=due_at, correlation=one.correlation
        )


async def set_sorted(tx: Tx, read: Mapping[int, About | None]) -> None:
    """Note what webhooks are about, by id. Nobody looks at what could not be read until it is replayed."""
    if read:
        await tx.execute(
            update(inbox)
            .where(inbox.c.id == bindparam("one"))
            .values(state=bindparam("to_state"), about_json=bindparam("to_about")),
            [
                {
                    "one": id,
                    "to_state": "unparsed" if about is None else "sorted",
                    "to_about": canonical([list(each) for each in about or ()]),
                }
                for id, about in read.items()
            ],
        )


async def forget_looks(tx: Tx, connection: str) -> None:
    """Nothing of a connection is read any more."""
    await tx.execute(delete(look).where(look.c.connection == connection))
